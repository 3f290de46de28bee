/**
 * Where the entries start (METHOD §3).
 *
 *   uniform   f ~ U(−1/N, 1/N), as in the notes
 *   kmeans    greedy k-means++ on a seeded sample of cells, then Lloyd's iterations on that sample. With both halves of unit length the
 *             squared distance of the weighted halves is 2·((1 + λ) − D(F, f)), so D² sampling draws ∝ (1 + λ) − D and the
 *             best centre of a cluster is the mean of its cells, half by half.
 *
 * Arthur & Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007.
 */
import { CounterRandom } from '../../base/index';
import { assignCells, cellSimilarities, type CodebookShape } from '../../kernels/index';
import { cellCount, widthOf, type PhotoReader } from './photoReader';

/** Cells of a sample, and of these, the ones that k-means++ draws from; more change the cosine in the third digit only. */
const SAMPLE = 16_384;
const DRAWN_FROM = 4096;
/** Photos that a sample is taken from. */
const SAMPLE_PHOTOS = 64;
const LLOYD_ITERATIONS = 8;

export interface Cells {
  /** [count, width] */
  readonly cells: Float32Array;
  readonly count: number;
}

/** @returns [size, width] uniform in ±1/size */
export function uniformStart(size: number, width: number, seed: number): Float32Array {
  const random = new CounterRandom(seed, 'codebook start');
  return Float32Array.from({ length: size * width }, (_, i) => (2 * random.uniform(i) - 1) / size);
}

/** A seeded sample of valid cells, spread evenly over up to 64 random photos. */
export async function sampleCells(reader: PhotoReader, seed: number, most = SAMPLE): Promise<Cells> {
  const { source } = reader;
  const width = widthOf(source);
  const photos = new CounterRandom(seed, 'codebook sample photos').permutation(source.photos.length);
  const chosen = photos.subarray(0, SAMPLE_PHOTOS);
  const share = Math.ceil(most / chosen.length);
  const room = chosen.reduce((sum, photo) => sum + Math.min(share, cellCount(source, photo)), 0);
  const cells = new Float32Array(Math.min(most, room) * width);
  let count = 0;
  for await (const { photo, cells: read, valid, rows, columns } of reader.read(chosen)) {
    const order = new CounterRandom(seed, 'codebook sample cells', photo).permutation(rows * columns);
    let taken = 0;
    for (let i = 0; i < order.length && taken < share && count * width < cells.length; i++) {
      const at = order[i];
      if (valid !== null && valid[at] === 0) continue;
      cells.set(read.subarray(at * width, (at + 1) * width), count * width);
      count++;
      taken++;
    }
  }
  return { cells: cells.subarray(0, count * width), count };
}

/**
 * Greedy k-means++: for every entry a few cells are drawn with a probability in proportion to how badly they are served so far, and
 * the one is taken that serves all the cells best.
 *
 * @param cells    [count, width], halves of unit length
 * @param entries  [rows, width], receives the chosen cells
 * @param rows     which rows of `entries` to fill
 * @param served   [count] best D of every cell to the entries that stand already; −Infinity without any. Kept up to date
 * @returns rows that were filled: fewer when the sample has no more cells that differ
 */
export function spread(
  { cells, count }: Cells,
  shape: CodebookShape,
  entries: Float32Array,
  rows: readonly number[],
  served: Float32Array,
  random: CounterRandom,
): number {
  const width = shape.clipWidth + shape.dinoWidth;
  const perfect = 1 + shape.dinoWeight;
  const trials = 2 + Math.floor(Math.log(rows.length));
  const candidates = new Float32Array(trials * width);
  const similarity = new Float32Array(count * trials);
  for (let filled = 0; filled < rows.length; filled++) {
    const draw = drawer(served, perfect);
    if (draw === null) return filled;
    const drawn = Array.from({ length: trials }, (_, trial) => draw(random.uniform(filled * trials + trial)));
    drawn.forEach((cell, trial) => candidates.set(cells.subarray(cell * width, (cell + 1) * width), trial * width));
    cellSimilarities(cells, candidates, shape, similarity);
    const gains = drawn.map((_, trial) => {
      let gain = 0;
      for (let i = 0; i < count; i++) {
        const more = similarity[i * trials + trial] - Math.max(served[i], -perfect);
        if (more > 0) gain += more;
      }
      return gain;
    });
    const best = gains.indexOf(Math.max(...gains));
    entries.set(candidates.subarray(best * width, (best + 1) * width), rows[filled] * width);
    for (let i = 0; i < count; i++) served[i] = Math.max(served[i], similarity[i * trials + best]);
    served[drawn[best]] = perfect;
  }
  return rows.length;
}

/** Draws an index with a probability ∝ perfect − served; null when all are served perfectly. */
function drawer(served: Float32Array, perfect: number): ((uniform: number) => number) | null {
  const sums = new Float64Array(served.length);
  let total = 0;
  for (let i = 0; i < served.length; i++) {
    // Cells without any entry are all as far away as possible.
    total += Math.max(0, perfect - Math.max(served[i], -perfect));
    sums[i] = total;
  }
  // Rounding leaves about 1e-7 for every cell that stands on an entry.
  if (total <= 1e-5 * served.length) return null;
  return (uniform) => {
    const mark = uniform * total;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] > mark) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** @returns [size, width]; what the sample cannot fill stays uniform in ±1/size */
export function kMeansStart(sample: Cells, shape: CodebookShape, size: number, seed: number): Float32Array {
  const width = shape.clipWidth + shape.dinoWidth;
  const entries = uniformStart(size, width, seed);
  const rows = Array.from({ length: size }, (_, row) => row);
  // The photos of a sample come one after the other: an even stride takes of all of them.
  const drawn = strided(sample, width, DRAWN_FROM);
  const served = new Float32Array(drawn.count).fill(-Infinity);
  const random = new CounterRandom(seed, 'codebook k-means++');
  const filled = spread(drawn, shape, entries, rows, served, random);
  for (let iteration = 0; iteration < LLOYD_ITERATIONS && filled > 0; iteration++) moveToMeans(sample, shape, entries);
  return entries;
}

/** At most `most` cells at even distances. */
function strided({ cells, count }: Cells, width: number, most: number): Cells {
  if (count <= most) return { cells, count };
  const chosen = new Float32Array(most * width);
  for (let i = 0; i < most; i++) {
    const at = Math.floor((i * count) / most) * width;
    chosen.set(cells.subarray(at, at + width), i * width);
  }
  return { cells: chosen, count: most };
}

/** Lloyd's step: every entry that has cells becomes their mean. */
function moveToMeans({ cells, count }: Cells, shape: CodebookShape, entries: Float32Array): void {
  const width = shape.clipWidth + shape.dinoWidth;
  const size = entries.length / width;
  const indices = new Int32Array(count);
  assignCells(cells, entries, shape, { indices });
  const sums = new Float64Array(entries.length);
  const counts = new Float64Array(size);
  for (let i = 0; i < count; i++) {
    const from = i * width;
    const to = indices[i] * width;
    counts[indices[i]]++;
    for (let k = 0; k < width; k++) sums[to + k] += cells[from + k];
  }
  for (let row = 0; row < size; row++) {
    if (counts[row] === 0) continue;
    for (let k = row * width; k < (row + 1) * width; k++) entries[k] = sums[k] / counts[row];
  }
}
