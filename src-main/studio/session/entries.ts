/** The codebook's entries as a page shows them: names, shares and colours that the eye can tell apart. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codebookSummary } from '#contract/codebookMessages';
import type { LanguageEvent } from '#contract/languageMessages';
import type { CodebookEntry, StudioState } from '#contract/studio';
import { categoricalPalette, hexOf, readCodebook } from '../../language/codebook/index';
import type { Codebook } from '../../language/codebook/index';
import { toyModels } from '../../language/models/index';
import type { ProjectPaths } from '../../project/index';
import { exists } from '../sceneLanguage';

/** Colours of the classes of an ask. */
export function classColours(count: number, seed: number): string[] {
  return categoricalPalette(count, null, seed).map(hexOf);
}

interface Entries {
  readonly size: number;
  /** cells that chose each */
  readonly counts: ArrayLike<number>;
  /** empty without words */
  readonly names: Codebook['names'];
}

export function entriesOf({ size, counts, names }: Entries, seed: number): CodebookEntry[] {
  const cells = Math.max(
    1,
    Array.from(counts).reduce((sum, count) => sum + count, 0),
  );
  const colours = categoricalPalette(size, counts, seed);
  return Array.from({ length: size }, (_, entry) => ({
    name: names[entry]?.name ?? null,
    similarity: names[entry]?.similarity ?? null,
    share: counts[entry] / cells,
    colour: hexOf(colours[entry]),
  }));
}

/** The codebook as it is while it is learned. */
export function formingState(
  before: StudioState['codebook'],
  { photo, counts, names }: Extract<LanguageEvent, { type: 'codebookForming' }>,
  seed: number,
): StudioState['codebook'] {
  const nothing = { perplexity: null, cosineClip: null, cosineDino: null, toys: false };
  return {
    ...(before ?? nothing),
    revision: (before?.revision ?? 0) + 1,
    provisional: true,
    entries: entriesOf({ size: counts.length, counts, names }, seed),
    dead: deadOf(counts),
    newestMap: photo,
  };
}

const deadOf = (counts: ArrayLike<number>): number =>
  Array.from(counts).reduce((sum, cells) => sum + (cells === 0 ? 1 : 0), 0);

/** The figures of the report beside the codebook; null for each that it does not tell. */
const figures = codebookSummary.pick({ perplexity: true, clip: true, dino: true });

/** What a project's codebook is; null while it has none. @throws LanguageError for a damaged one */
export async function codebookState(
  paths: ProjectPaths,
  revision: number,
  seed: number,
): Promise<StudioState['codebook']> {
  if (!(await exists(paths.codebook))) return null;
  const codebook = await readCodebook(paths.codebook);
  const report = figures.safeParse(await readJson(join(paths.root, 'codebook.json')));
  return {
    revision,
    provisional: false,
    entries: entriesOf(codebook, seed),
    dead: deadOf(codebook.counts),
    perplexity: report.data?.perplexity ?? null,
    cosineClip: report.data?.clip.mean ?? null,
    cosineDino: report.data?.dino.mean ?? null,
    toys: codebook.clip.name === toyModels.clip,
    newestMap: '',
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}
