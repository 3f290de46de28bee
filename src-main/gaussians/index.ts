/** The door to gaussians/: the model, its start, its density control, and splat files. */
export { Ancestry } from './ancestry';
export type { CleanedPoints, ColouredPoints } from './cleanPoints';
export {
  DensityControl,
  resetOpacity,
  type DensityAudit,
  type DensityContext,
  type DensitySettings,
} from './densityControl';
export { DensityStatistics } from './densityStatistics';
export { clearHaze } from './haze';
export { economyLoss, type EconomyOptions } from './economy';
export { GaussianError } from './errors';
export { explore } from './exploration';
export { initialiseGaussians, type Initialised, type InitialiseOptions, type NearestNeighbours } from './initialise';
export { modelFromSplats } from './fromSplats';
export { cross, dot, lookAt, minus, scaled, unit, type Vector } from './lookAt';
export { GaussianModel, NO_PARENT, type GaussianArrays, type RowTensor } from './model';
export type { ParameterGroup } from './parameterGroup';
export { compressedPlyBytes } from './compressedPly';
export { splatPlyChunks, type SplatFile, type Splats, type SplatSource } from './ply';
export { relocate, sharedOut, type RelocationSettings } from './relocation';
export { geometryOfCapture } from './ofCapture';
export { readSplats } from './splatFile';
export { spzBytes } from './spz';
export { cameraBounds, cameraExtent, focusPoint, meanCentre, type Box, type Point } from './sceneBounds';
