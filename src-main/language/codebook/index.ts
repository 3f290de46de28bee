/** The door to codebook/: learning a codebook, and reading what it left behind. */
export { buildCodebook, type BuildInputs, type BuildOptions, type Built } from './build';
export {
  codebookHash,
  readCodebook,
  writeCodebook,
  type Codebook,
  type EntryName,
  type ModelIdentity,
} from './codebookFile';
export { Encoder, type PhotoFrame } from './encode';
export { unitHalves } from './halves';
export { encodeIndexMap, readIndexMap, type ExpectedMap, type IndexMap } from './indexMap';
export { mapName, mapNames } from './mapFolder';
export { nameEntries, type WordEncoder } from './names';
export { categoricalPalette, hexOf, type Colour } from './palette';
export { entryLine, perplexity, reportLines, reportOf, type CodebookReport } from './report';
export { codebookSettings, type CodebookSettings } from './settings';
export { trainCodebook, type TrainedCodebook, type TrainingProgress, type TrainOptions } from './train';
