/**
 * A codebook from beginning to end, on made-up cells: the same seed writes the same bytes; masks and cells that are not valid become
 * 0; a cancelled run leaves what was there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { resolveSettings } from '../../../../src-preload/contract/presets';
import { initKernels } from '../../../../src-main/kernels/index';
import { buildCodebook, type BuildInputs } from '../../../../src-main/language/codebook/build';
import { readCodebook } from '../../../../src-main/language/codebook/codebookFile';
import type { FormingCodebook } from '../../../../src-main/language/codebook/forming';
import { readIndexMap, type IndexMap } from '../../../../src-main/language/codebook/indexMap';
import { codebookSettings, rateAt } from '../../../../src-main/language/codebook/settings';
import { trainCodebook } from '../../../../src-main/language/codebook/train';
import { temporaryFolder } from '../../base/temporaryFolder';
import { SyntheticCells } from './syntheticCells';

beforeAll(async () => {
  await initKernels({ backend: 'auto', threads: 1 });
});

const sizes = { photos: 6, rows: 12, columns: 16, clipWidth: 16, dinoWidth: 8, clusters: 20, deviation: 0.3, seed: 4 };
const settings = codebookSettings(resolveSettings({ codebookSize: 32, codebookBatch: 256, codebookEpochs: 3 }));

async function inputs(folder: string, source = new SyntheticCells(sizes)): Promise<BuildInputs> {
  await mkdir(folder, { recursive: true });
  return {
    source,
    clip: { name: 'made-up', hash: '1' },
    dino: { name: 'made-up', hash: '2' },
    settings,
    frame: (photo) => Promise.resolve({ width: 64, height: 48, mask: photo === 0 ? leftHalf() : null }),
    name: null,
    paths: {
      codebook: join(folder, 'codebook.safetensors'),
      maps: join(folder, 'maps'),
      report: join(folder, 'codebook.json'),
    },
  };
}

/** 64×48, the left half kept */
const leftHalf = (): Uint8Array => Uint8Array.from({ length: 64 * 48 }, (_, i) => (i % 64 < 32 ? 255 : 0));

async function contents(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const named = files.map((file) => join(file.parentPath, file.name)).sort();
  return new Map(
    await Promise.all(named.map(async (file) => [file.slice(folder.length), await readFile(file, 'base64')] as const)),
  );
}

describe('a build', () => {
  it('writes codebook, maps that belong to it, and a report; the same for the same seed', async () => {
    const folder = await temporaryFolder();
    const one = await buildCodebook(await inputs(join(folder, 'one')));
    await buildCodebook(await inputs(join(folder, 'two')));
    expect(await contents(join(folder, 'two'))).toEqual(await contents(join(folder, 'one')));

    const codebook = await readCodebook(join(folder, 'one/codebook.safetensors'));
    expect(codebook).toEqual(one.codebook);
    expect(codebook.counts.reduce((sum, count) => sum + count)).toBe(6 * 12 * 16);
    const expected = { width: 64, height: 48, entries: 32, codebook: codebook.hash };
    const pixels = new Float64Array(33);
    for (let photo = 0; photo < 6; photo++) {
      const map = await readIndexMap(join(folder, `one/maps/photo000${photo}.png`), expected);
      for (const index of map.indices) pixels[index]++;
    }
    expect(pixels[0]).toBe(32 * 48);
    expect(one.report.unlabelledPixels).toBe(32 * 48);
    expect(one.report.pixelShare).toEqual(Array.from(pixels.subarray(1), (count) => count / (6 * 64 * 48 - 32 * 48)));
    const report: unknown = JSON.parse(await readFile(join(folder, 'one/codebook.json'), 'utf8'));
    expect(report).toEqual(JSON.parse(JSON.stringify(one.report)));
    expect(report).toMatchObject({ epochs: [{}, {}, {}], photos: 6, dead: 32 - one.report.used });
  });

  it('gives 0 exactly where the mask or the nearest cell says so', async () => {
    const folder = await temporaryFolder();
    const source = new SyntheticCells({ ...sizes, invalid: 0.2 });
    await buildCodebook(await inputs(folder, source));
    const { valid } = await source.read(0);
    const { indices } = await readIndexMap(join(folder, 'maps/photo0000.png'));
    const wrong = Array.from(indices.keys()).filter((at) => {
      const [x, y] = [at % 64, Math.floor(at / 64)];
      const labelled = x < 32 && valid?.[Math.floor(y / 4) * 16 + Math.floor(x / 4)] === 1;
      return indices[at] > 0 !== labelled;
    });
    expect(wrong).toEqual([]);
    expect(valid?.includes(0)).toBe(true);
  });

  it('replaces an older set of maps, and leaves it alone when it is cancelled', async () => {
    const folder = await temporaryFolder();
    await buildCodebook(await inputs(folder));
    const before = await contents(folder);

    for (const stage of ['training', 'encoding'] as const) {
      const controller = new AbortController();
      const other = await inputs(folder, new SyntheticCells({ ...sizes, seed: 5 }));
      let calls = 0;
      const cancel = (): void => {
        if (++calls === 2) controller.abort();
      };
      await expect(buildCodebook(other, { signal: controller.signal, [stage]: cancel })).rejects.toThrow('abort');
      expect(await contents(folder)).toEqual(before);
    }

    const fewer = new SyntheticCells({ ...sizes, seed: 5, photos: 4 });
    await buildCodebook(await inputs(folder, fewer));
    expect(await readdir(join(folder, 'maps'))).toHaveLength(4);
  });
});

describe('looks at a codebook that is learned', () => {
  afterEach(() => vi.restoreAllMocks());

  it('show a photo by the entries so far, then every map that is made, and change nothing', async () => {
    const folder = await temporaryFolder();
    await buildCodebook(await inputs(join(folder, 'unseen')));
    // A minute between two batches, and looks that take no time.
    let clock = 0;
    let looked = false;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      if (!looked) clock += 60_000;
      looked = false;
      return clock;
    });
    const looks: (FormingCodebook & { map: IndexMap })[] = [];
    const reading: Promise<void>[] = [];
    const seen = join(folder, 'seen');
    const name = ({ entries }: { entries: Float32Array }) =>
      Promise.resolve(Array.from({ length: 32 }, () => ({ name: String(entries[0]), similarity: 0.5 })));
    const forming = (look: FormingCodebook): void => {
      looked = true;
      // At once, as the next one takes its place.
      const png = readFileSync(look.file);
      const copy = join(folder, `look${looks.length}.png`);
      writeFileSync(copy, png);
      const at = looks.push({ ...look, map: { width: 0, height: 0, indices: new Uint8Array(0), codebook: null } }) - 1;
      reading.push(readIndexMap(copy, { entries: 32 }).then((map) => void (looks[at] = { ...looks[at], map })));
    };
    await buildCodebook({ ...(await inputs(seen)), name }, { forming });
    await Promise.all(reading);

    const [learning, made] = [looks.slice(0, -6), looks.slice(-6)];
    expect(learning.length).toBeGreaterThan(3);
    expect(new Set(learning.map(({ photo }) => photo))).toEqual(new Set(['photo0003.jpg']));
    // The entries moved from the first look to the last, and the map with them.
    expect(learning[0].names[0]).not.toEqual(learning.at(-1)!.names[0]);
    expect(learning[0].map.indices).not.toEqual(learning.at(-1)!.map.indices);
    for (const { counts, map } of learning) {
      expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
      expect(map).toMatchObject({ width: 64, height: 48, codebook: 'forming' });
    }
    expect(made.map(({ photo }) => photo)).toEqual([0, 1, 2, 3, 4, 5].map((photo) => `photo000${photo}.jpg`));
    expect(made.at(-1)!.counts.reduce((sum, count) => sum + count)).toBe(6 * 12 * 16);
    expect(await contents(join(seen, 'maps'))).toEqual(await contents(join(folder, 'unseen/maps')));
    expect((await readdir(seen)).filter((file) => file.startsWith('.'))).toEqual([]);
  });
});

describe('training', () => {
  it('lowers the loss from the random start of the notes', async () => {
    const notes = codebookSettings(resolveSettings({ preset: 'notes', codebookSize: 32, codebookEpochs: 60 }));
    const { epochs } = await trainCodebook(new SyntheticCells(sizes), { ...notes, codebookRate: 1e-3 });
    expect(epochs).toHaveLength(60);
    expect(epochs[59].loss).toBeLessThan(0.7 * epochs[0].loss);
    expect(epochs[59].cosineClip).toBeGreaterThan(epochs[0].cosineClip);
  });

  it('puts dead entries to use when asked to', async () => {
    const uniform = {
      ...settings,
      codebookStart: 'uniform' as const,
      codebookRate: 1e-4,
      balanceWeight: 0,
      codebookEpochs: 4,
    };
    const source = new SyntheticCells({ ...sizes, clusters: 40 });
    const without = await trainCodebook(source, { ...uniform, codebookReseed: false });
    const reseeded = await trainCodebook(source, { ...uniform, codebookReseed: true });
    expect(reseeded.epochs[0].reseeded).toBeGreaterThan(0);
    expect(reseeded.epochs[3].used).toBeGreaterThan(without.epochs[3].used + 5);
    expect(reseeded.epochs[3].cosineClip).toBeGreaterThan(without.epochs[3].cosineClip);
    expect(without.epochs.every(({ reseeded: moved }) => moved === 0)).toBe(true);
  });

  it('serves fewer different cells than entries', async () => {
    const source = new SyntheticCells({ ...sizes, photos: 1, rows: 2, columns: 3 });
    const { epochs } = await trainCodebook(source, settings);
    expect(epochs[2].cosineClip).toBeGreaterThan(0.99);
    expect(epochs[2].used).toBeLessThanOrEqual(6);
  });

  it('refuses features that are not finite', async () => {
    const source = new SyntheticCells(sizes);
    const read = source.read.bind(source);
    source.read = async (photo, into) => {
      const cells = await read(photo, into);
      cells.cells[17] = NaN;
      return cells;
    };
    const uniform = { ...settings, codebookStart: 'uniform' as const };
    await expect(trainCodebook(source, uniform)).rejects.toThrow('the loss is not finite: features hold NaN');
  });
});

it('the rate falls linearly to a tenth', () => {
  const decay = { ...settings, codebookRate: 1e-4, codebookDecayEpochs: 1000 };
  expect(rateAt(0, decay)).toBeCloseTo(1e-4, 12);
  expect(rateAt(300, decay)).toBeCloseTo(0.73e-4, 12);
  expect(rateAt(1000, decay)).toBeCloseTo(1e-5, 12);
  expect(rateAt(5000, decay)).toBeCloseTo(1e-5, 12);
});
