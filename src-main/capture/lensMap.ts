/**
 * Where each pixel of an undistorted photo comes from in the distorted one.
 *
 * Policy: the undistorted photo has the size and the intrinsics of the distorted one. Its pixel (u, v) looks at
 * d(x, y), the forward lens (types.ts) at x = (u − cx)/fx, y = (v − cy)/fy: no equation is solved. Pixels that come from
 * outside the photo, or from beyond the radius where the polynomial folds back (1 + 3·k1·r² + 5·k2·r⁴ = 0), are not
 * covered: they repeat the border and their mask is 0. Nothing is cropped or zoomed.
 *
 * The map is smooth, so it is kept at the nodes of a grid and interpolated within cells, as coarse as an error of
 * 1/256 pixel allows: a few hundred kilobytes for 12 megapixels.
 */
import type { PinholeCamera } from '#contract/camera';
import type { Distortion } from './types';

const STEPS = [32, 16, 8, 4, 2, 1];
/** pixels */
const TOLERANCE = 1 / 256;

/** The lens: undistorted to distorted normalised coordinates. */
export function distort({ k1, k2, p1, p2 }: Distortion, x: number, y: number): [number, number] {
  const r2 = x * x + y * y;
  const radial = 1 + r2 * (k1 + r2 * k2);
  return [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y];
}

/** r² at which the radial polynomial stops growing; Infinity when it never does. */
export function foldRadius2({ k1, k2 }: Pick<Distortion, 'k1' | 'k2'>): number {
  if (k2 === 0) return k1 < 0 ? -1 / (3 * k1) : Infinity;
  const discriminant = 9 * k1 * k1 - 20 * k2;
  if (discriminant < 0) return Infinity;
  const root = Math.sqrt(discriminant);
  const positive = [(-3 * k1 - root) / (10 * k2), (-3 * k1 + root) / (10 * k2)].filter((r2) => r2 > 0);
  return Math.min(Infinity, ...positive);
}

export class LensMap {
  readonly width: number;
  readonly height: number;
  /** pixels between nodes */
  readonly step: number;
  readonly #camera: PinholeCamera;
  readonly #lens: Distortion;
  readonly #fold2: number;
  readonly #columns: number;
  /** [rows, columns, 2] source coordinates of pixel centres, in pixels from the centre of pixel (0, 0) */
  readonly #nodes: Float32Array;
  /** source coordinates of the row computed last, [width, 2] */
  readonly #row: Float32Array;
  readonly #covered: Uint8Array;

  constructor(camera: PinholeCamera, lens: Distortion) {
    this.#camera = camera;
    this.#lens = lens;
    this.width = camera.width;
    this.height = camera.height;
    this.#fold2 = foldRadius2(lens);
    this.step = STEPS.find((step) => this.#preciseAt(step)) ?? 1;
    this.#columns = Math.ceil((this.width - 1) / this.step) + 1;
    const rows = Math.ceil((this.height - 1) / this.step) + 1;
    this.#nodes = new Float32Array(2 * this.#columns * rows);
    for (let j = 0, i = 0; j < rows; j++) {
      for (let k = 0; k < this.#columns; k++, i += 2) {
        [this.#nodes[i], this.#nodes[i + 1]] = this.source(k * this.step, j * this.step);
      }
    }
    this.#row = new Float32Array(2 * (this.#columns * this.step + 1));
    this.#covered = new Uint8Array(this.width);
  }

  get bytes(): number {
    return this.#nodes.byteLength + this.#row.byteLength + this.#covered.byteLength;
  }

  /** The exact source of pixel (x, y). */
  source(x: number, y: number): [number, number] {
    const { fx, fy, cx, cy } = this.#camera;
    const [u, v] = distort(this.#lens, (x + 0.5 - cx) / fx, (y + 0.5 - cy) / fy);
    return [u * fx + cx - 0.5, v * fy + cy - 0.5];
  }

  /**
   * One row of the map.
   *
   * @returns coordinates [≥ width, 2] and coverage [width] of 0 or 255; both valid until the next call
   */
  row(y: number): { coordinates: Float32Array; covered: Uint8Array } {
    const { width, height, step } = this;
    const columns = this.#columns;
    const top = Math.min(Math.floor(y / step), Math.max(0, Math.ceil((height - 1) / step) - 1));
    const weight = y / step - top;
    const upper = 2 * columns * top;
    // A photo one pixel high has one row of nodes.
    const lower = upper + (weight > 0 ? 2 * columns : 0);
    const nodes = this.#nodes;
    const row = this.#row;
    const lerp = (i: number): number => nodes[upper + i] + (nodes[lower + i] - nodes[upper + i]) * weight;
    for (let k = 0; k < Math.max(1, columns - 1); k++) {
      const [x0, y0] = [lerp(2 * k), lerp(2 * k + 1)];
      const next = Math.min(k + 1, columns - 1);
      const [dx, dy] = [(lerp(2 * next) - x0) / step, (lerp(2 * next + 1) - y0) / step];
      for (let s = 0, i = 2 * k * step; s < step; s++, i += 2) {
        row[i] = x0 + dx * s;
        row[i + 1] = y0 + dy * s;
      }
    }
    row[2 * (columns - 1) * step] = lerp(2 * (columns - 1));
    row[2 * (columns - 1) * step + 1] = lerp(2 * (columns - 1) + 1);

    const { fx, fy, cx, cy } = this.#camera;
    const covered = this.#covered;
    const fold2 = this.#fold2;
    const ny2 = ((y + 0.5 - cy) / fy) ** 2;
    for (let x = 0; x < width; x++) {
      const u = row[2 * x];
      const v = row[2 * x + 1];
      const nx = (x + 0.5 - cx) / fx;
      const inside = u >= -0.5 && u <= width - 0.5 && v >= -0.5 && v <= height - 0.5;
      covered[x] = inside && nx * nx + ny2 < fold2 ? 255 : 0;
    }
    return { coordinates: row, covered };
  }

  /** Is the middle of every cell within the tolerance of the mean of its corners (where the error is largest)? */
  #preciseAt(step: number): boolean {
    if (step === 1) return true;
    const { fx, fy, cx, cy } = this.#camera;
    for (let y = 0; y < this.height; y += step) {
      for (let x = 0; x < this.width; x += step) {
        const half = step / 2;
        const [nx, ny] = [(x + half + 0.5 - cx) / fx, (y + half + 0.5 - cy) / fy];
        // Beyond the fold nothing is covered, and the polynomial may bend as it likes.
        if (nx * nx + ny * ny > this.#fold2 * 1.1) continue;
        const exact = this.source(x + half, y + half);
        const corners = [
          this.source(x, y),
          this.source(x + step, y),
          this.source(x, y + step),
          this.source(x + step, y + step),
        ];
        for (let axis = 0; axis < 2; axis++) {
          const mean = corners.reduce((sum, corner) => sum + corner[axis], 0) / 4;
          if (!(Math.abs(mean - exact[axis]) <= TOLERANCE)) return false;
        }
      }
    }
    return true;
  }
}
