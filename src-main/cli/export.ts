/**
 * `legato export`: segmented meshes, splats with labels, or masks of photos, from the newest checkpoint. Ctrl-C ends it between two
 * views and leaves no file.
 */
import { exportFormats, exportProject, isCompact, NO_LABELS } from '../studio/exportProject';
import type { Exported, ExportProgress, ExportRequest } from '../studio/exportProject';
import { exitCodes, UsageError } from './exit';
import type { ExitCode } from './exit';
import { textList, wholeNumber } from './numbers';
import { duration, grouped, mebibytes } from './progress';
import { sceneOptions, warn } from './sceneOptions';
import type { SceneFlags } from './sceneOptions';
import { progressLine, stoppable } from './stoppable';
import { wordOptions } from './wordOptions';
import type { WordFlags } from './wordOptions';

export interface ExportFlags extends SceneFlags, WordFlags {
  format: string;
  out?: string;
  classes?: string;
  voxel?: string;
  extraViews?: string;
  leastPiece?: string;
  layer?: string;
}

/** What the flags ask for. @throws UsageError */
export function exportRequest(flags: ExportFlags): ExportRequest {
  const format = exportFormats.find((name) => name === flags.format);
  if (!format) throw new UsageError(`--format ${flags.format}: expected one of ${exportFormats.join(', ')}`);
  const asked = wordOptions(flags);
  const classes = flags.classes === undefined ? null : textList(flags.classes);
  if (classes?.length === 0) throw new UsageError('--classes: expected names between commas, such as "chair,red mug"');
  if (classes && classes.length > 255) throw new UsageError('--classes: at most 255 can compete');
  const mesh: { voxel?: number; extraViews?: number; leastPiece?: number } = {};
  if (flags.voxel !== undefined) {
    mesh.voxel = Number(flags.voxel);
    if (!(mesh.voxel > 0) || !Number.isFinite(mesh.voxel))
      throw new UsageError(`--voxel ${flags.voxel}: expected a positive length in the capture’s units`);
  }
  if (flags.extraViews !== undefined) mesh.extraViews = wholeNumber('--extra-views', flags.extraViews, 0, 10_000);
  if (flags.leastPiece !== undefined) mesh.leastPiece = wholeNumber('--least-piece', flags.leastPiece, 0, 1e9);
  const words = classes && { classes, ...asked };
  if (words && flags.layer !== undefined)
    throw new UsageError('--layer is of labels that people gave; leave it out with --classes');
  if (isCompact(format) && (words || flags.layer !== undefined))
    throw new UsageError(`--format ${format} ${NO_LABELS}`);
  const layer = flags.layer === undefined ? null : wholeNumber('--layer', flags.layer, 1, 64);
  return { ...sceneOptions(flags), format, out: flags.out ?? null, words, layer, mesh };
}

const STAGES = {
  labels: 'asking',
  views: 'fusing view',
  surface: 'marching through the volume',
  masks: 'mask',
  writing: 'writing',
} as const;

function progressText({ stage, done, total }: ExportProgress): string {
  const count = total > 1 ? ` ${grouped(done + 1)} of ${grouped(total)}` : '';
  return `${STAGES[stage]}${count}`;
}

function lines({ file, step, splats, labelled, features, mesh, photos, format }: Exported): string[] {
  const told = labelled > 0 ? `, ${grouped(labelled)} of them with one of ${grouped(features)} labels` : '';
  const from = `${grouped(splats)} splats of step ${grouped(step)}${told}`;
  if (mesh) {
    const { vertices, triangles, voxel, views, extraViews, faint, floaters, droppedPieces, volumeBytes } = mesh;
    return [
      `${file}: ${grouped(triangles)} triangles, ${grouped(vertices)} vertices from ${from}`,
      `  voxels of ${voxel.toPrecision(3)}, ${grouped(views)} photos and ${grouped(extraViews)} more views, ${mebibytes(volumeBytes)}`,
      `  left out: ${grouped(faint)} faint splats, ${grouped(floaters)} floaters, ${grouped(droppedPieces)} small pieces`,
    ];
  }
  if (format === 'masks') return [`${file}: masks of ${grouped(photos ?? 0)} photos from ${from}`];
  return [`${file}: ${from}`];
}

export async function exportCommand(path: string, flags: ExportFlags): Promise<ExitCode> {
  const request = exportRequest(flags);
  const bar = progressLine(flags.json);
  const close = (): void => bar?.end();
  const onProgress = bar ? (progress: ExportProgress) => bar.show(progressText(progress)) : undefined;
  return stoppable(
    async (signal) => {
      const exported = await exportProject(path, request, { warn, signal, onProgress });
      close();
      const seconds = performance.now() / 1000;
      if (flags.json) process.stdout.write(`${JSON.stringify({ type: 'exported', ...exported, seconds })}\n`);
      else process.stdout.write(`${[...lines(exported), `  ${duration(seconds)}`].join('\n')}\n`);
      return exitCodes.ok;
    },
    { close, stopped: 'stopped; nothing was written' },
  );
}
