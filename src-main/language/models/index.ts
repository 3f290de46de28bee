/** The door to models/: which models there are, where they lie, and fetching and checking them. */
export { builtInModelsFolder, modelsFolder } from './folders';
export { modelDigest, openModelFolder, readModelJson } from './modelFolder';
export type { ModelFiles, ModelFolder } from './modelFolder';
export { knownModel, knownModels, sizeInWords, toyModels } from './registry';
export type { KnownModel, ModelKind } from './registry';
export { loadTransformers } from './transformers';
export { resolveModel } from './resolve';
export type { ResolveContext } from './resolve';
