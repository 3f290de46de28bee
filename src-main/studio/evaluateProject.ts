/** PSNR and SSIM of a trained project on its held-out photos. */
import { evaluate } from '../training/evaluation';
import type { Scores } from '../training/evaluation';
import { PhotoViews } from '../training/photoViews';
import { StudioError } from './studio';
import { openTrainedScene } from './trainedScene';
import type { SceneOptions } from './trainedScene';

export interface ProjectScores extends Scores {
  project: string;
  step: number;
  splats: number;
}

/** @throws StudioError when no photo was held out, and whatever opening a trained scene throws */
export async function evaluateProject(
  path: string,
  options: SceneOptions,
  warn: (message: string) => void,
): Promise<ProjectScores> {
  const { settings, heldOut, scene, shDegree, snapshot, root } = await openTrainedScene(path, options, warn);
  if (heldOut.length === 0) throw new StudioError(root, 'no photo was held out; train with --holdout 8');
  const scores = await evaluate(scene, new PhotoViews(heldOut, settings), { ...settings, shDegree });
  return { project: root, step: snapshot.step, splats: scene.count, ...scores };
}
