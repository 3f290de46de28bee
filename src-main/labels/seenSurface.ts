/**
 * The splats as photos see them: how much of each, where its surface lies, and which ones lie next to each other. Some photos, spread
 * evenly over the capture, in pictures with a long side of 240:
 *
 *   area_i     = Σ_p w_pi,   what is uncertain inside a wall is nobody's worry
 *   host_i     the splat with the highest weight in the pixel that splat i is seen best in; itself where it has the highest somewhere
 *   centre_h   = Σ_p w_ph·X_p / Σ_p w_ph over the pixels p where h is the highest; X_p lies at the pixel's depth. A large splat's own
 *              middle may lie far from where it is seen
 *   i ~ j      hosts of pixels side by side at much the same depth (within 5 %): what lies behind an edge is no neighbour
 */
import { reduceCamera } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import { evenly } from '../base/index';
import { sampleWeights } from '../kernels/index';
import { GEOMETRY } from '../kernels/layout';
import type { GaussianModel } from '../gaussians/index';
import { overDepths } from './depths';
import { worldPoint } from './points';
import type { SelectableScene } from './selection';

export const LONG_SIDE = 240;
const PHOTOS = 12;
const LEAST_WEIGHT = 0.01;
const SAME_SURFACE = 0.05;
/** How far a splat reaches from its middle. */
const DEVIATIONS = 2;

export interface SeenSurface {
  /** over all photos that were looked from, pixels, [count] */
  readonly area: Float32Array;
  /** by photo, [count] */
  readonly views: readonly { readonly photo: string; readonly camera: PinholeCamera; readonly area: Float32Array }[];
  /** row of the host; −1 for what is not seen, [count] */
  readonly hosts: Int32Array;
  /** of hosts, world units, [count, 3] */
  readonly centres: Float32Array;
  /** of hosts: mean square distance of their pixels' points to the centre, [count] */
  readonly spreads: Float32Array;
  /** rows of the hosts next to host i: `rows` from offsets[i] to offsets[i + 1], ascending */
  readonly neighbours: { readonly offsets: Int32Array; readonly rows: Int32Array };
}

/** What pixels of one picture show: every splat with its weight, pixel by pixel, and a depth. */
export interface SurfaceView {
  readonly camera: PinholeCamera;
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
  /** along the camera's axis, world units; 0 where little of a pixel is covered, [height, width] */
  readonly depths: Float32Array;
}

export function surfaceView(scene: SelectableScene, camera: PinholeCamera): SurfaceView {
  return overDepths(scene, camera, (frame, depths) => {
    const pixels = Int32Array.from({ length: depths.length }, (_, i) => i);
    return { camera, ...sampleWeights(frame, pixels, LEAST_WEIGHT), depths };
  });
}

/** @param cameras  of the photos, as trained on */
export function seenSurface(
  scene: SelectableScene,
  cameras: readonly { readonly photo: string; readonly camera: PinholeCamera }[],
): SeenSurface {
  const { count } = scene.model;
  const area = new Float32Array(count);
  const hosts = new Int32Array(count).fill(-1);
  const best = new Float32Array(count);
  const moments = new Float64Array(5 * count);
  const edges = new Set<number>();
  const seen = evenly(cameras, PHOTOS).map(({ photo, camera: full }) => {
    const camera = reduceCamera(full, LONG_SIDE);
    const size = camera.width * camera.height;
    const view = surfaceView(scene, camera);
    const { offsets, rows, weights } = view;
    const own = new Float32Array(count);
    const [top, weight] = [new Int32Array(size).fill(-1), new Float32Array(size)];
    for (let pixel = 0; pixel < size; pixel++) {
      const [first, end] = [offsets[pixel], offsets[pixel + 1]];
      let highest = first;
      for (let pair = first; pair < end; pair++) {
        own[rows[pair]] += weights[pair];
        if (weights[pair] > weights[highest]) highest = pair;
      }
      if (first === end) continue;
      [top[pixel], weight[pixel]] = [rows[highest], weights[highest]];
      for (let pair = first; pair < end; pair++) {
        if (weights[pair] > best[rows[pair]]) [best[rows[pair]], hosts[rows[pair]]] = [weights[pair], top[pixel]];
      }
    }
    for (let row = 0; row < count; row++) area[row] += own[row];
    const depths = ownDepths(scene.model, camera, top, view.depths);
    const far = (a: number, b: number): boolean =>
      depths[b] === 0 || Math.abs(depths[b] - depths[a]) > SAME_SURFACE * depths[a];
    const join = (a: number, b: number): void => {
      if (top[b] >= 0 && top[b] !== top[a] && !far(a, b)) edges.add(edgeOf(top[a], top[b], count));
    };
    for (let pixel = 0; pixel < size; pixel++) {
      const [depth, w] = [depths[pixel], weight[pixel]];
      if (depth === 0 || top[pixel] < 0) continue;
      const at = 5 * top[pixel];
      const [x, y, z] = worldPoint(camera, pixel, depth);
      moments[at] += w;
      moments[at + 1] += w * x;
      moments[at + 2] += w * y;
      moments[at + 3] += w * z;
      moments[at + 4] += w * (x * x + y * y + z * z);
      if ((pixel + 1) % camera.width !== 0) join(pixel, pixel + 1);
      if (pixel + camera.width < size) join(pixel, pixel + camera.width);
    }
    return { photo, camera: full, area: own };
  });
  const centres = new Float32Array(3 * count);
  const spreads = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const total = moments[5 * row];
    if (total === 0) continue;
    hosts[row] = row;
    const centre = [1, 2, 3].map((k) => moments[5 * row + k] / total);
    centres.set(centre, 3 * row);
    spreads[row] = Math.max(0, moments[5 * row + 4] / total - centre.reduce((sum, v) => sum + v * v, 0));
  }
  // The host of a host is a splat that is the highest somewhere, though perhaps where no depth is.
  for (let row = 0; row < count; row++) if (hosts[row] >= 0 && moments[5 * hosts[row]] === 0) hosts[row] = -1;
  return { area, views: seen, hosts, centres, spreads, neighbours: adjacency(edges, count) };
}

/**
 * Depths of the splats that pixels show most of: where splats blend, at an edge, the picture's depth lies between them, and no farther
 * from such a splat's middle than it reaches.
 */
function ownDepths(model: GaussianModel, camera: PinholeCamera, top: Int32Array, depths: Float32Array): Float32Array {
  const { geometry } = model.arrays();
  const m = camera.worldToCamera;
  return depths.map((depth, pixel) => {
    if (depth === 0 || top[pixel] < 0) return 0;
    const at = top[pixel] * GEOMETRY.columns;
    const [x, y, z] = [0, 1, 2].map((k) => geometry[at + GEOMETRY.mean + k]);
    const middle = m[8] * x + m[9] * y + m[10] * z + m[11];
    const s = at + GEOMETRY.logScale;
    const reach = DEVIATIONS * Math.exp(Math.max(geometry[s], geometry[s + 1], geometry[s + 2]));
    return Math.min(middle + reach, Math.max(middle - reach, depth));
  });
}

const edgeOf = (a: number, b: number, count: number): number => Math.min(a, b) * count + Math.max(a, b);

/** Both ways. @param edges  `edgeOf` pairs */
export function adjacency(edges: Iterable<number>, count: number): SeenSurface['neighbours'] {
  const pairs = [...edges];
  const offsets = new Int32Array(count + 1);
  const ends = (edge: number): [number, number] => [Math.floor(edge / count), edge % count];
  for (const edge of pairs) for (const end of ends(edge)) offsets[end + 1]++;
  for (let row = 0; row < count; row++) offsets[row + 1] += offsets[row];
  const rows = new Int32Array(2 * pairs.length);
  const filled = offsets.slice();
  for (const edge of pairs) {
    const [a, b] = ends(edge);
    rows[filled[a]++] = b;
    rows[filled[b]++] = a;
  }
  for (let row = 0; row < count; row++) rows.subarray(offsets[row], offsets[row + 1]).sort();
  return { offsets, rows };
}
