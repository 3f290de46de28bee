/** The door to semantics/: the decoder's network, smoothing, lifting, and the pixels that are looked at. */
export { codeDirections } from './codeDirections';
export { SemanticsError } from './errors';
export { LabelLift, liftCapacity, type LiftedLabels } from './lifting';
export { Perceptron, type NetworkStep } from './perceptron';
export { samplePixels, type IndexMap, type PixelSample } from './pixelSample';
export {
  encodePositions,
  encodingWidth,
  smoothingLoss,
  smoothingWeight,
  type PositionFrame,
  type SmoothingOptions,
} from './smoothing';
