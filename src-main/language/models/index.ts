/** The door to models/: which models there are, where they lie, and fetching and checking them. */
export { addModel } from './add';
export type { AddResult } from './add';
export { builtInModelsFolder, modelsFolder } from './folders';
export { HubFailure } from './hubClient';
export { inspectModel } from './inspect';
export { listModels } from './list';
export type { ListedModel } from './list';
export { modelDigest, openModelFolder, readModelJson } from './modelFolder';
export type { ModelFiles, ModelFolder } from './modelFolder';
export { pullModel } from './pull';
export type { PullOptions, PullProgress, PullResult } from './pull';
export { knownModel, knownModels, sizeInWords, toyModels } from './registry';
export type { KnownModel, ModelKind } from './registry';
export { resolveModel } from './resolve';
export type { ResolveContext } from './resolve';
export { loadTransformers } from './transformers';
export { verifyModel } from './verify';
export type { FileCheck, Verification } from './verify';
