/**
 * Cutting a surface along its labels, so that parts meet in one seam: no gap, no overlap.
 *
 * Vertices are labelled, triangles are cut: an edge between different labels at its middle, which both triangles beside it share; a
 * triangle of three labels also at its own middle, where the three seams meet.
 *
 *   a a a            the triangle                       a a b   b's corner and the rest, two triangles
 *   a b c            each corner takes the two triangles between itself, the middles of its edges and the middle
 *
 * Middles lie on the surface as it was, so its shape does not change. Each is one vertex of the whole: parts copy its numbers, and
 * seams are the same to the bit from both sides. Vertices of the whole come first, middles follow.
 */
import type { MarchedSurface } from '../kernels/index';

export interface SegmentedMesh {
  /** [vertices, 3], world units */
  readonly positions: Float32Array;
  /** [vertices, 3], unit; 0 where all triangles are degenerate */
  readonly normals: Float32Array;
  /** [vertices, 3], 0 … 1, sRGB */
  readonly colours: Float32Array;
  /** [vertices] */
  readonly uncertainties: Float32Array;
  /** vertex numbers of each segment that has any, by segment */
  readonly parts: ReadonlyMap<number, Uint32Array>;
}

/** Grows with what is added. */
class Middles {
  readonly positions: number[] = [];
  readonly colours: number[] = [];
  readonly uncertainties: number[] = [];
  readonly #surface: MarchedSurface;
  readonly #known = new Map<number, number>();

  constructor(surface: MarchedSurface) {
    this.#surface = surface;
  }

  /** The vertex in the middle of some, new. */
  middle(...vertices: number[]): number {
    const { positions, colours, uncertainties, labels } = this.#surface;
    const mean = (values: Float32Array, width: number, k: number): number =>
      vertices.reduce((sum, v) => sum + values[width * v + k], 0) / vertices.length;
    for (let k = 0; k < 3; k++) {
      this.positions.push(mean(positions, 3, k));
      this.colours.push(mean(colours, 3, k));
    }
    this.uncertainties.push(mean(uncertainties, 1, 0));
    return labels.length + this.uncertainties.length - 1;
  }

  /** The vertex in the middle of an edge; the same one from both sides. */
  ofEdge(a: number, b: number): number {
    const [low, high] = a < b ? [a, b] : [b, a];
    const key = low * this.#surface.labels.length + high;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.middle(low, high);
    this.#known.set(key, made);
    return made;
  }
}

export function cutAlongLabels(surface: MarchedSurface): SegmentedMesh {
  const { positions, colours, uncertainties, labels, triangles } = surface;
  const middles = new Middles(surface);
  const parts = new Map<number, number[]>();
  const give = (label: number, ...vertices: number[]): void => {
    const part = parts.get(label);
    if (part) part.push(...vertices);
    else parts.set(label, vertices);
  };
  for (let t = 0; t < triangles.length; t += 3) {
    // Turned so that, of two equal labels, they are the first two.
    let [a, b, c] = triangles.subarray(t, t + 3);
    if (labels[b] === labels[c] && labels[a] !== labels[b]) [a, b, c] = [b, c, a];
    else if (labels[a] === labels[c] && labels[a] !== labels[b]) [a, b, c] = [c, a, b];
    const [la, lb, lc] = [labels[a], labels[b], labels[c]];
    if (la === lb && lb === lc) {
      give(la, a, b, c);
    } else if (la === lb) {
      const [bc, ca] = [middles.ofEdge(b, c), middles.ofEdge(c, a)];
      give(lc, c, ca, bc);
      give(la, a, b, bc, a, bc, ca);
    } else {
      const [ab, bc, ca] = [middles.ofEdge(a, b), middles.ofEdge(b, c), middles.ofEdge(c, a)];
      const m = middles.middle(a, b, c);
      give(la, a, ab, m, a, m, ca);
      give(lb, b, bc, m, b, m, ab);
      give(lc, c, ca, m, c, m, bc);
    }
  }
  const joined = (own: Float32Array, more: readonly number[]): Float32Array => {
    const all = new Float32Array(own.length + more.length);
    all.set(own);
    all.set(more, own.length);
    return all;
  };
  const whole = joined(positions, middles.positions);
  const byLabel = [...parts].sort(([x], [y]) => x - y);
  const cut = new Map(byLabel.map(([label, list]) => [label, Uint32Array.from(list)]));
  return {
    positions: whole,
    normals: normalsOf(whole, cut.values()),
    colours: joined(colours, middles.colours),
    uncertainties: joined(uncertainties, middles.uncertainties),
    parts: cut,
  };
}

/** Means of the normals of a vertex's triangles by area, over all parts, so that shading shows no seam. */
function normalsOf(p: Float32Array, lists: Iterable<Uint32Array>): Float32Array {
  const sums = new Float64Array(p.length);
  for (const list of lists) {
    for (let t = 0; t < list.length; t += 3) {
      const [a, b, c] = [3 * list[t], 3 * list[t + 1], 3 * list[t + 2]];
      const [ux, uy, uz] = [p[b] - p[a], p[b + 1] - p[a + 1], p[b + 2] - p[a + 2]];
      const [vx, vy, vz] = [p[c] - p[a], p[c + 1] - p[a + 1], p[c + 2] - p[a + 2]];
      const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
      for (const v of [a, b, c]) {
        sums[v] += nx;
        sums[v + 1] += ny;
        sums[v + 2] += nz;
      }
    }
  }
  const normals = new Float32Array(p.length);
  for (let v = 0; v < p.length; v += 3) {
    const length = Math.hypot(sums[v], sums[v + 1], sums[v + 2]);
    if (length === 0) continue;
    for (let k = 0; k < 3; k++) normals[v + k] = sums[v + k] / length;
  }
  return normals;
}

/** One part with vertices of its own. */
export interface MeshPart {
  readonly segment: number;
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  readonly colours: Float32Array;
  readonly uncertainties: Float32Array;
  /** [triangles, 3] */
  readonly triangles: Uint32Array;
}

/** Part after part, each numbered by itself in the order in which its triangles name vertices. */
export function* separateParts(mesh: SegmentedMesh): Generator<MeshPart> {
  const number = new Int32Array(mesh.uncertainties.length);
  for (const [segment, list] of mesh.parts) {
    number.fill(-1);
    const order: number[] = [];
    const triangles = Uint32Array.from(list, (v) => {
      if (number[v] < 0) number[v] = order.push(v) - 1;
      return number[v];
    });
    const rows = (values: Float32Array, width: number): Float32Array => {
      const own = new Float32Array(width * order.length);
      order.forEach((v, i) => own.set(values.subarray(width * v, width * (v + 1)), width * i));
      return own;
    };
    yield {
      ...{ segment, triangles, positions: rows(mesh.positions, 3), normals: rows(mesh.normals, 3) },
      ...{ colours: rows(mesh.colours, 3), uncertainties: rows(mesh.uncertainties, 1) },
    };
  }
}
