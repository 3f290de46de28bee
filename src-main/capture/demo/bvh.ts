/**
 * A tree of boxes over triangles, split where the surface-area heuristic says (binned; Wald 2007), in typed arrays.
 *
 *   cost(split) = area_left · n_left + area_right · n_right, over 12 bins of the widest axis of the centroids
 */

const BINS = 12;
const LEAF = 4;
/** Levels of the deepest tree: below half of it, triangles are halved by number. */
export const DEPTH = 64;

export interface Tree {
  /** [inner nodes, 2, 6] lower and upper corners of both children, side by side, since they are looked at together */
  readonly bounds: Float32Array;
  /** [inner nodes, 2] children: an inner node's index, or −1 − (8 · first triangle + count) of a leaf */
  readonly links: Int32Array;
  /** the child that is everything */
  readonly root: number;
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
    let middle = first;
    if (last - first > LEAF) {
      const split = depth < DEPTH / 2 ? chooseSplit(first, last, spread) : null;
      if (split) middle = partition(first, last, split);
      // Where boxes cannot part them, halve them: a leaf holds four.
      if (middle === first || middle === last) middle = (first + last) >> 1;
    }
    if (middle === first) {
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
  return { ...paired(bounds, links), triangles, order };
}

/** From one box a node to two boxes an inner node. */
function paired(bounds: Float32Array, links: Int32Array): Pick<Tree, 'bounds' | 'links' | 'root'> {
  const boxes: number[] = [];
  const children: number[] = [];
  const visit = (node: number): number => {
    const count = links[2 * node + 1];
    if (count >= 0) return -1 - (8 * links[2 * node] + count);
    const inner = children.length / 2;
    const pair = [node + 1, links[2 * node]];
    for (const child of pair) boxes.push(...bounds.subarray(6 * child, 6 * child + 6));
    children.push(0, 0);
    pair.forEach((child, side) => (children[2 * inner + side] = visit(child)));
    return inner;
  };
  const root = visit(0);
  return { bounds: Float32Array.from(boxes), links: Int32Array.from(children), root };
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
