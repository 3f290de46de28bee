/** The door to semantics/: the decoder's network, smoothing, lifting, the pixels that are looked at, answers and their scores. */
export { codeDirections } from './codeDirections';
export { SemanticsError } from './errors';
export { comparesScalars, ExpressionError, type Expression } from './expression';
export { kinshipOf } from './kinship';
export { LabelLift, VISIBILITY_GATE, type LiftedLabels, type LiftOptions } from './lifting';
export { mixFeatures, type FeatureProducts } from './mixedFeatures';
export { Perceptron, type NetworkStep } from './perceptron';
export { averagePrecision, maskScores, SegmentationReport, type MaskScores, type SegmentationScores } from './metrics';
export { blendScores, COVERAGE, decodePixels, spread, type DecodedPixels, type SplatView } from './pixelScores';
export { samplePixels, type IndexMap, type PixelSample } from './pixelSample';
export { entryDirections, SHORTEST } from './entryDirections';
export { settle } from './settling';
export { splatLoss } from './splatLoss';
export { SplatLabels } from './splatLabels';
export { encodePositions, encodingWidth, smoothingLoss, type PositionFrame } from './smoothing';
export {
  classify,
  DEFAULT_THRESHOLD,
  maskOf,
  queryScalars,
  plainTexts,
  readQuestions,
  scoreQuestions,
  splatScalars,
  textsIn,
  type Answering,
  type Question,
  type QueryScalar,
} from './query';
export {
  CODES,
  decodeCodes,
  decodeWithScores,
  scoreCodes,
  SplatCodes,
  vectorsOf,
  type Codes,
  type CodeSource,
} from './splatCodes';
export { likeness, queryOrders, TextScores, type QueryOrder } from './textScores';
