/** `legato eval`: PSNR and SSIM on the held-out photos, per photo and as means. */
import { evaluateProject } from '../studio/evaluateProject';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';
import { grouped } from './progress';
import { sceneOptions, warn } from './sceneOptions';
import type { SceneFlags } from './sceneOptions';

export async function evaluateCommand(path: string, flags: SceneFlags): Promise<ExitCode> {
  const scores = await evaluateProject(path, sceneOptions(flags), warn);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(scores)}\n`);
    return exitCodes.ok;
  }
  const width = Math.max(5, ...scores.photos.map(({ photo }) => photo.length));
  const row = (name: string, psnr: string, ssim: string): string =>
    `${name.padEnd(width)}  ${psnr.padStart(9)}  ${ssim.padStart(6)}`;
  const lines = [
    row('photo', 'PSNR, dB', 'SSIM'),
    ...scores.photos.map(({ photo, psnr, ssim }) => row(photo, psnr.toFixed(2), ssim.toFixed(4))),
    row('mean', scores.psnr.toFixed(2), scores.ssim.toFixed(4)),
    `${grouped(scores.splats)} splats, step ${grouped(scores.step)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.ok;
}
