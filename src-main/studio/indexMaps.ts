/** The index maps of a project as the trainer's supervision: matched by name, of one codebook, kept under a byte budget. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { mapName, readCodebook, readIndexMap } from '../language/codebook/index';
import type { IndexMap } from '../language/codebook/index';
import type { ProjectPaths } from '../project/index';
import type { IndexMaps } from '../training/ports';

const KEPT_BYTES = 256 * 2 ** 20;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Null while the project has no codebook. @throws LanguageError for a damaged one */
export async function openIndexMaps(paths: Pick<ProjectPaths, 'codebook' | 'maps'>): Promise<IndexMaps | null> {
  if (!(await exists(paths.codebook))) return null;
  const { hash, size, entries } = await readCodebook(paths.codebook);
  const kept = new Map<string, IndexMap | null>();
  let bytes = 0;
  return {
    entries: size,
    codebook: hash,
    vectors: entries,
    load: async (photo) => {
      const known = kept.get(photo);
      if (known !== undefined) return known;
      const path = join(paths.maps, mapName(photo));
      const map = (await exists(path)) ? await readIndexMap(path, { entries: size, codebook: hash }) : null;
      const cost = map?.indices.length ?? 0;
      if (bytes + cost <= KEPT_BYTES) {
        kept.set(photo, map);
        bytes += cost;
      }
      return map;
    },
  };
}
