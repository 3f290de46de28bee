/** `legato eval`: PSNR and SSIM on the held-out photos, per photo and as means. */
import { evaluate } from '../training/evaluation';
import { PhotoViews } from '../training/photoViews';
import { openTrainedScene } from '../studio/trainedScene';
import { exitCodes, InputError } from './exit';
import type { ExitCode } from './exit';
import { grouped } from './progress';
import { sceneOptions, warn } from './sceneOptions';
import type { SceneFlags } from './sceneOptions';

export async function evaluateCommand(path: string, flags: SceneFlags): Promise<ExitCode> {
  const trained = await openTrainedScene(path, sceneOptions(flags), warn);
  const { settings, heldOut, scene, shDegree, snapshot, root } = trained;
  if (heldOut.length === 0) throw new InputError(`${root}: no photo was held out; train with --holdout 8`);
  const scores = await evaluate(scene, new PhotoViews(heldOut, settings), { ...settings, shDegree });
  if (flags.json) {
    const figures = { project: root, step: snapshot.step, splats: scene.count, ...scores };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return exitCodes.ok;
  }
  const width = Math.max(5, ...scores.photos.map(({ photo }) => photo.length));
  const row = (name: string, psnr: string, ssim: string) =>
    `${name.padEnd(width)}  ${psnr.padStart(9)}  ${ssim.padStart(6)}`;
  const lines = [
    row('photo', 'PSNR, dB', 'SSIM'),
    ...scores.photos.map(({ photo, psnr, ssim }) => row(photo, psnr.toFixed(2), ssim.toFixed(4))),
    row('mean', scores.psnr.toFixed(2), scores.ssim.toFixed(4)),
    `${grouped(scene.count)} splats, step ${grouped(snapshot.step)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.ok;
}
