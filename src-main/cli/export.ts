/** `legato export`: the Gaussians of the newest checkpoint in a format of other tools. */
import { exportFormats, exportProject } from '../studio/exportProject';
import { exitCodes, UsageError } from './exit';
import type { ExitCode } from './exit';
import { grouped } from './progress';
import { warn } from './sceneOptions';

export interface ExportOptions {
  out: string;
  format: string;
  json?: boolean;
}

export async function exportCommand(path: string, options: ExportOptions): Promise<ExitCode> {
  const format = exportFormats.find((name) => name === options.format);
  if (!format) throw new UsageError(`--format ${options.format}: expected one of ${exportFormats.join(', ')}`);
  const exported = await exportProject(path, format, options.out, warn);
  const { file, splats, step } = exported;
  if (options.json) process.stdout.write(`${JSON.stringify(exported)}\n`);
  else process.stdout.write(`${file}: ${grouped(splats)} splats of step ${grouped(step)}\n`);
  return exitCodes.ok;
}
