/**
 * Crops as an encoder's input: cut, resized, normalised and laid out as planes, straight into one reused batch buffer.
 *
 *   out[b, c, y, x] = (pixel / 255 − mean_c) / std_c      pixel = the resized crop, 0 … 255, black outside the photo
 *
 * The order is that of Hugging Face's processors (resize the crop as a picture of its own, clamp, scale, normalise); they round
 * to 8 bits between the passes of the resize, which we do not (at most 1/255 of difference).
 */
import type { InputFormat } from './inputFormat';
import type { PhotoLevels } from './photoLevels';
import { ResampleTables } from './resample';

/** Pixels of the photo, fractions allowed; may reach beyond it. */
export interface CropBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export class CropWriter {
  readonly #format: InputFormat;
  readonly #width: number;
  readonly #height: number;
  readonly #tables: ResampleTables;
  /** the crop after its horizontal pass, [rows, width, 3] */
  #rows = new Float32Array(0);
  readonly #line: Float32Array;

  /** @param size  of the encoder's input */
  constructor(format: InputFormat, size: { width: number; height: number }) {
    this.#format = format;
    this.#width = size.width;
    this.#height = size.height;
    this.#tables = new ResampleTables(format.filter);
    this.#line = new Float32Array(size.width * 3);
  }

  /** Floats of one input: 3 · height · width. */
  get length(): number {
    return 3 * this.#width * this.#height;
  }

  /** Writes one crop to `out` at index `at`. */
  write(photo: PhotoLevels, box: CropBox, out: Float32Array, at: number): void {
    const level = photo.levelFor(Math.min(box.width / this.#width, box.height / this.#height));
    const sx = level.width / photo.width;
    const sy = level.height / photo.height;
    // Whole pixels of the level, so that a crop is a picture of its own, as the processors see it.
    const columns = Math.max(1, Math.round(box.width * sx));
    const rows = Math.max(1, Math.round(box.height * sy));
    const left = Math.round((box.left + box.width / 2) * sx - columns / 2);
    const top = Math.round((box.top + box.height / 2) * sy - rows / 2);
    const firstRow = Math.max(0, -top);
    const lastRow = Math.min(rows, level.height - top);
    if (this.#rows.length < rows * this.#width * 3) this.#rows = new Float32Array(rows * this.#width * 3);
    this.#alongRows(level.rgb, level.width, { left, top, columns, firstRow, lastRow });
    this.#alongColumns(rows, firstRow, lastRow, out, at);
  }

  #alongRows(
    rgb: Uint8Array,
    stride: number,
    part: { left: number; top: number; columns: number; firstRow: number; lastRow: number },
  ): void {
    const { left, top, columns, firstRow, lastRow } = part;
    const { first, count, weights, taps } = this.#tables.get(columns, this.#width);
    const inside = Math.max(0, -left);
    const outside = Math.min(columns, stride - left);
    const rows = this.#rows;
    for (let y = firstRow; y < lastRow; y++) {
      const source = ((top + y) * stride + left) * 3;
      let target = y * this.#width * 3;
      for (let x = 0; x < this.#width; x++) {
        const start = first[x] < inside ? inside : first[x];
        const end = first[x] + count[x] > outside ? outside : first[x] + count[x];
        let w = x * taps + start - first[x];
        let r = 0;
        let g = 0;
        let b = 0;
        for (let i = source + 3 * start; i < source + 3 * end; i += 3) {
          const weight = weights[w++];
          r += weight * rgb[i];
          g += weight * rgb[i + 1];
          b += weight * rgb[i + 2];
        }
        rows[target] = r;
        rows[target + 1] = g;
        rows[target + 2] = b;
        target += 3;
      }
    }
  }

  #alongColumns(size: number, firstRow: number, lastRow: number, out: Float32Array, at: number): void {
    const { first, count, weights, taps } = this.#tables.get(size, this.#height);
    const plane = this.#width * this.#height;
    const { scale, offset } = this.#format;
    const [sr, sg, sb] = scale;
    const [or, og, ob] = offset;
    const line = this.#line;
    const rows = this.#rows;
    for (let y = 0; y < this.#height; y++) {
      line.fill(0);
      const start = Math.max(first[y], firstRow);
      const end = Math.min(first[y] + count[y], lastRow);
      for (let row = start; row < end; row++) {
        const weight = weights[y * taps + row - first[y]];
        const source = row * line.length;
        for (let i = 0; i < line.length; i++) line[i] += weight * rows[source + i];
      }
      let target = at + y * this.#width;
      for (let i = 0; i < line.length; i += 3, target++) {
        const r = line[i];
        const g = line[i + 1];
        const b = line[i + 2];
        out[target] = (r < 0 ? 0 : r > 255 ? 255 : r) * sr + or;
        out[target + plane] = (g < 0 ? 0 : g > 255 ? 255 : g) * sg + og;
        out[target + 2 * plane] = (b < 0 ? 0 : b > 255 ? 255 : b) * sb + ob;
      }
    }
  }
}
