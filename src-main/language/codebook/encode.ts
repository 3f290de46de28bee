/**
 * The last pass: every photo is encoded with the final codebook (METHOD §3). D of the photo's grid is upsampled bilinearly to the
 * map's size and the best entry taken per pixel; indices themselves are never interpolated. 0 where the photo's mask or the border
 * of the undistortion says so, and where the nearest cell is not valid. With superpixels D is averaged over each of them first.
 *
 * The same pass measures the codebook on the cells themselves: how many chose each entry, and the cosine of each half.
 */
import { cellSimilarities, upsampledArgmax, type CodebookShape } from '../../kernels/index';
import type { PhotoCells } from '../cells';
import { dot, unitHalves } from './halves';
import { pooledArgmax } from './poolSimilarities';
import type { Superpixels } from './superpixels';

/** A photo as its map sees it. */
export interface PhotoFrame {
  readonly width: number;
  readonly height: number;
  /** [height, width], 0 = no label; null when every pixel counts */
  readonly mask: Uint8Array | null;
  /** what shares one index; absent where every pixel has its own */
  readonly patches?: Superpixels;
}

const BINS = 4096;

/** Mean and quantiles of cosines, from a histogram over −1 … 1: exact mean, quantiles to 1/2048. */
export class CosineStatistics {
  #sum = 0;
  #count = 0;
  readonly #bins = new Float64Array(BINS);

  add(cosine: number): void {
    this.#sum += cosine;
    this.#count++;
    this.#bins[Math.min(BINS - 1, Math.max(0, Math.floor(((cosine + 1) / 2) * BINS)))]++;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** The cosine below which a share of the values lies. */
  quantile(share: number): number {
    let left = share * this.#count;
    for (let bin = 0; bin < BINS; bin++) {
      left -= this.#bins[bin];
      if (left <= 0) return ((bin + 0.5) / BINS) * 2 - 1;
    }
    return 1;
  }
}

export interface CodebookMeasures {
  /** [N] valid cells that chose each entry */
  readonly cells: Float64Array;
  /** [N] pixels of the maps with each entry */
  readonly pixels: Float64Array;
  unlabelled: number;
  readonly clip: CosineStatistics;
  readonly dino: CosineStatistics;
}

/** Encodes photos one after another and keeps count. */
export class Encoder {
  readonly measures: CodebookMeasures;
  readonly #entries: Float32Array;
  readonly #shape: CodebookShape;
  readonly #size: number;
  /** unit halves of the entries */
  readonly #units: Float32Array;
  #similarities = new Float32Array(0);

  /** @param entries  [N, width] */
  constructor(entries: Float32Array, shape: CodebookShape) {
    this.#entries = entries;
    this.#shape = shape;
    this.#size = entries.length / (shape.clipWidth + shape.dinoWidth);
    this.#units = unitHalves(entries, shape);
    this.measures = {
      cells: new Float64Array(this.#size),
      pixels: new Float64Array(this.#size),
      unlabelled: 0,
      clip: new CosineStatistics(),
      dino: new CosineStatistics(),
    };
  }

  /** @returns [height, width] of 1 … N, 0 = no label; a new array */
  encode(photo: PhotoCells, frame: PhotoFrame): Uint8Array {
    const { rows, columns, cells, valid } = photo;
    const { width, height, mask } = frame;
    const count = rows * columns;
    const size = this.#size;
    if (this.#similarities.length < count * size) this.#similarities = new Float32Array(count * size);
    const similarities = this.#similarities.subarray(0, count * size);
    const used = cells.subarray(0, count * (this.#shape.clipWidth + this.#shape.dinoWidth));
    cellSimilarities(used, this.#entries, this.#shape, similarities);
    this.#measure(used, valid, similarities);

    const map = new Uint8Array(width * height);
    const mapShape = { rows, columns, entries: size, width, height };
    if (frame.patches) pooledArgmax(similarities, mapShape, frame.patches, map);
    else upsampledArgmax(similarities, mapShape, map);
    const { pixels } = this.measures;
    for (let y = 0, at = 0; y < height; y++) {
      const row = Math.floor(((y + 0.5) * rows) / height) * columns;
      for (let x = 0; x < width; x++, at++) {
        const labelled =
          (mask === null || mask[at] !== 0) &&
          (valid === null || valid[row + Math.floor(((x + 0.5) * columns) / width)] !== 0);
        if (labelled) pixels[map[at]]++;
        else this.measures.unlabelled++;
        map[at] = labelled ? map[at] + 1 : 0;
      }
    }
    return map;
  }

  #measure(cells: Float32Array, valid: Uint8Array | null, similarities: Float32Array): void {
    const { clipWidth, dinoWidth } = this.#shape;
    const width = clipWidth + dinoWidth;
    const size = this.#size;
    for (let cell = 0; cell * size < similarities.length; cell++) {
      if (valid !== null && valid[cell] === 0) continue;
      let best = 0;
      const from = cell * size;
      for (let i = 1; i < size; i++) if (similarities[from + i] > similarities[from + best]) best = i;
      this.measures.cells[best]++;
      this.measures.clip.add(dot(cells, cell * width, this.#units, best * width, clipWidth));
      this.measures.dino.add(dot(cells, cell * width + clipWidth, this.#units, best * width + clipWidth, dinoWidth));
    }
  }
}
