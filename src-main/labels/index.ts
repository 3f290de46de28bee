/** The door to labels/: taxonomy, edits with undo, what every splat is labelled, and which splats a gesture means. */
export { namesSplats, type Edit, type SavedIds } from './edits';
export { LabelError } from './errors';
export { LabelField, type Lineage } from './field';
export { LabelBook, type EditJournal } from './labelBook';
export {
  allLabels,
  classNamed,
  classOf,
  classOfLabel,
  emptyTaxonomy,
  labelsOf,
  nameKey,
  type LabelClass,
  type LabelLayer,
  type Taxonomy,
} from './taxonomy';
export { LabelDesk, type LabelledScene } from './labelDesk';
export { type Taught } from './taughtEntries';
export { type SplatAnswers } from './selection';
