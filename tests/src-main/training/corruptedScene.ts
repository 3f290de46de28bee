/**
 * Surfaces with known labels, for METHOD §7 check 8: a floor with balls and boxes on it, covered with Gaussians of finished geometry,
 * every surface cut into regions, and index maps from cameras all around in which a quarter of the regions is labelled wrong in 70–90 %
 * of the views.
 *
 *   map_v(pixel) = label_v(region of the Gaussian that weighs most there),
 *   label_v(region) = its class, or in a corrupted region with probability q ~ U(0.7, 0.9) another one
 *
 * `mixed`: another class in each such view, as an encoder errs whose crops show something else from every side. `same`: always the same
 * other class, which is then the majority, and nothing in the photos tells it from a truth. `confused`: one of three.
 */
import type { PinholeCamera } from '#contract/camera';
import { CounterRandom } from '../../../src-main/base/random';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { render, sampleWeights } from '../../../src-main/kernels/index';
import type { RenderFrame } from '../../../src-main/kernels/index';
import type { IndexMap } from '../../../src-main/semantics/index';
import { cameraAt } from '../gaussians/cameras';

export type WrongLabels = 'mixed' | 'confused' | 'same';

export interface SceneOptions {
  seed: number;
  views?: number;
  width?: number;
  height?: number;
  /** distance of neighbouring Gaussians; the floor is 4 × 4 */
  spacing?: number;
  /** side of a region */
  region?: number;
  /** share of the regions that are labelled wrong in 70–90 % of the views */
  corrupted?: number;
  wrong?: WrongLabels;
  /** number of a view in which every region takes another class */
  badPhoto?: number | null;
}

export interface LabelledScene {
  readonly model: GaussianModel;
  /** 1 …, one class an object, [count] */
  readonly truth: Uint8Array;
  /** [count] 1 = in a corrupted region */
  readonly corrupted: Uint8Array;
  /** [count] 1 = weighs most in some pixel of some view */
  readonly visible: Uint8Array;
  readonly classes: number;
  readonly cameras: readonly PinholeCamera[];
  readonly maps: readonly IndexMap[];
}

interface Point {
  at: readonly [number, number, number];
  label: number;
  /** of this surface */
  cell: string;
}

/** Points on a square of a side, `spacing` apart: in-plane coordinates in −side/2 … side/2. */
function grid(side: number, spacing: number): [number, number][] {
  const steps = Math.max(1, Math.round(side / spacing));
  const at = (i: number): number => ((i + 0.5) / steps - 0.5) * side;
  return Array.from({ length: steps * steps }, (_, i) => [at(i % steps), at(Math.floor(i / steps))]);
}

const cellOf = (region: number, ...values: number[]): string =>
  values.map((value) => Math.floor(value / region + 1000)).join();

/** y is down; the floor lies at 0. */
function surfaces(spacing: number, region: number): Point[] {
  const points: Point[] = grid(4, spacing).map(([x, z]) => ({ at: [x, 0, z], label: 1, cell: cellOf(region, x, z) }));
  let label = 1;
  const place = (i: number): [number, number] => [
    (i < 8 ? 1.35 : 0) * Math.cos((i * Math.PI) / 4),
    (i < 8 ? 1.35 : 0) * Math.sin((i * Math.PI) / 4),
  ];
  for (let i = 0; i < 9; i++) {
    const [cx, cz] = place(i);
    label++;
    const half = i === 8 ? 0.5 : 0.33;
    if (i % 2 === 0) {
      const rounds = Math.round((4 * Math.PI * half ** 2) / spacing ** 2);
      for (let k = 0; k < rounds; k++) {
        // A Fibonacci lattice covers a ball evenly.
        const y = 1 - (2 * (k + 0.5)) / rounds;
        const angle = k * Math.PI * (3 - Math.sqrt(5));
        const r = Math.sqrt(1 - y * y);
        const local = [half * r * Math.cos(angle), half * y, half * r * Math.sin(angle)];
        points.push({
          at: [cx + local[0], local[1] - half, cz + local[2]],
          label,
          cell: cellOf(region, ...local),
        });
      }
    } else {
      for (let axis = 0; axis < 3; axis++)
        for (const sign of [-1, 1]) {
          if (axis === 1 && sign === 1) continue;
          for (const [a, b] of grid(2 * half, spacing)) {
            const local = [0, 0, 0];
            local[axis] = sign * half;
            local[(axis + 1) % 3] = a;
            local[(axis + 2) % 3] = b;
            points.push({
              at: [cx + local[0], local[1] - half, cz + local[2]],
              label,
              cell: `${axis}${sign} ${cellOf(region, a + half, b + half)}`,
            });
          }
        }
    }
  }
  return points;
}

/** @param labels  of each Gaussian */
function drawMap(
  frame: RenderFrame,
  pixels: Int32Array,
  camera: PinholeCamera,
  seen: (row: number) => number,
): IndexMap {
  const { offsets, rows, weights } = sampleWeights(frame, pixels);
  const indices = new Uint8Array(pixels.length);
  pixels.forEach((_, p) => {
    let [best, covered] = [-1, 0];
    for (let pair = offsets[p]; pair < offsets[p + 1]; pair++) {
      covered += weights[pair];
      if (best < 0 || weights[pair] > weights[best]) best = pair;
    }
    if (covered >= 0.5) indices[p] = seen(rows[best]);
  });
  return { width: camera.width, height: camera.height, indices };
}

/** Needs `initKernels` before; the caller disposes of the model. */
export function labelledScene(options: SceneOptions): LabelledScene {
  const { seed, views = 32, width = 96, height = 72, spacing = 0.08, region = 0.3 } = options;
  const { corrupted: share = 0.25, wrong = 'mixed', badPhoto = null } = options;
  const points = surfaces(spacing, region);
  const classes = Math.max(...points.map(({ label }) => label));
  const model = new GaussianModel(points.length);
  model.append(points.length);
  const { geometry, sphericalHarmonics, semantics } = model.arrays();
  const start = new CounterRandom(seed, 'scene semantics');
  points.forEach(({ at }, row) => {
    const size = Math.log(0.6 * spacing);
    geometry.set([...at, size, size, size, 1, 0, 0, 0, 3], 11 * row);
    sphericalHarmonics.fill(0, 48 * row, 48 * row + 48);
    for (let k = 0; k < 8; k++) semantics[9 * row + k] = start.normal(8 * row + k);
    semantics[9 * row + 8] = Math.log(0.01 / 0.99);
  });

  const names = [...new Set(points.map(({ label, cell }) => `${label} ${cell}`))].sort();
  const regionOf = points.map(
    (
      (at) =>
      ({ label, cell }) =>
        at.get(`${label} ${cell}`) ?? 0
    )(new Map(names.map((name, i) => [name, i]))),
  );
  const draw = new CounterRandom(seed, 'corruption');
  const order = draw.permutation(names.length);
  const bad = new Set(order.subarray(0, Math.round(share * names.length)));
  const other = (random: CounterRandom, at: number, own: number): number =>
    1 + ((own - 1 + 1 + random.integer(at, classes - 1)) % classes);

  const cameras = Array.from({ length: views }, (_, v) => {
    const angle = (2 * Math.PI * v) / views;
    const high = [1.4, 2.4, 3.4][v % 3];
    const seenFrom = cameraAt([4.2 * Math.cos(angle), -high, 4.2 * Math.sin(angle)], [0, -0.2, 0]);
    const focal = 0.95 * width;
    return { ...seenFrom, width, height, fx: focal, fy: focal, cx: width / 2, cy: height / 2 };
  });
  const visible = new Uint8Array(points.length);
  const pixels = Int32Array.from({ length: width * height }, (_, i) => i);
  const maps = cameras.map((camera, v) => {
    const random = new CounterRandom(seed, 'wrong labels', v);
    const labelOf = (row: number): number => {
      visible[row] = 1;
      const [at, own] = [regionOf[row], points[row].label];
      if (v === badPhoto) return other(random, 4 * at + 2, own);
      const rate = 0.7 + 0.2 * draw.uniform(8 * at + 10_000);
      if (!bad.has(at) || random.uniform(4 * at) > rate) return own;
      if (wrong === 'mixed') return other(random, 4 * at + 1, own);
      const which = wrong === 'same' ? 0 : random.integer(4 * at + 1, 3);
      return other(draw, 8 * at + 10_001 + which, own);
    };
    const frame: RenderFrame = { forward: null, view: null };
    const image = render(model, camera, {
      ...{ count: model.count, shDegree: 0, background: [0, 0, 0], antialiased: false },
      ...{ channels: ['alpha'], semanticsMovesGeometry: false, frame },
    });
    const map = drawMap(frame, pixels, camera, labelOf);
    image.dispose();
    return map;
  });
  return {
    ...{ model, classes, cameras, maps, visible },
    truth: Uint8Array.from(points, ({ label }) => label),
    corrupted: Uint8Array.from(regionOf, (at) => (bad.has(at) ? 1 : 0)),
  };
}
