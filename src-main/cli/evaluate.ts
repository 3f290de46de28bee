/**
 * `legato eval`: PSNR and SSIM on the held-out photos; for a capture with truth also what answers in words are worth, per class and
 * as means, in 2D and directly in 3D.
 */
import { evaluateProject } from '../studio/evaluateProject';
import type { ProjectScores } from '../studio/evaluateProject';
import type { SemanticScores } from '../studio/evaluateSemantics';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';
import { grouped } from './progress';
import { sceneOptions, warn } from './sceneOptions';
import type { SceneFlags } from './sceneOptions';
import { wordOptions } from './wordOptions';
import type { WordFlags } from './wordOptions';

export interface EvaluateFlags extends SceneFlags, WordFlags {
  lifted?: boolean;
}

const percent = (part: number, all: number): string => `${((100 * part) / Math.max(1, all)).toFixed(1)} %`;

function photometricLines(scores: ProjectScores): string[] {
  const width = Math.max(5, ...scores.photos.map(({ photo }) => photo.length));
  const row = (name: string, psnr: string, ssim: string): string =>
    `${name.padEnd(width)}  ${psnr.padStart(9)}  ${ssim.padStart(6)}`;
  return [
    row('photo', 'PSNR, dB', 'SSIM'),
    ...scores.photos.map(({ photo, psnr, ssim }) => row(photo, psnr.toFixed(2), ssim.toFixed(4))),
    row('mean', scores.psnr.toFixed(2), scores.ssim.toFixed(4)),
    `${grouped(scores.splats)} splats, step ${grouped(scores.step)}`,
  ];
}

/** One table a way of answering: classes by their pixels, then the means. */
export function semanticLines(title: string, scores: SemanticScores): string[] {
  const { pixels, surface, byClass, threshold, negatives, order } = scores;
  const width = Math.max(8, ...byClass.map(({ name }) => name.length));
  const figure = (value: number | null): string => (value === null ? '–' : value.toFixed(3)).padStart(8);
  const row = (name: string, ...cells: string[]): string => `  ${name.padEnd(width)}${cells.join('')}`;
  const head = ['2D IoU', 'views', 'pooled', '3D IoU', 'points'].map((cell) => cell.padStart(8));
  const share = (part: number): string => percent(part, pixels.pixels);
  const { everyName } = pixels;
  return [
    '',
    `${title}: ${byClass.length} names, threshold ${threshold}, against ${negatives.join(', ')}; ${order} first`,
    row('class', ...head),
    ...byClass.map(({ name, iou, views, pooledIoU, surfaceIoU, points }) =>
      row(
        name,
        figure(iou),
        String(views).padStart(8),
        figure(pooledIoU),
        figure(surfaceIoU),
        grouped(points).padStart(8),
      ),
    ),
    `  2D, ${pixels.views} held-out views: mIoU ${pixels.meanIoU.toFixed(3)} · mPA ${pixels.meanAccuracy.toFixed(3)} · ` +
      `mP ${pixels.meanPrecision.toFixed(3)} · mAP ${pixels.meanAveragePrecision.toFixed(3)} (names that a view shows)`,
    `     every name in every view: mIoU ${everyName.meanIoU.toFixed(3)} · mPA ${everyName.meanAccuracy.toFixed(3)} · ` +
      `mP ${everyName.meanPrecision.toFixed(3)} · mAP ${everyName.meanAveragePrecision.toFixed(3)}; ` +
      `pooled over views: mIoU ${pixels.pooledIoU.toFixed(3)}`,
    `     none: ${grouped(pixels.none)} of ${grouped(pixels.pixels)} pixels (${share(pixels.none)}), ` +
      `${grouped(pixels.unanswered)} of them (${share(pixels.unanswered)}) where too little is rendered`,
    `  3D, ${grouped(surface.points)} surface points: mIoU ${surface.meanIoU.toFixed(3)} · ` +
      `accuracy ${surface.accuracy.toFixed(3)}`,
    `     none: ${grouped(surface.none)} points (${percent(surface.none, surface.points)}), without a splat: ` +
      `${grouped(surface.withoutSplat)} (${percent(surface.withoutSplat, surface.points)}); ` +
      `left out, since no photo shows them: ${grouped(surface.invisible)}`,
  ];
}

export async function evaluateCommand(path: string, flags: EvaluateFlags): Promise<ExitCode> {
  const options = { ...sceneOptions(flags), ...wordOptions(flags), lifted: flags.lifted ?? false };
  const scores = await evaluateProject(path, options, warn);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(scores)}\n`);
    return exitCodes.ok;
  }
  const { semantics, lifted, withoutSemantics } = scores;
  const lines = [
    ...photometricLines(scores),
    ...(semantics ? semanticLines('trained semantics', semantics) : []),
    ...(lifted ? semanticLines('lifted labels, no training', lifted) : []),
    ...(withoutSemantics ? ['', `no scores of answers in words: ${withoutSemantics}`] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.ok;
}
