/** Models, for the doors: what there is, fetching, adding and checking. */
export {
  addModel,
  knownModel,
  listModels,
  modelsFolder,
  pullModel,
  sizeInWords,
  verifyModel,
} from '../language/models/index';
export type { AddResult, ListedModel, PullProgress, PullResult, Verification } from '../language/models/index';
