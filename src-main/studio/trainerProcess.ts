/** Entry of the trainer's process: joins the trainer with the project folder, where its checkpoints go and its index maps lie. */
import { LabelDesk } from '../labels/index';
import { CheckpointFolder, projectPaths } from '../project/index';
import { serveParent } from '../training/trainerProcess';
import { openIndexMaps } from './indexMaps';

serveParent({
  openStore: (project, warn) => Promise.resolve(new CheckpointFolder(projectPaths(project).checkpoints, warn)),
  openMaps: (project) => openIndexMaps(projectPaths(project)),
  labels: new LabelDesk(),
});
