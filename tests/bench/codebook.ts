/**
 * Codebook training on a million cells of d = 896, batches of 16,384 shuffled over 200 photos, with the default preset: CPU seconds in
 * all (start, epochs, and the last pass that assigns and measures every cell), peak memory, and the cosine beside that of 50 epochs.
 *
 *   npx tsx tests/bench/codebook.ts            the preset, and 50 epochs of a fifth of the cells for the comparison of cosines
 *   npx tsx tests/bench/codebook.ts --long     50 epochs of all cells: minutes
 *
 * The cells are made on the fly (tests/src-main/language/codebook/syntheticCells.ts); what that costs is shown apart, since real
 * features are fused from a cache instead. Run alone: times vary with whatever else the machine does.
 */
import { resolveSettings } from '../../src-preload/contract/presets';
import { initKernels } from '../../src-main/kernels/index';
import { Encoder } from '../../src-main/language/codebook/encode';
import { codebookSettings, type CodebookSettings } from '../../src-main/language/codebook/settings';
import { trainCodebook } from '../../src-main/language/codebook/train';
import { SyntheticCells } from '../src-main/language/codebook/syntheticCells';

const SHAPE = { rows: 50, columns: 100, clipWidth: 512, dinoWidth: 384, clusters: 300, deviation: 0.8, seed: 1 };
const PHOTOS = 200;
const LONG_EPOCHS = 50;

export interface CodebookBench {
  readonly cells: number;
  readonly epochs: number;
  /** of training and the last pass, the making of cells left out */
  readonly cpuSeconds: number;
  /** of making the cells, on top */
  readonly cellSeconds: number;
  readonly wallSeconds: number;
  readonly peakBytes: number;
  /** means over all cells */
  readonly cosineClip: number;
  readonly cosineDino: number;
  readonly used: number;
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** One run: train, then assign every cell. */
export async function measureCodebook(photos: number, overrides: Partial<CodebookSettings>): Promise<CodebookBench> {
  const source = new SyntheticCells({ ...SHAPE, photos });
  source.seconds = 0;
  const begun = { cpu: cpuSeconds(), wall: performance.now() };
  const settings = codebookSettings(resolveSettings(overrides));
  const { entries, shape } = await trainCodebook(source, settings);
  const encoder = new Encoder(entries, shape);
  const buffer = new Float32Array(SHAPE.rows * SHAPE.columns * 896);
  for (let photo = 0; photo < photos; photo++) {
    encoder.encode(await source.read(photo, buffer), { width: SHAPE.columns, height: SHAPE.rows, mask: null });
  }
  const { clip, dino, cells } = encoder.measures;
  return {
    cells: cells.reduce((sum, count) => sum + count),
    epochs: settings.codebookEpochs,
    cpuSeconds: cpuSeconds() - begun.cpu - source.seconds,
    cellSeconds: source.seconds,
    wallSeconds: (performance.now() - begun.wall) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    cosineClip: clip.mean,
    cosineDino: dino.mean,
    used: cells.filter((count) => count > 0).length,
  };
}

function line(name: string, bench: CodebookBench): string {
  return (
    `${name.padEnd(34)} ${bench.cpuSeconds.toFixed(1)} CPU s (+ ${bench.cellSeconds.toFixed(1)} making cells, ${bench.wallSeconds.toFixed(1)} wall), ` +
    `peak ${(bench.peakBytes / 1e6).toFixed(0)} MB, cosine CLIP ${bench.cosineClip.toFixed(4)} DINO ${bench.cosineDino.toFixed(4)}, ${bench.used} used`
  );
}

/** The rows as text. @param long  50 epochs of all cells rather than of a fifth */
export async function codebookRows(threads: number, long = false): Promise<string[]> {
  await initKernels({ backend: 'native', threads });
  const standard = await measureCodebook(PHOTOS, {});
  const rows = [line(`codebook, 1M cells, ${standard.epochs} epochs`, standard)];
  const photos = long ? PHOTOS : PHOTOS / 5;
  const few = long ? standard : await measureCodebook(photos, {});
  const many = await measureCodebook(photos, { codebookEpochs: LONG_EPOCHS, codebookDecayEpochs: LONG_EPOCHS });
  if (!long) rows.push(line(`  a fifth of them, ${few.epochs} epochs`, few));
  rows.push(line(`  ${long ? 'all' : 'a fifth'} of them, ${LONG_EPOCHS} epochs`, many));
  const gap = (a: number, b: number): string => (a - b).toFixed(4);
  rows.push(
    `  cosine ${LONG_EPOCHS} − ${few.epochs} epochs: CLIP ${gap(many.cosineClip, few.cosineClip)}, DINO ${gap(many.cosineDino, few.cosineDino)}`,
  );
  return rows;
}

if (process.argv[1]?.endsWith('codebook.ts')) {
  for (const row of await codebookRows(1, process.argv.includes('--long'))) console.log(row);
}
