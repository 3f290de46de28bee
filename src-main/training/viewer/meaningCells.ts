/**
 * The decoder near the directions that pixels take, in cells (#contract/answerTables): what a viewer looks R_s up in.
 *
 * The score of a pixel is that of its decoded R_s, METHOD §5, and the decoder is not linear: blending the splats' own scores is another
 * number wherever they scatter. A viewer can blend S_G itself, but not run a network of 100,000 weights a pixel. Near one direction,
 * though, the network is almost linear in R̂ before its softmax (a ReLU network is exactly so between its kinks), and few entries share
 * a pixel. So the sphere of directions is cut into cells, those nearest to one of a thousand centres, or of four at rest, and each keeps
 *
 *   ℓ_m = ln M̂_m(c),   slope_mk = (ln M̂_m(c + h·e_k) − ln M̂_m(c)) / h,   h = STRIDE,   of the NAMED most probable entries m
 *
 * and of all others together.
 * The softmax comes after the look-up. (Cells that were linear in the score itself had the score within 0.02 for 80 – 86 % of the pixels.)
 * What is asked is no part of a cell, so that a new question costs no decoding.
 *
 * Centres follow by k-means on the sphere in small batches (Sculley 2010), from where they were before: half of a batch are splats, half
 * are pixels of the pictures that viewers were shown last, since along edges R_s lies between what any splat means.
 */
import { CELL_ENTRIES, CELLS_LIMIT, cellWords, GROUP_ROW, groupsOf, OTHERS } from '#contract/answerTables';
import { decodeTop } from '../../kernels/index';
import type { LayerArrays } from '../../kernels/index';
import { SEMANTICS } from '../../kernels/layout';

const D = SEMANTICS.dimensions;

/** How many cells there are, and in how many batches they follow at a time. */
export interface CellPace {
  readonly cells: number;
  readonly batches: number;
}
/** While a run trains the time that viewers may take is short; at rest pixels are to be right. */
export const [PASSING, RESTING]: readonly CellPace[] = [
  { cells: 1024, batches: 1 },
  { cells: CELLS_LIMIT, batches: 32 },
];
const GROUP_ROUNDS = 6;
const STRIDE = 0.02;
/** Rows of a batch, batches when cells are made anew, and batches that one grouping of the centres serves. */
const [BATCH, FIRST_BATCHES, REGROUP] = [1024, 16, 8];
/** What a centre remembers, in rows: it has to follow a scene that learns. */
const MEMORY = 256;
/** Pixels that are remembered: the last picture's, evenly over it, and those of the pictures before where it has fewer. */
const SEEN = 16_384;
/** Entries that are looked for around a centre, among which those of the centre nearly always are. */
const SOUGHT = 2 * CELL_ENTRIES;
/** Cells that are decoded between two looks at the clock. */
const PORTION = 64;
const LEAST = 1e-30;
/** Below it the others together are rounding. */
const LEAST_OTHERS = 1e-4;
const NAMED = CELL_ENTRIES - 1;
/** ℓ of an entry that is none: a codebook may have fewer. */
const NONE = -1e4;

/** Unit vector of eight numbers into `out`. */
function unitInto(from: Float32Array, at: number, out: Float32Array, to: number): void {
  let squared = 0;
  for (let k = 0; k < D; k++) squared += from[at + k] ** 2;
  const scale = 1 / Math.max(Math.sqrt(squared), 1e-6);
  for (let k = 0; k < D; k++) out[to + k] = from[at + k] * scale;
}

export class MeaningCells {
  #codebook = '';
  /** [cells, 8], unit length, where the next decoding will be */
  #centres = new Float32Array(0);
  #heard = new Float32Array(0);
  #groups: Groups = { order: new Int32Array(0), middles: new Float32Array(0), from: new Int32Array(1) };
  /** where the next batch begins */
  #next = 0;
  /** [SEEN, 8] unit vectors of pixels */
  readonly #seen = new Float32Array(SEEN * D);
  #seenCount = 0;
  #seenNext = 0;
  /** the cell that is decoded next */
  #turn = 0;
  /** cells as they were decoded last: centres [cells, 8], ℓ and entries [cells, CELL_ENTRIES], slopes [cells, CELL_ENTRIES, 8] */
  #decoded = emptyCells(0);
  readonly #direction = new Float32Array(D);

  get cells(): number {
    return this.#heard.length;
  }

  /** Pixels that a viewer was shown. @param features  R_s, [n, 8] */
  see(features: Float32Array): void {
    const count = features.length / D;
    const step = Math.max(1, count / SEEN);
    for (let at = 0; at < count; at += step) {
      unitInto(features, Math.floor(at) * D, this.#seen, this.#seenNext * D);
      this.#seenNext = (this.#seenNext + 1) % SEEN;
      this.#seenCount = Math.min(SEEN, this.#seenCount + 1);
    }
  }

  /** Follows the splats. @param semantics  [≥ count, 9] */
  follow(semantics: Float32Array, count: number, codebook: string, pace: CellPace): void {
    const cells = Math.min(pace.cells, count);
    if (cells === 0) return;
    let rounds = pace.batches;
    if (codebook !== this.#codebook || cells !== this.cells) {
      if (codebook !== this.#codebook) this.#seenCount = this.#seenNext = 0;
      this.#codebook = codebook;
      this.#centres = new Float32Array(cells * D);
      this.#heard = new Float32Array(cells);
      this.#decoded = emptyCells(cells);
      for (let cell = 0; cell < cells; cell++) {
        const row = Math.floor(((cell + 0.5) * count) / cells);
        unitInto(semantics, row * SEMANTICS.columns, this.#centres, cell * D);
      }
      rounds = Math.max(rounds, FIRST_BATCHES);
    }
    // Neighbours in the order of rows resemble each other: a batch strides over all.
    const stride = Math.max(1, Math.floor(count / BATCH));
    for (let round = 0; round < rounds; round++) {
      if (round % REGROUP === 0) this.#groups = grouped(this.#centres);
      for (let i = 0; i < Math.min(BATCH, count); i++) {
        const row = (this.#next + i * stride) % count;
        if (i % 2 === 1 && this.#seenCount > 0) unitInto(this.#seen, (row % this.#seenCount) * D, this.#direction, 0);
        else unitInto(semantics, row * SEMANTICS.columns, this.#direction, 0);
        this.#move();
      }
      this.#next = (this.#next + 1 + Math.floor(0.618 * stride)) % count;
    }
  }

  /** Draws the nearest centre towards the direction. */
  #move(): void {
    const v = this.#direction;
    const cell = nearestOf(this.#groups, this.#centres, v);
    const share = 1 / (this.#heard[cell] = Math.min(MEMORY, this.#heard[cell] + 1));
    const from = cell * D;
    for (let k = 0; k < D; k++) this.#centres[from + k] += share * (v[k] - this.#centres[from + k]);
    unitInto(this.#centres, from, this.#centres, from);
  }

  /** Decodes cells in turn where their centres are now, until all are or the time is up; those that never were in any case. */
  decode(layers: readonly LayerArrays[], milliseconds: number): void {
    const until = performance.now() + milliseconds;
    for (let done = 0; done < this.cells; done += PORTION) {
      if (performance.now() >= until && this.#decoded.known >= this.cells) return;
      const count = Math.min(PORTION, this.cells - this.#turn);
      this.#decodePortion(layers, this.#turn, count);
      this.#turn = (this.#turn + count) % this.cells;
    }
  }

  #decodePortion(layers: readonly LayerArrays[], first: number, count: number): void {
    const { centres, values, entries, slopes } = this.#decoded;
    const around = 1 + D;
    const features = new Float32Array(count * around * D);
    for (let i = 0; i < count * around; i++) {
      const cell = first + Math.floor(i / around);
      features.set(this.#centres.subarray(cell * D, (cell + 1) * D), i * D);
      if (i % around > 0) features[i * D + (i % around) - 1] += STRIDE;
    }
    const sought = Math.min(SOUGHT, layers[layers.length - 1].bias.length);
    const top = decodeTop(features, layers, sought);
    /** ln M̂ of each entry of a cell at one of the points around it, in their order, the others last */
    const logsAt = (point: number, named: Uint8Array): number[] => {
      const from = point * sought;
      const found = top.entries.subarray(from, from + sought);
      const shares = Array.from(named, (entry) => {
        const at = found.indexOf(entry);
        // One that is not among the most probable here has at most the share of the least of them.
        return top.probabilities[from + (at < 0 ? sought - 1 : at)];
      });
      const others = 1 - shares.reduce((sum, share) => sum + share, 0);
      return [...shares, Math.max(LEAST_OTHERS, others)].map((share) => Math.log(Math.max(LEAST, share)));
    };
    const most = Math.min(NAMED, sought);
    for (let i = 0; i < count; i++) {
      const cell = first + i;
      const at = cell * CELL_ENTRIES;
      const named = top.entries.subarray(i * around * sought, i * around * sought + most);
      centres.set(this.#centres.subarray(cell * D, (cell + 1) * D), cell * D);
      entries.fill(OTHERS, at, at + CELL_ENTRIES).set(named, at);
      const here = logsAt(i * around, named);
      values.fill(NONE, at, at + CELL_ENTRIES).set(here, at);
      for (let k = 0; k < D; k++)
        logsAt(i * around + 1 + k, named).forEach(
          (there, m) => (slopes[(at + m) * D + k] = (there - here[m]) / STRIDE),
        );
    }
    this.#decoded.known = Math.max(this.#decoded.known, first + count);
  }

  /** The section `cells`. */
  table(): Float32Array {
    const { centres, values, entries, slopes } = this.#decoded;
    const { order, middles, from } = grouped(centres);
    const { cells } = this;
    const table = new Float32Array(cellWords * cells);
    /** writes numbers of a cell, or a group, from a row on */
    const write = (row: number, place: number, numbers: ArrayLike<number>): void => {
      for (let n = 0; n < numbers.length; n++) table[4 * ((row + (n >> 2)) * cells + place) + (n & 3)] = numbers[n];
    };
    const part = <T extends Float32Array | Uint8Array>(all: T, cell: number, size: number) =>
      all.subarray(cell * size, (cell + 1) * size);
    order.forEach((cell, place) => {
      write(0, place, part(centres, cell, D));
      write(2, place, part(values, cell, CELL_ENTRIES));
      write(4, place, part(entries, cell, CELL_ENTRIES));
      write(6, place, part(slopes, cell, CELL_ENTRIES * D));
    });
    for (let group = 0; group < groupsOf(cells); group++) {
      write(GROUP_ROW, group, part(middles, group, D));
      write(GROUP_ROW + 2, group, from.subarray(group, group + 2));
    }
    return table;
  }
}

interface DecodedCells {
  readonly centres: Float32Array;
  readonly values: Float32Array;
  readonly entries: Uint8Array;
  readonly slopes: Float32Array;
  /** cells that were ever decoded */
  known: number;
}

function emptyCells(cells: number): DecodedCells {
  const many = cells * CELL_ENTRIES;
  return {
    ...{ centres: new Float32Array(cells * D), values: new Float32Array(many), entries: new Uint8Array(many) },
    ...{ slopes: new Float32Array(many * D), known: 0 },
  };
}

/** Cells by groups of neighbours. */
interface Groups {
  /** cells, group by group */
  readonly order: Int32Array;
  /** [groups, 8] */
  readonly middles: Float32Array;
  /** [groups + 1] places in `order` */
  readonly from: Int32Array;
}

/** @param centres  [cells, 8] */
function grouped(centres: Float32Array): Groups {
  const cells = centres.length / D;
  const count = groupsOf(cells);
  const middles = new Float32Array(count * D);
  for (let group = 0; group < count; group++) {
    const cell = Math.floor(((group + 0.5) * cells) / count);
    middles.set(centres.subarray(cell * D, (cell + 1) * D), group * D);
  }
  const own = new Int32Array(cells);
  const sums = new Float32Array(count * D);
  for (let round = 0; round < GROUP_ROUNDS; round++) {
    sums.fill(0);
    for (let cell = 0; cell < cells; cell++) {
      let most = -Infinity;
      for (let group = 0; group < count; group++) {
        const near = nearness(middles, group, centres, cell * D);
        if (near > most) [most, own[cell]] = [near, group];
      }
      for (let k = 0; k < D; k++) sums[own[cell] * D + k] += centres[cell * D + k];
    }
    for (let group = 0; group < count; group++) if (own.includes(group)) unitInto(sums, group * D, middles, group * D);
  }
  const order = Int32Array.from(own.keys()).sort((a, b) => own[a] - own[b] || a - b);
  const from = new Int32Array(count + 1);
  for (const group of own) from[group + 1]++;
  for (let group = 0; group < count; group++) from[group + 1] += from[group];
  return { order, middles, from };
}

/** The nearest centre in the two groups that are nearest. */
function nearestOf({ order, middles, from }: Groups, centres: Float32Array, v: Float32Array): number {
  const [first, second] = nearestTwo(middles, from.length - 1, v);
  let cell = 0;
  let nearest = -Infinity;
  for (const group of second < 0 ? [first] : [first, second])
    for (let place = from[group]; place < from[group + 1]; place++) {
      const near = nearness(centres, order[place], v, 0);
      if (near > nearest) [nearest, cell] = [near, order[place]];
    }
  return cell;
}

/** The two vectors that are nearest, the second −1 where there is one. @param vectors  [count, 8] */
export function nearestTwo(vectors: Float32Array, count: number, v: Float32Array): [number, number] {
  let [first, second] = [-1, -1];
  let [most, next] = [-Infinity, -Infinity];
  for (let one = 0; one < count; one++) {
    const near = nearness(vectors, one, v, 0);
    if (near > most) [next, second, most, first] = [most, first, near, one];
    else if (near > next) [next, second] = [near, one];
  }
  return [first, second];
}

/** ⟨c, v⟩ */
export function nearness(centres: Float32Array, cell: number, v: Float32Array, from: number): number {
  let dot = 0;
  for (let k = 0, at = cell * D; k < D; k++) dot += centres[at + k] * v[from + k];
  return dot;
}
