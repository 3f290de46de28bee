/** Entry of the trainer's process: joins the trainer with the project folder that its checkpoints go to. */
import { CheckpointFolder, projectPaths } from '../project/index';
import { serveParent } from '../training/trainerProcess';

serveParent((project) => Promise.resolve(new CheckpointFolder(projectPaths(project).checkpoints)));
