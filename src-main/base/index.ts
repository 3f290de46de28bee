/** The door to base/: what every room stands on and what knows nothing of Legato. Files, safetensors, random numbers. */
export {
  createFileAtomically,
  createFolderAtomically,
  isTemporary,
  makeFolder,
  removeLeftovers,
  temporaryName,
  writeFileAtomically,
  writeFileDurably,
} from './atomicFile';
export { FileError, readError, systemErrorCode, writeError } from './errors';
export { evenly } from './evenly';
export { nameList } from './nameList';
export { isProcessAlive, processStartTime, deliverToParent, sendToParent } from './processes';
export { CounterRandom } from './random';
export { SerialQueue } from './serialQueue';
export { readSafetensors, safetensorsChunks, SafetensorsError, type NamedTensor } from './safetensors';
