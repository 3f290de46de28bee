/**
 * Points on the surfaces that photos see. Truth: one for each cell of a voxel grid and instance, exactly on the surface. Sparse
 * points: a few hundred pixels a photo, displaced by as much as a reconstruction errs.
 *
 * A pixel (i, j) of depth z shows the world point Rᵀ·(z·((i + ½ − cx)/fx, (j + ½ − cy)/fy, 1) − t).
 */
import type { PinholeCamera } from '#contract/camera';
import { CounterRandom } from '../../base/index';
import type { SparsePoints } from '../types';
import type { RenderedView } from './render';

/** Side of a cell of the truth's grid, metres. */
export const VOXEL = 0.02;
/** Sparse points a photo, and how far they lie off, as a share of their depth. */
const SPARSE = 120;
const SPARSE_NOISE = 0.0012;

export interface SurfacePoints {
  /** [count] cell and instance in one number */
  readonly keys: Float64Array;
  /** [count, 3] metres */
  readonly positions: Float32Array;
  /** [count, 3] unit, towards the camera that saw it first */
  readonly normals: Float32Array;
  /** [count] */
  readonly instances: Uint8Array;
}

/** A cell within ±41 m, with the instance that it belongs to: below 2⁵³. */
function cellKey(x: number, y: number, z: number, instance: number): number {
  const index = (value: number): number => Math.floor(value / VOXEL) + 4096;
  return ((index(x) * 8192 + index(y)) * 8192 + index(z)) * 256 + instance;
}

/** Writes the world point of a pixel to `out`. */
function unproject(
  { fx, fy, cx, cy, worldToCamera: m }: PinholeCamera,
  px: number,
  py: number,
  depth: number,
  out: Float64Array,
): void {
  const x = (depth * (px - cx)) / fx - m[3];
  const y = (depth * (py - cy)) / fy - m[7];
  const z = depth - m[11];
  for (let k = 0; k < 3; k++) out[k] = m[k] * x + m[4 + k] * y + m[8 + k] * z;
}

/** The first point that a photo shows of each cell. */
export function pointsOfView(view: RenderedView, camera: PinholeCamera): SurfacePoints {
  const { width, height, depth, instances, normals } = view;
  const seen = new Set<number>();
  const keys: number[] = [];
  const positions: number[] = [];
  const directions: number[] = [];
  const owners: number[] = [];
  const point = new Float64Array(3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (instances[i] === 0) continue;
      unproject(camera, x + 0.5, y + 0.5, depth[i], point);
      const key = cellKey(point[0], point[1], point[2], instances[i]);
      if (seen.has(key)) continue;
      seen.add(key);
      keys.push(key);
      positions.push(point[0], point[1], point[2]);
      directions.push(normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]);
      owners.push(instances[i]);
    }
  }
  return {
    keys: Float64Array.from(keys),
    positions: Float32Array.from(positions),
    normals: Float32Array.from(directions),
    instances: Uint8Array.from(owners),
  };
}

/** Joins the points of photos, the earlier photo's first; one for each cell. */
export class SurfaceCollector {
  readonly #seen = new Set<number>();
  readonly #positions: number[] = [];
  readonly #normals: number[] = [];
  readonly #instances: number[] = [];

  add({ keys, positions, normals, instances }: SurfacePoints): void {
    for (let i = 0; i < keys.length; i++) {
      if (this.#seen.has(keys[i])) continue;
      this.#seen.add(keys[i]);
      for (let k = 3 * i; k < 3 * i + 3; k++) {
        this.#positions.push(positions[k]);
        this.#normals.push(normals[k]);
      }
      this.#instances.push(instances[i]);
    }
  }

  finish(): Omit<SurfacePoints, 'keys'> {
    return {
      positions: Float32Array.from(this.#positions),
      normals: Float32Array.from(this.#normals),
      instances: Uint8Array.from(this.#instances),
    };
  }
}

/**
 * What structure from motion might find in a photo: pixels drawn by chance, each the better of three by contrast, since features
 * are found where there is some.
 *
 * @param index  of the photo, for its own random numbers
 */
export function sparseOfView(view: RenderedView, camera: PinholeCamera, seed: number, index: number): SparsePoints {
  const random = new CounterRandom(seed, 'demo sparse points', index);
  const { width, height, rgb, depth } = view;
  const positions = new Float32Array(3 * SPARSE);
  const colours = new Uint8Array(3 * SPARSE);
  const point = new Float64Array(3);
  let count = 0;
  for (let s = 0; s < SPARSE; s++) {
    let [best, most] = [-1, -1];
    for (let c = 0; c < 3; c++) {
      const x = 1 + random.integer(16 * s + 2 * c, width - 2);
      const y = 1 + random.integer(16 * s + 2 * c + 1, height - 2);
      const i = y * width + x;
      const found = contrast(rgb, i, width);
      if (depth[i] > 0 && found > most) [best, most] = [i, found];
    }
    if (best < 0) continue;
    const far = depth[best];
    unproject(camera, (best % width) + 0.5, Math.floor(best / width) + 0.5, far, point);
    for (let k = 0; k < 3; k++) {
      positions[3 * count + k] = point[k] + SPARSE_NOISE * far * random.normal(16 * s + 8 + k);
      colours[3 * count + k] = rgb[3 * best + k];
    }
    count++;
  }
  return { count, positions: positions.slice(0, 3 * count), colours: colours.slice(0, 3 * count) };
}

function contrast(rgb: Uint8Array, i: number, width: number): number {
  const at = (j: number): number => rgb[3 * j] + 2 * rgb[3 * j + 1] + rgb[3 * j + 2];
  return Math.abs(at(i + 1) - at(i - 1)) + Math.abs(at(i + width) - at(i - width));
}

export function joinSparse(parts: readonly SparsePoints[]): SparsePoints {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const positions = new Float32Array(3 * count);
  const colours = new Uint8Array(3 * count);
  let at = 0;
  for (const part of parts) {
    positions.set(part.positions, at);
    colours.set(part.colours, at);
    at += 3 * part.count;
  }
  return { count, positions, colours };
}
