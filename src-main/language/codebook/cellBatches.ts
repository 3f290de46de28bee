/**
 * Batches of cells for a step of training, from any number of photos in bounded memory (METHOD §3):
 *
 *   codebookBatch > 0   that many cells, shuffled over the photos: photos in random order stream through a pool, batches are drawn
 *                       from it at random. A capture that fits into the pool as a whole is read once and stays.
 *   codebookBatch = 0   all cells of 32 photos, as in the notes; where they exceed the memory, a seeded share of each photo.
 *
 * Every valid cell is in one batch an epoch (at most one in the second case); cells that are not valid are in none. The order
 * depends on seed and epoch alone.
 */
import { CounterRandom } from '../../base/index';
import type { PhotoReader } from './photoReader';
import { cellCount, totalCells, widthOf, type ReadPhoto } from './photoReader';

export interface CellBatch {
  /** [count, width]; good until the next batch is asked for */
  readonly cells: Float32Array;
  readonly count: number;
}

export interface BatchOptions {
  readonly seed: number;
  /** cells a batch; 0 = all cells of 32 photos */
  readonly batch: number;
  /** for the pool; default 256 MiB */
  readonly poolBytes?: number;
  /** for the cells of 32 photos; default 640 MiB, which holds 32 grids of 60×90 cells of width 896 */
  readonly photoBatchBytes?: number;
}

export const PHOTOS_PER_BATCH = 32;
const MEBIBYTE = 2 ** 20;

export abstract class CellBatches {
  protected readonly reader: PhotoReader;
  protected readonly width: number;
  protected readonly seed: number;

  constructor(reader: PhotoReader, seed: number) {
    this.reader = reader;
    this.width = widthOf(reader.source);
    this.seed = seed;
  }

  /** batches of an epoch if every cell is valid */
  abstract readonly perEpoch: number;
  /** held between batches: pool and batch */
  abstract readonly bytes: number;
  abstract epoch(epoch: number): AsyncGenerator<CellBatch>;

  protected photoOrder(epoch: number): Uint32Array {
    return new CounterRandom(this.seed, 'codebook photos', epoch).permutation(this.reader.source.photos.length);
  }
}

export function cellBatches(reader: PhotoReader, options: BatchOptions): CellBatches {
  return options.batch > 0 ? new ShuffledBatches(reader, options) : new PhotoBatches(reader, options);
}

/** Cells of a batch drawn from a pool that photos stream through. */
class ShuffledBatches extends CellBatches {
  readonly perEpoch: number;
  readonly bytes: number;
  readonly #batch: Float32Array;
  readonly #pool: Float32Array;
  /** rows of the pool; the first `live` hold cells, the others are free */
  readonly #rows: Int32Array;
  /** every cell fits: they stay between epochs */
  readonly #resident: boolean;
  #loaded = false;
  #live = 0;

  constructor(reader: PhotoReader, { seed, batch, poolBytes = 256 * MEBIBYTE }: BatchOptions) {
    super(reader, seed);
    const total = totalCells(reader.source);
    const size = Math.min(batch, total);
    const capacity = Math.min(total, Math.max(Math.floor(poolBytes / (4 * this.width)), Math.ceil(1.5 * size)));
    this.perEpoch = Math.ceil(total / size);
    this.#batch = new Float32Array(size * this.width);
    this.#pool = new Float32Array(capacity * this.width);
    this.#rows = Int32Array.from({ length: capacity }, (_, row) => row);
    this.#resident = capacity === total;
    this.bytes = this.#batch.byteLength + this.#pool.byteLength;
  }

  async *epoch(epoch: number): AsyncGenerator<CellBatch> {
    const random = new CounterRandom(this.seed, 'codebook cells', epoch);
    const draws = { random, index: 0 };
    if (this.#resident) {
      if (!this.#loaded) for await (const photo of this.reader.read(this.photoOrder(epoch))) this.#fill(photo, 0);
      this.#loaded = true;
      const all = this.#live;
      while (this.#live > 0) yield this.#draw(draws);
      this.#live = all;
      return;
    }
    const size = this.#batch.length / this.width;
    for await (const photo of this.reader.read(this.photoOrder(epoch))) {
      const cells = photo.rows * photo.columns;
      for (let at = this.#fill(photo, 0); at < cells; at = this.#fill(photo, at)) yield this.#draw(draws);
    }
    while (this.#live >= size) yield this.#draw(draws);
    if (this.#live > 0) yield this.#draw(draws);
  }

  /** Puts valid cells from `start` on into free rows; returns where it stopped, the number of cells when all are in. */
  #fill({ cells, valid, rows, columns }: ReadPhoto, start: number): number {
    const { width } = this;
    let at = start;
    for (; at < rows * columns; at++) {
      if (valid !== null && valid[at] === 0) continue;
      if (this.#live === this.#rows.length) return at;
      const row = this.#rows[this.#live++];
      this.#pool.set(cells.subarray(at * width, (at + 1) * width), row * width);
    }
    return at;
  }

  /** Moves random cells from the pool into the batch. */
  #draw(draws: { random: CounterRandom; index: number }): CellBatch {
    const { width } = this;
    const count = Math.min(this.#batch.length / width, this.#live);
    for (let i = 0; i < count; i++) {
      const chosen = draws.random.integer(draws.index++, this.#live);
      const row = this.#rows[chosen];
      this.#rows[chosen] = this.#rows[--this.#live];
      this.#rows[this.#live] = row;
      this.#batch.set(this.#pool.subarray(row * width, (row + 1) * width), i * width);
    }
    return { cells: this.#batch.subarray(0, count * width), count };
  }
}

/** All cells of 32 photos at a time. */
class PhotoBatches extends CellBatches {
  readonly perEpoch: number;
  readonly bytes: number;
  readonly #capacity: number;
  readonly #batch: Float32Array;

  constructor(reader: PhotoReader, { seed, photoBatchBytes = 640 * MEBIBYTE }: BatchOptions) {
    super(reader, seed);
    const { source } = reader;
    const counts = source.photos.map((_, photo) => cellCount(source, photo)).sort((a, b) => b - a);
    const most = counts.slice(0, PHOTOS_PER_BATCH).reduce((sum, count) => sum + count, 0);
    this.perEpoch = Math.ceil(counts.length / PHOTOS_PER_BATCH);
    this.#capacity = Math.min(most, Math.floor(photoBatchBytes / (4 * this.width)));
    this.#batch = new Float32Array(this.#capacity * this.width);
    this.bytes = this.#batch.byteLength;
  }

  async *epoch(epoch: number): AsyncGenerator<CellBatch> {
    const order = this.photoOrder(epoch);
    for (let first = 0; first < order.length; first += PHOTOS_PER_BATCH) {
      const photos = order.subarray(first, first + PHOTOS_PER_BATCH);
      const wanted = photos.reduce((sum, photo) => sum + cellCount(this.reader.source, photo), 0);
      const share = Math.min(1, this.#capacity / wanted);
      let count = 0;
      for await (const photo of this.reader.read(photos)) count = this.#add(photo, share, count, epoch);
      if (count > 0) yield { cells: this.#batch.subarray(0, count * this.width), count };
    }
  }

  #add({ photo, cells, valid, rows, columns }: ReadPhoto, share: number, start: number, epoch: number): number {
    const { width } = this;
    const size = rows * columns;
    const rowOrder =
      share < 1 ? new CounterRandom(this.seed, `codebook share ${photo}`, epoch).permutation(size) : null;
    let count = start;
    for (let i = 0; i < Math.floor(share * size); i++) {
      const at = rowOrder === null ? i : rowOrder[i];
      if (valid !== null && valid[at] === 0) continue;
      this.#batch.set(cells.subarray(at * width, (at + 1) * width), count++ * width);
    }
    return count;
  }
}
