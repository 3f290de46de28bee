/**
 * Rays against triangles: a tree of boxes split where the surface-area heuristic says (binned; Wald 2007), and the intersection of
 * Möller and Trumbore (1997). Everything lies in typed arrays; one query allocates nothing.
 *
 *   cost(split) = area_left · n_left + area_right · n_right, over 12 bins of the widest axis of the centroids
 */

const BINS = 12;
const LEAF = 4;
const DEPTH = 64;

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

  /** @param passes  share of light that a triangle of the tree's order lets through to what lies behind it */
  constructor(tree: Tree, passes: Float32Array) {
    this.#tree = tree;
    this.#passes = passes;
  }

  /** The first triangle between `near` and `far` along the ray, from either side. */
  closest(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, near: number, far: number): boolean {
    const { bounds, links, triangles } = this.#tree;
    const stack = this.#stack;
    const [ix, iy, iz] = [1 / dx, 1 / dy, 1 / dz];
    let best = far;
    let hit = -1;
    let hitU = 0;
    let hitV = 0;
    let depth = 0;
    let node = 0;
    for (;;) {
      const b = 6 * node;
      const x0 = (bounds[b] - ox) * ix;
      const x1 = (bounds[b + 3] - ox) * ix;
      const y0 = (bounds[b + 1] - oy) * iy;
      const y1 = (bounds[b + 4] - oy) * iy;
      const z0 = (bounds[b + 2] - oz) * iz;
      const z1 = (bounds[b + 5] - oz) * iz;
      let enter = x0 < x1 ? x0 : x1;
      let leave = x0 < x1 ? x1 : x0;
      const ye = y0 < y1 ? y0 : y1;
      const yl = y0 < y1 ? y1 : y0;
      if (ye > enter) enter = ye;
      if (yl < leave) leave = yl;
      const ze = z0 < z1 ? z0 : z1;
      const zl = z0 < z1 ? z1 : z0;
      if (ze > enter) enter = ze;
      if (zl < leave) leave = zl;
      if (enter <= leave * 1.0000004 && leave >= near && enter <= best) {
        const count = links[2 * node + 1];
        if (count < 0) {
          // The nearer child first: by the sign of the direction along the axis that parts the two boxes most.
          const right = links[2 * node];
          const left = node + 1;
          const [l, r] = [6 * left, 6 * right];
          const toward =
            (bounds[r] + bounds[r + 3] - bounds[l] - bounds[l + 3]) * dx +
            (bounds[r + 1] + bounds[r + 4] - bounds[l + 1] - bounds[l + 4]) * dy +
            (bounds[r + 2] + bounds[r + 5] - bounds[l + 2] - bounds[l + 5]) * dz;
          if (toward >= 0) {
            stack[depth++] = right;
            node = left;
          } else {
            stack[depth++] = left;
            node = right;
          }
          continue;
        }
        const first = links[2 * node];
        for (let i = first; i < first + count; i++) {
          const t = 9 * i;
          const [ax, ay, az] = [triangles[t + 3], triangles[t + 4], triangles[t + 5]];
          const [bx, by, bz] = [triangles[t + 6], triangles[t + 7], triangles[t + 8]];
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
            hit = i;
            hitU = u;
            hitV = v;
          }
        }
      }
      if (depth === 0) break;
      node = stack[--depth];
    }
    this.t = hit < 0 ? Infinity : best;
    this.triangle = hit;
    this.u = hitU;
    this.v = hitV;
    return hit >= 0;
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
