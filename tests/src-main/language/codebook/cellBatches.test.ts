/**
 * Batches: every valid cell in exactly one batch an epoch, whatever the pool holds; the same seed gives the same batches; memory
 * stays in its bounds; a photo that cannot be read is left out.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellBatches, type BatchOptions } from '../../../../src-main/language/codebook/cellBatches';
import { PhotoReader } from '../../../../src-main/language/codebook/photoReader';
import { ListSource, numberedSource } from './listSource';

const CELL_BYTES = 2 * 4;

async function epochs(source: ListSource, options: BatchOptions, count: number): Promise<string[][][]> {
  const batches = cellBatches(new PhotoReader(source, () => undefined), options);
  const seen: string[][][] = [];
  for (let epoch = 0; epoch < count; epoch++) {
    seen.push([]);
    for await (const { cells, count: size } of batches.epoch(epoch)) {
      expect(cells.length).toBe(2 * size);
      seen[epoch].push(Array.from({ length: size }, (_, i) => `${cells[2 * i]} ${cells[2 * i + 1]}`));
    }
  }
  return seen;
}

const everyCell = (sizes: readonly number[]): string[] =>
  sizes.flatMap((size, photo) => Array.from({ length: size }, (_, cell) => `${photo} ${cell}`)).sort();

describe('shuffled batches', () => {
  it('give every cell once an epoch, for any sizes, batch and pool', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 120 }),
        async (sizes, batch, pool) => {
          const runs = await epochs(numberedSource(sizes), { seed: 3, batch, poolBytes: pool * CELL_BYTES }, 2);
          for (const run of runs) {
            expect(run.flat().sort()).toEqual(everyCell(sizes));
            expect(Math.max(...run.map((cells) => cells.length))).toBeLessThanOrEqual(batch);
          }
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('leave out cells that are not valid', async () => {
    const source = numberedSource([20, 20], (photo, cell) => (photo + cell) % 3 === 0);
    const [run] = await epochs(source, { seed: 1, batch: 7, poolBytes: 12 * CELL_BYTES }, 1);
    expect(run.flat()).toHaveLength(new Set(run.flat()).size);
    expect(run.flat().every((cell) => cell.split(' ').reduce((sum, part) => sum + Number(part), 0) % 3 !== 0)).toBe(
      true,
    );
    expect(run.flat()).toHaveLength(40 - 7 - 6);
  });

  it('are the same for a seed, others for another seed and in the next epoch', async () => {
    const take = (seed: number) => epochs(numberedSource([30, 30, 30]), { seed, batch: 16, poolBytes: 1 }, 2);
    const [first, second] = await take(5);
    expect(await take(5)).toEqual([first, second]);
    expect((await take(6))[0]).not.toEqual(first);
    expect(second).not.toEqual(first);
  });

  it('mix the photos', async () => {
    const [run] = await epochs(
      numberedSource(new Array<number>(20).fill(50)),
      { seed: 1, batch: 100, poolBytes: 4000 },
      1,
    );
    // A pool of 500 cells holds ten photos: a batch drawn from one or two would be no shuffle.
    for (const batch of run) expect(new Set(batch.map((cell) => cell.split(' ')[0])).size).toBeGreaterThan(5);
  });

  it('read photos once when all fit, once an epoch otherwise', async () => {
    const small = numberedSource([10, 10]);
    await epochs(small, { seed: 1, batch: 4 }, 3);
    expect(small.reads).toEqual([1, 1]);
    const large = numberedSource([10, 10]);
    await epochs(large, { seed: 1, batch: 4, poolBytes: 10 * CELL_BYTES }, 3);
    expect(large.reads).toEqual([3, 3]);
  });

  it('go on without a photo that cannot be read, and say so once', async () => {
    const source = numberedSource([5, 5, 5]);
    const listed = source.photos.map((name, photo) => ({
      ...{ name, rows: 1, columns: 5 },
      cells: photo === 1 ? null : Float32Array.from({ length: 10 }, (_, i) => photo + i),
    }));
    const warnings: string[] = [];
    const reader = new PhotoReader(new ListSource(1, 1, listed), ({ message }) => warnings.push(message));
    const batches = cellBatches(reader, { seed: 1, batch: 4, poolBytes: 6 * CELL_BYTES });
    for (let epoch = 0; epoch < 3; epoch++) {
      let cells = 0;
      for await (const { count } of batches.epoch(epoch)) cells += count;
      expect(cells).toBe(10);
    }
    expect(warnings).toEqual(['1.jpg is left out: 1.jpg.features: damaged at byte 12; run legato features again']);
  });

  it('fail with the photo that is wrong when none can be read', async () => {
    const source = new ListSource(1, 1, [{ name: 'a.jpg', rows: 1, columns: 1, cells: null }]);
    await expect(epochs(source, { seed: 1, batch: 4 }, 1)).rejects.toThrow('a.jpg.features: damaged at byte 12');
  });
});

describe('batches of 32 photos, as in the notes', () => {
  it('hold all cells of 32 photos each', async () => {
    const sizes = Array.from({ length: 70 }, (_, i) => 1 + (i % 5));
    const [run] = await epochs(numberedSource(sizes), { seed: 2, batch: 0 }, 1);
    expect(run.map((batch) => new Set(batch.map((cell) => cell.split(' ')[0])).size)).toEqual([32, 32, 6]);
    expect(run.flat().sort()).toEqual(everyCell(sizes));
  });

  it('take a seeded share of each photo where all would not fit', async () => {
    const options = { seed: 2, batch: 0, photoBatchBytes: 100 * CELL_BYTES };
    const [run, next] = await epochs(numberedSource(new Array<number>(32).fill(10)), options, 2);
    expect(run).toHaveLength(1);
    const cells = run[0];
    expect(new Set(cells).size).toBe(cells.length);
    // A share of 100/320 of 10 cells is 3 whole ones.
    for (let photo = 0; photo < 32; photo++)
      expect(cells.filter((cell) => cell.startsWith(`${photo} `))).toHaveLength(3);
    expect(next[0].sort()).not.toEqual([...cells].sort());
  });
});

it('memory has its bounds, whatever the number of photos', () => {
  const bytes = (photos: number, options: Partial<BatchOptions>) => {
    const reader = new PhotoReader(numberedSource(new Array<number>(photos).fill(100)), () => undefined);
    return cellBatches(reader, { seed: 1, batch: 64, poolBytes: 500 * CELL_BYTES, ...options }).bytes;
  };
  for (const photos of [1, 10, 1000, 5000]) {
    expect(bytes(photos, {})).toBeLessThanOrEqual((500 + 64) * CELL_BYTES);
    expect(bytes(photos, { batch: 0, photoBatchBytes: 700 * CELL_BYTES })).toBeLessThanOrEqual(700 * CELL_BYTES);
  }
});
