/** `legato label stats` and `legato label export`: what people labelled. */
import { exportLabels, labelStatistics } from '../studio/labelStatistics';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';
import { grouped } from './progress';
import { warn } from './sceneOptions';

export interface LabelFlags {
  layer?: string;
  json?: boolean;
  out?: string;
}

const layerOf = ({ layer }: LabelFlags): number | null =>
  layer === undefined ? null : wholeNumber('--layer', layer, 1, 64);

export async function labelStatsCommand(path: string, flags: LabelFlags): Promise<ExitCode> {
  const statistics = await labelStatistics(path, layerOf(flags), warn);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ type: 'labels', ...statistics })}\n`);
    return exitCodes.ok;
  }
  const { project, step, splats, labelled, edits, figures } = statistics;
  const share = splats > 0 ? ` (${((100 * labelled) / splats).toFixed(1)} %)` : '';
  const lines = [
    `${project}: ${grouped(labelled)} of ${grouped(splats)} splats of step ${grouped(step)} are labelled${share}; ${grouped(edits)} edits`,
    ...figures.map(({ instance, name, splats: own, uncertainty }) => {
      const told = uncertainty === null ? '' : `  uncertainty ${uncertainty.toFixed(2)}`;
      return `  ${instance === null ? '' : '  '}${name}  ${grouped(own)}${told}`;
    }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.ok;
}

export async function labelExportCommand(path: string, flags: LabelFlags): Promise<ExitCode> {
  const { file, labelled } = await exportLabels(path, layerOf(flags), flags.out ?? null, warn);
  if (flags.json) process.stdout.write(`${JSON.stringify({ type: 'exported', file, labelled })}\n`);
  else process.stdout.write(`${file}: ${grouped(labelled)} labelled splats\n`);
  return exitCodes.ok;
}
