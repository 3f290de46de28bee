/**
 * The splat that stands for each point of the truth's surfaces: direct 3D is scored on the surface, not on splats (METHOD §5).
 *
 *   visible   a point that some photo's depth map shows: |z − depth| ≤ voxel + 2 % of z at its pixel; others are left out, counted
 *   weight    w of a splat at the point's pixel, the blending weight α·T, the largest over all views that show the point
 *   agrees    the splat is at the point and not in front of or behind it: the point lies within three deviations of the splat,
 *             each axis widened by a voxel, since a point stands for its cell:
 *             Σ_k ((Rᵀ(p − μ))_k)² / (s_k² + voxel²) ≤ 9
 *
 * A point without such a splat counts as wrong. Blending weights are the ones that the picture is made with and that labels are
 * lifted by; a weight such as o·G(p) would also hand points to splats inside of things, which no photo ever taught anything.
 * The agreement in depth keeps it direct: a floater that fills a pixel does not answer for the wall behind it.
 */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import type { PinholeCamera } from '#contract/camera';
import { CaptureError, parsePly } from '../capture/index';
import type { DemoTruth } from '../capture/demo/index';
import { truthMap, truthPoints } from '../capture/demo/index';
import { render, sampleWeights } from '../kernels/index';
import type { RenderFrame, SampleWeights } from '../kernels/index';
import { GEOMETRY } from '../kernels/layout';
import type { SplatView } from '../semantics/index';

const DEPTH_SHARE = 0.02;
const DEVIATIONS = 3;
const MILLIMETRES = 1000;

export interface TruthSurface {
  readonly count: number;
  /** [count, 3], world */
  readonly positions: Float32Array;
  /** class ids, [count] */
  readonly classes: Uint8Array;
}

/** @throws CaptureError, PlyError */
export async function readTruthSurface(capture: string): Promise<TruthSurface> {
  const path = truthPoints(capture);
  const bytes = await readFile(path).catch((cause: unknown) => {
    const problem = `${capture} has no points of its surfaces`;
    throw new CaptureError(
      { file: 'truth/points.ply', problem, remedy: 'make the demo again: legato demo' },
      { cause },
    );
  });
  const vertices = parsePly(bytes, path).elements.find(({ name }) => name === 'vertex');
  const column = (name: string) => {
    const values = vertices?.columns.get(name);
    if (!values)
      throw new CaptureError({
        file: path,
        field: name,
        problem: 'is missing',
        remedy: 'make the demo again: legato demo',
      });
    return values;
  };
  const axes = [column('x'), column('y'), column('z')];
  const classes = Uint8Array.from(column('class'));
  const count = classes.length;
  return {
    count,
    positions: Float32Array.from({ length: 3 * count }, (_, i) => axes[i % 3][Math.floor(i / 3)]),
    classes,
  };
}

/** Depth of a photo's pixels in the capture's units (metres), 0 = nothing. */
interface DepthMap {
  readonly width: number;
  readonly height: number;
  readonly depth: Uint16Array;
}

async function readDepth(capture: string, photo: string): Promise<DepthMap> {
  const file = truthMap(capture, 'depth', photo);
  const { data, info } = await sharp(file)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      const problem = 'is missing or damaged';
      throw new CaptureError({ file, problem, remedy: 'make the demo again: legato demo' }, { cause });
    });
  const depth = new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  return { width: info.width, height: info.height, depth };
}

/** Inverse variances and axes of splats, for the distance of points to them. */
class SplatShapes {
  readonly #geometry: Float32Array;
  readonly #widening: number;

  constructor(geometry: Float32Array, widening: number) {
    this.#geometry = geometry;
    this.#widening = widening * widening;
  }

  /** Whether a point lies within three widened deviations of a splat. */
  holds(row: number, x: number, y: number, z: number): boolean {
    const g = this.#geometry;
    const at = row * GEOMETRY.columns;
    const q = at + GEOMETRY.quaternion;
    const norm = Math.hypot(g[q], g[q + 1], g[q + 2], g[q + 3]) || 1;
    const [w, a, b, c] = [g[q] / norm, g[q + 1] / norm, g[q + 2] / norm, g[q + 3] / norm];
    const [dx, dy, dz] = [x - g[at], y - g[at + 1], z - g[at + 2]];
    // Rᵀ·d, columns of R being the splat's axes.
    const along = [
      (1 - 2 * (b * b + c * c)) * dx + 2 * (a * b + w * c) * dy + 2 * (a * c - w * b) * dz,
      2 * (a * b - w * c) * dx + (1 - 2 * (a * a + c * c)) * dy + 2 * (b * c + w * a) * dz,
      2 * (a * c + w * b) * dx + 2 * (b * c - w * a) * dy + (1 - 2 * (a * a + b * b)) * dz,
    ];
    let distance = 0;
    for (let k = 0; k < 3; k++) {
      const scale = Math.exp(g[at + GEOMETRY.logScale + k]);
      distance += along[k] ** 2 / (scale * scale + this.#widening);
    }
    return distance <= DEVIATIONS * DEVIATIONS;
  }
}

export interface SurfaceSplats {
  /** row of the splat that stands for each point; −1 = none, [count] */
  readonly rows: Int32Array;
  /** 1 where some view shows the point, [count] */
  readonly visible: Uint8Array;
}

/** One view at a time, so that a caller may yield in between. */
export class SurfaceSearch {
  readonly #surface: TruthSurface;
  readonly #view: SplatView;
  readonly #antialiased: boolean;
  readonly #voxel: number;
  readonly #shapes: SplatShapes;
  readonly #rows: Int32Array;
  readonly #weights: Float32Array;
  readonly #visible: Uint8Array;

  /** @param geometry  [≥ count, 11] of the view's splats */
  constructor(
    surface: TruthSurface,
    view: SplatView,
    geometry: Float32Array,
    { voxel }: Pick<DemoTruth, 'voxel'>,
    antialiased: boolean,
  ) {
    this.#surface = surface;
    this.#view = view;
    this.#antialiased = antialiased;
    this.#voxel = voxel;
    this.#shapes = new SplatShapes(geometry, voxel);
    this.#rows = new Int32Array(surface.count).fill(-1);
    this.#weights = new Float32Array(surface.count);
    this.#visible = new Uint8Array(surface.count);
  }

  /** Looks at the points that a photo shows. @throws CaptureError for a photo without a depth map */
  async addPhoto(capture: string, photo: string, camera: PinholeCamera): Promise<void> {
    this.addView(await readDepth(capture, photo), camera);
  }

  addView(map: DepthMap, camera: PinholeCamera): void {
    const { points, pixels } = this.#shown(map, camera);
    const { count, ...inputs } = this.#view;
    const frame: RenderFrame = { forward: null, view: null };
    // Points share pixels; each pixel is asked for once.
    const asked = Int32Array.from(new Set(pixels));
    const place = new Map(Array.from(asked, (pixel, i) => [pixel, i]));
    tf.tidy(() => {
      render(inputs, camera, {
        ...{ count, shDegree: 0, background: [0, 0, 0], antialiased: this.#antialiased, frame },
        ...{ channels: ['alpha'], semanticsMovesGeometry: false },
      });
      const weights = sampleWeights(frame, asked);
      points.forEach((point, i) => this.#offer(point, weights, place.get(pixels[i]) ?? 0));
    });
  }

  /** The heaviest splat of a pixel that is at the point, if it is heavier than what was found before. */
  #offer(point: number, { offsets, rows, weights }: SampleWeights, pixel: number): void {
    const [x, y, z] = this.#surface.positions.subarray(3 * point, 3 * point + 3);
    for (let pair = offsets[pixel]; pair < offsets[pixel + 1]; pair++) {
      if (weights[pair] <= this.#weights[point] || !this.#shapes.holds(rows[pair], x, y, z)) continue;
      this.#weights[point] = weights[pair];
      this.#rows[point] = rows[pair];
    }
  }

  /** Points that a view shows, and their pixels in the rendered picture. */
  #shown({ width, height, depth }: DepthMap, camera: PinholeCamera): { points: number[]; pixels: number[] } {
    const { positions, count } = this.#surface;
    const { fx, fy, cx, cy, worldToCamera: m } = camera;
    const points: number[] = [];
    const pixels: number[] = [];
    for (let point = 0; point < count; point++) {
      const [x, y, z] = [positions[3 * point], positions[3 * point + 1], positions[3 * point + 2]];
      const far = m[8] * x + m[9] * y + m[10] * z + m[11];
      if (far <= 0) continue;
      const u = (fx * (m[0] * x + m[1] * y + m[2] * z + m[3])) / far + cx;
      const v = (fy * (m[4] * x + m[5] * y + m[6] * z + m[7])) / far + cy;
      if (!(u >= 0 && u < camera.width && v >= 0 && v < camera.height)) continue;
      const column = Math.floor((u * width) / camera.width);
      const row = Math.floor((v * height) / camera.height);
      const seen = depth[row * width + column] / MILLIMETRES;
      if (seen === 0 || Math.abs(seen - far) > this.#voxel + DEPTH_SHARE * far) continue;
      this.#visible[point] = 1;
      points.push(point);
      pixels.push(Math.floor(v) * camera.width + Math.floor(u));
    }
    return { points, pixels };
  }

  result(): SurfaceSplats {
    return { rows: this.#rows, visible: this.#visible };
  }
}
