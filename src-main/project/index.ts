/** The door to project/: folders, their database and checkpoints, and safe writing. */
export { CheckpointFolder, readCheckpoint, type CheckpointInfo } from './checkpoints';
export { ProjectDatabase, type EvaluationRow, type MetricPoint, type RunRecord, type RunStatus } from './database';
export { LabelJournal } from './labelJournal';
export { ProjectError, type ProjectErrorCode } from './errors';
export { createProject, isProject, openProject, Project, projectPaths, type ProjectPaths } from './projectFolder';
