/** The Gaussians of a project's newest checkpoint in a format of other tools. */
import { resolve } from 'node:path';
import { splatPlyChunks } from '../gaussians/index';
import { writeFileAtomically } from '../base/index';
import { openSnapshot } from './trainedScene';

export const exportFormats = ['ply'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface Exported {
  project: string;
  /** absolute */
  file: string;
  format: ExportFormat;
  splats: number;
  step: number;
}

/** Writes the whole file or none of it. @throws ProjectError, StudioError when nothing was trained yet */
export async function exportProject(
  path: string,
  format: ExportFormat,
  out: string,
  warn: (message: string) => void,
): Promise<Exported> {
  const { root, snapshot } = await openSnapshot(path, warn);
  const { geometry, sphericalHarmonics, semantics, ids } = snapshot.tensors;
  const file = resolve(out);
  const [splats] = geometry.shape;
  await writeFileAtomically(
    file,
    splatPlyChunks({
      count: splats,
      geometry: geometry.data as Float32Array,
      sphericalHarmonics: sphericalHarmonics.data as Float32Array,
      semantics: semantics.data as Float32Array,
      ids: ids.data as Uint32Array,
    }),
  );
  return { project: root, file, format, splats, step: snapshot.step };
}
