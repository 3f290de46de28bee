/** Entry of the trainer's process: joins the trainer with the project folder that its checkpoints go to. */
import { CheckpointFolder } from '../project/checkpoints';
import { projectPaths } from '../project/projectFolder';
import { serveParent } from '../training/trainerProcess';

serveParent((project) => Promise.resolve(new CheckpointFolder(projectPaths(project).checkpoints)));
