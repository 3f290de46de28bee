/**
 * A truncated signed distance field fused from depth pictures, in double (the idea of Curless and Levoy, SIGGRAPH 1996; sparse
 * blocks after Nießner et al. 2013).
 *
 * A pixel with depth d is a plane: p = d·r its point in camera axes, n the normal from the neighbouring points that lie on the same
 * surface (|d' − d| ≤ τ + 0.05·d), turned to the camera; pixels without a normal, or seen flatter than cos θ = 0.1, say nothing.
 *
 *   weight    w = w_view · confidence · cos θ · min(1, voxel·fx/d)²       flat and coarse pixels say less
 *   voxel v   takes the pixel that it projects to:  s = n·v − n·p, the distance to the plane, not along the ray
 *             s < −τ, or more than τ behind the pixel along the axis: hidden, nothing is said; else D ← weighted mean of min(s, τ)
 *   |s| ≤ τ   colour, uncertainty ← weighted means; the pixel's label gets w votes
 *
 * A voxel remembers four labels; a fifth takes its votes from the weakest, and its place once those are used up. Blocks of 8³ voxels
 * exist around p − τ·n, p and p + τ·n of any pixel that says something, and every block hears every view: views that look through
 * a floater carve it away. Voxel i along an axis has its middle at (i + ½)·voxel.
 */
import type { PinholeCamera } from '#contract/camera';
import { VolumeFullError } from './errors';

export const BLOCK_SIDE = 8;
export const BLOCK_VOXELS = BLOCK_SIDE ** 3;
export const VOXEL_LABELS = 4;

const FLATTEST = 0.1;
const DEPTH_SHARE = 0.05;

export interface VolumeOptions {
  /** side of a voxel, world units */
  voxel: number;
  /** τ, world units, at least a voxel */
  truncation: number;
  /** most blocks; a block takes 28 KiB */
  maxBlocks: number;
}

/** A picture to fuse; planes are [height, width]. */
export interface Observation {
  camera: PinholeCamera;
  /** of the view */
  weight: number;
  /** along the camera's axis, 0 = nothing */
  depth: Float32Array;
  /** 0 … 1 */
  confidence: Float32Array;
  /** [3, height, width], 0 … 1 */
  rgb: Float32Array;
  labels: Uint16Array;
  uncertainty: Float32Array;
}

/** All voxels, block by block; in a block x runs fastest, then y, then z. */
export interface VoxelBlocks {
  /** [blocks, 3]: coordinates in blocks */
  keys: Int32Array;
  /** [blocks, 512], positive before the surface */
  distance: Float32Array;
  /** [blocks, 512], 0 = never seen */
  weight: Float32Array;
  /** [blocks, 512] */
  uncertainty: Float32Array;
  /** [blocks, 3, 512] */
  colour: Float32Array;
  /** [blocks, 4, 512]; votes of 0 mark a free place */
  votes: Float32Array;
  /** [blocks, 4, 512] */
  labels: Uint16Array;
}

type Vector = [number, number, number];

/** n·p = offset in camera axes. */
interface Plane {
  n: Vector;
  offset: number;
  weight: number;
}

function fitPlane({ camera, depth, weight, confidence }: Observation, x: number, y: number, options: VolumeOptions) {
  const { width, height, fx, fy, cx, cy } = camera;
  const d = depth[y * width + x];
  if (!(d > 0)) return null;
  const joins = (nx: number, ny: number): number => {
    if (nx < 0 || ny < 0 || nx >= width || ny >= height) return 0;
    const other = depth[ny * width + nx];
    return other > 0 && Math.abs(other - d) <= options.truncation + DEPTH_SHARE * d ? 1 : 0;
  };
  const point = (px: number, py: number): Vector => {
    const z = depth[py * width + px];
    return [(z * (px + 0.5 - cx)) / fx, (z * (py + 0.5 - cy)) / fy, z];
  };
  const [left, right, up, down] = [joins(x - 1, y), joins(x + 1, y), joins(x, y - 1), joins(x, y + 1)];
  if (left + right === 0 || up + down === 0) return null;
  const between = (a: Vector, b: Vector): Vector => [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const s = between(point(x - left, y), point(x + right, y));
  const t = between(point(x, y - up), point(x, y + down));
  const cross = [s[1] * t[2] - s[2] * t[1], s[2] * t[0] - s[0] * t[2], s[0] * t[1] - s[1] * t[0]];
  const length = Math.hypot(...cross);
  if (!(length > 0)) return null;
  const p = point(x, y);
  const along = (cross[0] * p[0] + cross[1] * p[1] + cross[2] * p[2]) / length;
  const turn = along > 0 ? -1 : 1;
  const cosine = Math.abs(along) / Math.hypot(...p);
  if (cosine < FLATTEST) return null;
  const sharpness = Math.min(1, (options.voxel * fx) / d);
  const plane: Plane = {
    n: cross.map((v) => (turn * v) / length) as Vector,
    offset: turn * along,
    weight: weight * confidence[y * width + x] * cosine * sharpness ** 2,
  };
  return plane.weight > 0 ? plane : null;
}

/** Blocks around the planes of a view, in the order of z, y, x. */
function blocksAround({ camera, depth }: Observation, planes: readonly (Plane | null)[], options: VolumeOptions) {
  const { width, fx, fy, cx, cy, worldToCamera: m } = camera;
  const side = options.voxel * BLOCK_SIDE;
  const found = new Map<string, Vector>();
  planes.forEach((plane, at) => {
    if (!plane) return;
    const d = depth[at];
    const p = [(d * ((at % width) + 0.5 - cx)) / fx, (d * (Math.floor(at / width) + 0.5 - cy)) / fy, d];
    for (const step of [-1, 0, 1]) {
      const c = p.map((v, k) => v + step * options.truncation * plane.n[k] - m[4 * k + 3]);
      const key = [0, 1, 2].map((j) => Math.floor((m[j] * c[0] + m[4 + j] * c[1] + m[8 + j] * c[2]) / side)) as Vector;
      found.set(key.join(), key);
    }
  });
  return [...found.values()].sort((a, b) => a[2] - b[2] || a[1] - b[1] || a[0] - b[0]);
}

export class VolumeReference {
  readonly #options: VolumeOptions;
  readonly #keys: Vector[] = [];
  readonly #index = new Map<string, number>();
  #voxels: Voxels = emptyVoxels(0);

  constructor(options: VolumeOptions) {
    this.#options = options;
  }

  get blocks(): number {
    return this.#keys.length;
  }

  get memoryBytes(): number {
    return Object.values(this.#voxels).reduce((sum, array) => sum + array.byteLength, 0);
  }

  /** @throws VolumeFullError; nothing of the view is fused then */
  integrate(view: Observation): void {
    const { width, height } = view.camera;
    const planes = Array.from({ length: width * height }, (_, at) =>
      fitPlane(view, at % width, Math.floor(at / width), this.#options),
    );
    const fresh = blocksAround(view, planes, this.#options).filter((key) => !this.#index.has(key.join()));
    if (this.#keys.length + fresh.length > this.#options.maxBlocks) throw new VolumeFullError(this.#options.maxBlocks);
    for (const key of fresh) {
      this.#index.set(key.join(), this.#keys.length);
      this.#keys.push(key);
    }
    this.#voxels = grown(this.#voxels, this.#keys.length);
    for (let block = 0; block < this.#keys.length; block++)
      for (let voxel = 0; voxel < BLOCK_VOXELS; voxel++) this.#fuse(view, planes, block, voxel);
  }

  #fuse(
    { camera, depth, rgb, labels, uncertainty }: Observation,
    planes: (Plane | null)[],
    block: number,
    voxel: number,
  ) {
    const { voxel: side, truncation } = this.#options;
    const { width, height, fx, fy, cx, cy, worldToCamera: m } = camera;
    const local = [voxel % 8, Math.floor(voxel / 8) % 8, Math.floor(voxel / 64)];
    const world = local.map((v, j) => (this.#keys[block][j] * BLOCK_SIDE + v + 0.5) * side);
    const p = [0, 4, 8].map((r) => m[r] * world[0] + m[r + 1] * world[1] + m[r + 2] * world[2] + m[r + 3]);
    if (!(p[2] > 0)) return;
    const x = Math.floor((fx * p[0]) / p[2] + cx);
    const y = Math.floor((fy * p[1]) / p[2] + cy);
    if (!(x >= 0 && y >= 0 && x < width && y < height)) return;
    const pixel = y * width + x;
    const plane = planes[pixel];
    if (!plane || p[2] - depth[pixel] > truncation) return;
    const s = plane.n[0] * p[0] + plane.n[1] * p[1] + plane.n[2] * p[2] - plane.offset;
    if (s < -truncation) return;
    const all = this.#voxels;
    const at = block * BLOCK_VOXELS + voxel;
    const w = plane.weight;
    all.weight[at] += w;
    all.distance[at] += (w / all.weight[at]) * (Math.min(s, truncation) - all.distance[at]);
    if (s > truncation) return;
    all.near[at] += w;
    const share = w / all.near[at];
    all.uncertainty[at] += share * (uncertainty[pixel] - all.uncertainty[at]);
    for (let c = 0; c < 3; c++) {
      const to = (3 * block + c) * BLOCK_VOXELS + voxel;
      all.colour[to] += share * (rgb[c * width * height + pixel] - all.colour[to]);
    }
    this.#vote(block, voxel, labels[pixel], w);
  }

  #vote(block: number, voxel: number, label: number, w: number): void {
    const { votes, labels } = this.#voxels;
    const places = [0, 1, 2, 3].map((slot) => (VOXEL_LABELS * block + slot) * BLOCK_VOXELS + voxel);
    const mine = places.find((at) => votes[at] === 0 || labels[at] === label);
    if (mine !== undefined) {
      labels[mine] = label;
      votes[mine] += w;
      return;
    }
    const least = places.reduce((a, b) => (votes[b] < votes[a] ? b : a));
    votes[least] -= w;
    if (votes[least] < 0) {
      votes[least] = -votes[least];
      labels[least] = label;
    }
  }

  /** A copy. */
  read(): VoxelBlocks {
    const single = (array: Float64Array): Float32Array => Float32Array.from(array);
    const { distance, weight, uncertainty, colour, votes, labels } = this.#voxels;
    return {
      keys: Int32Array.from(this.#keys.flat()),
      distance: single(distance),
      weight: single(weight),
      uncertainty: single(uncertainty),
      colour: single(colour),
      votes: single(votes),
      labels: labels.slice(),
    };
  }
}

const PER_BLOCK = { distance: 1, weight: 1, near: 1, uncertainty: 1, colour: 3, votes: VOXEL_LABELS } as const;
type Voxels = Record<keyof typeof PER_BLOCK, Float64Array> & { labels: Uint16Array };

function emptyVoxels(blocks: number): Voxels {
  const plane = (name: keyof typeof PER_BLOCK): Float64Array =>
    new Float64Array(PER_BLOCK[name] * blocks * BLOCK_VOXELS);
  return {
    distance: plane('distance'),
    weight: plane('weight'),
    near: plane('near'),
    uncertainty: plane('uncertainty'),
    colour: plane('colour'),
    votes: plane('votes'),
    labels: new Uint16Array(VOXEL_LABELS * blocks * BLOCK_VOXELS),
  };
}

function grown(old: Voxels, blocks: number): Voxels {
  const voxels = emptyVoxels(blocks);
  for (const name of Object.keys(PER_BLOCK) as (keyof typeof PER_BLOCK)[]) voxels[name].set(old[name]);
  voxels.labels.set(old.labels);
  return voxels;
}
