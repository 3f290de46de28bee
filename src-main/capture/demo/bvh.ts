/**
 * Rays against triangles: a tree of boxes split where the surface-area heuristic says (binned; Wald 2007), and the intersection of
 * Möller and Trumbore (1997). Everything lies in typed arrays; one query allocates nothing.
 *
 *   cost(split) = area_left · n_left + area_right · n_right, over 12 bins of the widest axis of the centroids
 */

const BINS = 12;
const LEAF = 4;
const DEPTH = 64;
/** Boxes are a little deeper than rounding: a flat one must not be missed. */
const MARGIN = 1.0000004;

export interface Tree {
  /** [nodes, 6] lower and upper corner */
  readonly bounds: Float32Array;
  /** [nodes, 2]: a leaf's first triangle and count; an inner node's right child and −1 (its left child follows it) */
  readonly links: Int32Array;
  /** [triangles, 9] corner and two edges, in the tree's order */
  readonly triangles: Float32Array;
  /** the original triangle of each */
  readonly order: Int32Array;
}

/** @param corners  [triangles, 9]: three points each */
export function buildTree(corners: Float32Array): Tree {
  const count = corners.length / 9;
  const low = new Float32Array(3 * count);
  const high = new Float32Array(3 * count);
  const centre = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 3; k++) {
      const [a, b, c] = [corners[9 * i + k], corners[9 * i + 3 + k], corners[9 * i + 6 + k]];
      low[3 * i + k] = Math.min(a, b, c);
      high[3 * i + k] = Math.max(a, b, c);
      centre[3 * i + k] = (low[3 * i + k] + high[3 * i + k]) / 2;
    }
  }
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const bounds = new Float32Array(12 * Math.max(1, count));
  const links = new Int32Array(4 * Math.max(1, count));
  let nodes = 0;

  const build = (first: number, last: number, depth: number): void => {
    const node = nodes++;
    const box = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
    const spread = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
    for (let i = first; i < last; i++) {
      const t = 3 * order[i];
      for (let k = 0; k < 3; k++) {
        if (low[t + k] < box[k]) box[k] = low[t + k];
        if (high[t + k] > box[3 + k]) box[3 + k] = high[t + k];
        if (centre[t + k] < spread[k]) spread[k] = centre[t + k];
        if (centre[t + k] > spread[3 + k]) spread[3 + k] = centre[t + k];
      }
    }
    bounds.set(box, 6 * node);
    const split = last - first > LEAF && depth < DEPTH - 1 ? chooseSplit(first, last, spread) : null;
    const middle = split ? partition(first, last, split) : first;
    if (!split || middle === first || middle === last) {
      links[2 * node] = first;
      links[2 * node + 1] = last - first;
      return;
    }
    build(first, middle, depth + 1);
    links[2 * node] = nodes;
    links[2 * node + 1] = -1;
    build(middle, last, depth + 1);
  };

  const binCount = new Int32Array(BINS);
  const binBox = new Float64Array(6 * BINS);
  const rightCost = new Float64Array(BINS);

  interface Split {
    readonly axis: number;
    readonly scale: number;
    readonly from: number;
    readonly bin: number;
  }

  const chooseSplit = (first: number, last: number, spread: number[]): Split | null => {
    let axis = 0;
    for (let k = 1; k < 3; k++) if (spread[3 + k] - spread[k] > spread[3 + axis] - spread[axis]) axis = k;
    const width = spread[3 + axis] - spread[axis];
    if (!(width > 0)) return null;
    const from = spread[axis];
    const scale = (BINS * (1 - 1e-6)) / width;
    binCount.fill(0);
    for (let b = 0; b < BINS; b++) binBox.set([Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity], 6 * b);
    for (let i = first; i < last; i++) {
      const t = 3 * order[i];
      const b = Math.floor((centre[t + axis] - from) * scale);
      binCount[b]++;
      grow(binBox, 6 * b, low, high, t);
    }
    const box = new Float64Array(6);
    const reset = (): void => box.set([Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity]);
    reset();
    let seen = 0;
    for (let b = BINS - 1; b > 0; b--) {
      seen += binCount[b];
      join(box, binBox, 6 * b);
      rightCost[b] = seen * halfArea(box);
    }
    reset();
    seen = 0;
    let best = Infinity;
    let bin = -1;
    for (let b = 1; b < BINS; b++) {
      seen += binCount[b - 1];
      join(box, binBox, 6 * (b - 1));
      if (seen === 0 || seen === last - first) continue;
      const cost = seen * halfArea(box) + rightCost[b];
      if (cost < best) {
        best = cost;
        bin = b;
      }
    }
    return bin < 0 ? null : { axis, scale, from, bin };
  };

  const partition = (first: number, last: number, { axis, scale, from, bin }: Split): number => {
    let middle = first;
    for (let i = first; i < last; i++) {
      const t = order[i];
      if (Math.floor((centre[3 * t + axis] - from) * scale) >= bin) continue;
      order[i] = order[middle];
      order[middle++] = t;
    }
    return middle;
  };

  build(0, count, 0);
  const triangles = new Float32Array(9 * count);
  for (let i = 0; i < count; i++) {
    const t = 9 * order[i];
    for (let k = 0; k < 3; k++) {
      triangles[9 * i + k] = corners[t + k];
      triangles[9 * i + 3 + k] = corners[t + 3 + k] - corners[t + k];
      triangles[9 * i + 6 + k] = corners[t + 6 + k] - corners[t + k];
    }
  }
  return { bounds: bounds.slice(0, 6 * nodes), links: links.slice(0, 2 * nodes), triangles, order };
}

function grow(into: Float64Array, at: number, low: Float32Array, high: Float32Array, t: number): void {
  for (let k = 0; k < 3; k++) {
    if (low[t + k] < into[at + k]) into[at + k] = low[t + k];
    if (high[t + k] > into[at + 3 + k]) into[at + 3 + k] = high[t + k];
  }
}

function join(box: Float64Array, other: Float64Array, at: number): void {
  for (let k = 0; k < 3; k++) {
    if (other[at + k] < box[k]) box[k] = other[at + k];
    if (other[at + 3 + k] > box[3 + k]) box[3 + k] = other[at + 3 + k];
  }
}

/** 0 for an empty box */
function halfArea(box: Float64Array): number {
  const [w, d, h] = [box[3] - box[0], box[4] - box[1], box[5] - box[2]];
  return w < 0 ? 0 : w * d + d * h + h * w;
}

/** Queries of one tree; the last hit stays in its fields. */
export class RayCaster {
  /** distance along the ray in lengths of its direction; Infinity when nothing was hit */
  t = Infinity;
  /** barycentric weights of the second and third corner */
  u = 0;
  v = 0;
  /** position in the tree's order, or −1 */
  triangle = -1;

  readonly #tree: Tree;
  readonly #passes: Float32Array;
  readonly #stack = new Int32Array(2 * DEPTH);
  readonly #entries = new Float64Array(2 * DEPTH);

  /** @param passes  share of light that a triangle of the tree's order lets through to what lies behind it */
  constructor(tree: Tree, passes: Float32Array) {
    this.#tree = tree;
    this.#passes = passes;
  }

  /** The first triangle between `near` and `far` along the ray, from either side. */
  closest(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, near: number, far: number): boolean {
    const { bounds, links, triangles } = this.#tree;
    const stack = this.#stack;
    const entries = this.#entries;
    const ix = 1 / (dx === 0 ? 1e-30 : dx);
    const iy = 1 / (dy === 0 ? 1e-30 : dy);
    const iz = 1 / (dz === 0 ? 1e-30 : dz);
    // Which corner of a box is met first depends on the direction alone.
    const nearX = ix < 0 ? 3 : 0;
    const nearY = iy < 0 ? 4 : 1;
    const nearZ = iz < 0 ? 5 : 2;
    const farX = 3 - nearX;
    const farY = 5 - nearY;
    const farZ = 7 - nearZ;
    let best = far;
    let hit = -1;
    let hitU = 0;
    let hitV = 0;
    let depth = 0;
    let node = 0;
    for (;;) {
      const count = links[2 * node + 1];
      if (count < 0) {
        const left = node + 1;
        const right = links[2 * node];
        const l = 6 * left;
        const r = 6 * right;
        let x = (bounds[l + nearX] - ox) * ix;
        let y = (bounds[l + nearY] - oy) * iy;
        let z = (bounds[l + nearZ] - oz) * iz;
        let enterLeft = x > y ? x : y;
        if (z > enterLeft) enterLeft = z;
        if (near > enterLeft) enterLeft = near;
        x = (bounds[l + farX] - ox) * ix;
        y = (bounds[l + farY] - oy) * iy;
        z = (bounds[l + farZ] - oz) * iz;
        let leave = x < y ? x : y;
        if (z < leave) leave = z;
        const hitLeft = enterLeft <= leave * MARGIN && enterLeft < best;
        x = (bounds[r + nearX] - ox) * ix;
        y = (bounds[r + nearY] - oy) * iy;
        z = (bounds[r + nearZ] - oz) * iz;
        let enterRight = x > y ? x : y;
        if (z > enterRight) enterRight = z;
        if (near > enterRight) enterRight = near;
        x = (bounds[r + farX] - ox) * ix;
        y = (bounds[r + farY] - oy) * iy;
        z = (bounds[r + farZ] - oz) * iz;
        leave = x < y ? x : y;
        if (z < leave) leave = z;
        const hitRight = enterRight <= leave * MARGIN && enterRight < best;
        if (hitLeft && hitRight) {
          if (enterLeft <= enterRight) {
            stack[depth] = right;
            entries[depth++] = enterRight;
            node = left;
          } else {
            stack[depth] = left;
            entries[depth++] = enterLeft;
            node = right;
          }
          continue;
        }
        if (hitLeft) {
          node = left;
          continue;
        }
        if (hitRight) {
          node = right;
          continue;
        }
      } else {
        const first = links[2 * node];
        for (let t = 9 * first; t < 9 * (first + count); t += 9) {
          const ax = triangles[t + 3];
          const ay = triangles[t + 4];
          const az = triangles[t + 5];
          const bx = triangles[t + 6];
          const by = triangles[t + 7];
          const bz = triangles[t + 8];
          const px = dy * bz - dz * by;
          const py = dz * bx - dx * bz;
          const pz = dx * by - dy * bx;
          const determinant = ax * px + ay * py + az * pz;
          if (determinant === 0) continue;
          const inverse = 1 / determinant;
          const sx = ox - triangles[t];
          const sy = oy - triangles[t + 1];
          const sz = oz - triangles[t + 2];
          const u = (sx * px + sy * py + sz * pz) * inverse;
          if (u < -1e-7 || u > 1.0000001) continue;
          const qx = sy * az - sz * ay;
          const qy = sz * ax - sx * az;
          const qz = sx * ay - sy * ax;
          const v = (dx * qx + dy * qy + dz * qz) * inverse;
          if (v < -1e-7 || u + v > 1.0000001) continue;
          const distance = (bx * qx + by * qy + bz * qz) * inverse;
          if (distance >= near && distance < best) {
            best = distance;
            hit = t;
            hitU = u;
            hitV = v;
          }
        }
      }
      // Back to the nearest box that was left aside, unless something before it was hit since.
      do {
        if (depth === 0) {
          this.t = hit < 0 ? Infinity : best;
          this.triangle = hit < 0 ? -1 : hit / 9;
          this.u = hitU;
          this.v = hitV;
          return hit >= 0;
        }
        node = stack[--depth];
      } while (entries[depth] >= best);
    }
  }

  /** How much light goes from one end to the other: 0 behind anything opaque, in between behind glass. */
  transmittance(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    near: number,
    far: number,
  ): number {
    let from = near;
    let share = 1;
    for (let surfaces = 0; surfaces < 8; surfaces++) {
      if (!this.closest(ox, oy, oz, dx, dy, dz, from, far)) return share;
      share *= this.#passes[this.triangle];
      if (share === 0) return 0;
      from = this.t + 1e-4;
    }
    return share;
  }
}
