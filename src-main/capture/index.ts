/** The room's door: opening captures and looking at their photos. */
export { captureExtent, splitHoldout, type HoldoutSplit } from './cameras';
export { CaptureError } from './errors';
export { loadCapture, type LoadCaptureOptions } from './load';
export { PhotoDisk } from './photoDisk';
export { PhotoStore, type LoadedPhoto, type PhotoStoreOptions, type PhotoStoreStats } from './photoStore';
export { parsePly, PlyError, writePly, type PlyColumn, type PlyElement, type PlyFile } from './ply';
export type { Distortion } from './lens';
export { isOwnFrame, OWN_FRAME, positionsOfCapture, type SceneFrame } from './sceneFrame';
export type { Capture, Photo, SparsePoints } from './types';
