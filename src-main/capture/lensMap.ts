/**
 * Where each pixel of an undistorted photo comes from in the distorted one.
 *
 * Policy: the undistorted photo has the size and the intrinsics of the distorted one, whatever the lens. Its pixel (u, v) looks
 * at d(x, y), the forward lens (lens.ts) at x = (u − cx)/fx, y = (v − cy)/fy: no equation is solved. A wide fisheye thereby keeps
 * the resolution of its middle and loses its rim, since a pinhole never reaches 180°. Pixels that come from outside the photo, or
 * from beyond the radius where the lens folds back, are not covered: they repeat the border and their mask is 0.
 *
 * The map is smooth, so it is kept at the nodes of a grid and interpolated within cells, as coarse as an error of
 * 1/256 pixel allows: a few hundred kilobytes for 12 megapixels.
 */
import type { PinholeCamera } from '#contract/camera';
import { cornerRadius } from './intrinsics';
import { distort, type Distortion } from './lens';
import { foldRadius } from './lensInverse';

const STEPS = [32, 16, 8, 4, 2, 1];
/** pixels */
const TOLERANCE = 1 / 256;

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
    this.#fold2 = foldRadius(lens, cornerRadius(camera)) ** 2;
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
    const bent = distort(this.#lens, (x + 0.5 - cx) / fx, (y + 0.5 - cy) / fy);
    return [bent.x * fx + cx - 0.5, bent.y * fy + cy - 0.5];
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
