/** `legato export`: the Gaussians of the newest checkpoint in a format of other tools. */
import { resolve } from 'node:path';
import { splatPlyChunks } from '../gaussians/index';
import { writeFileAtomically } from '../project/index';
import { openSnapshot } from '../studio/trainedScene';
import { exitCodes, UsageError } from './exit';
import type { ExitCode } from './exit';
import { grouped } from './progress';
import { warn } from './sceneOptions';

export interface ExportOptions {
  out: string;
  format: string;
  json?: boolean;
}

export async function exportCommand(path: string, { out, format, json }: ExportOptions): Promise<ExitCode> {
  if (format !== 'ply') throw new UsageError(`--format ${format}: expected ply`);
  const { root, snapshot } = await openSnapshot(path, warn);
  const { geometry, sphericalHarmonics, semantics, ids } = snapshot.tensors;
  const file = resolve(out);
  await writeFileAtomically(
    file,
    splatPlyChunks({
      count: geometry.shape[0],
      geometry: geometry.data as Float32Array,
      sphericalHarmonics: sphericalHarmonics.data as Float32Array,
      semantics: semantics.data as Float32Array,
      ids: ids.data as Uint32Array,
    }),
  );
  const splats = geometry.shape[0];
  if (json) process.stdout.write(`${JSON.stringify({ project: root, file, format, splats, step: snapshot.step })}\n`);
  else process.stdout.write(`${file}: ${grouped(splats)} splats of step ${grouped(snapshot.step)}\n`);
  return exitCodes.ok;
}
