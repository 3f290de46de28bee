/**
 * Pieces of a surface that hang together by shared vertices, and leaving out the small ones.
 *
 * What is dropped is decided by area, in voxel faces, so that the choice means the same at every size of voxels. Vertices that no
 * triangle uses go too; the order of what stays is kept.
 */
import type { MarchedSurface } from '../kernels/index';

/** The root of each vertex's piece (union by the smaller root, paths halved). */
function roots(vertices: number, triangles: Uint32Array): Uint32Array {
  const parent = Uint32Array.from({ length: vertices }, (_, v) => v);
  const find = (v: number): number => {
    while (parent[v] !== v) v = parent[v] = parent[parent[v]];
    return v;
  };
  for (let t = 0; t < triangles.length; t += 3) {
    const a = find(triangles[t]);
    for (const other of [triangles[t + 1], triangles[t + 2]]) {
      const b = find(other);
      const [low, high] = [Math.min(find(a), b), Math.max(find(a), b)];
      parent[high] = low;
    }
  }
  for (let v = 0; v < vertices; v++) parent[v] = find(v);
  return parent;
}

/** Area of a triangle. */
function area(p: Float32Array, a: number, b: number, c: number): number {
  const [ux, uy, uz] = [0, 1, 2].map((k) => p[3 * b + k] - p[3 * a + k]);
  const [vx, vy, vz] = [0, 1, 2].map((k) => p[3 * c + k] - p[3 * a + k]);
  return Math.hypot(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx) / 2;
}

export interface Cleaned {
  readonly surface: MarchedSurface;
  /** pieces that were there, and that were dropped */
  readonly pieces: number;
  readonly dropped: number;
}

/** @param leastArea  of a piece, world units²; 0 keeps all */
export function dropSmallPieces(surface: MarchedSurface, leastArea: number): Cleaned {
  const { positions, triangles } = surface;
  const vertices = surface.labels.length;
  const root = roots(vertices, triangles);
  const areas = new Float64Array(vertices);
  const isRoot = new Uint8Array(vertices);
  for (let t = 0; t < triangles.length; t += 3) {
    const piece = root[triangles[t]];
    isRoot[piece] = 1;
    areas[piece] += area(positions, triangles[t], triangles[t + 1], triangles[t + 2]);
  }
  let [pieces, dropped] = [0, 0];
  for (let v = 0; v < vertices; v++) {
    if (!isRoot[v]) continue;
    pieces++;
    if (areas[v] < leastArea) dropped++;
  }
  const keeps = (t: number): boolean => areas[root[triangles[t]]] >= leastArea;
  return { surface: compacted(surface, keeps), pieces, dropped };
}

/** The triangles that `keeps` says, and their vertices. @param keeps  asked with the first index of a triangle */
function compacted(surface: MarchedSurface, keeps: (t: number) => boolean): MarchedSurface {
  const { positions, colours, uncertainties, labels, triangles } = surface;
  const used = new Uint8Array(labels.length);
  let kept = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    if (!keeps(t)) continue;
    kept++;
    for (let k = 0; k < 3; k++) used[triangles[t + k]] = 1;
  }
  const number = new Uint32Array(labels.length);
  let count = 0;
  for (let v = 0; v < used.length; v++) if (used[v]) number[v] = count++;
  const out: MarchedSurface = {
    positions: new Float32Array(3 * count),
    colours: new Float32Array(3 * count),
    uncertainties: new Float32Array(count),
    labels: new Uint16Array(count),
    triangles: new Uint32Array(3 * kept),
  };
  for (let v = 0; v < used.length; v++) {
    if (!used[v]) continue;
    for (let k = 0; k < 3; k++) {
      out.positions[3 * number[v] + k] = positions[3 * v + k];
      out.colours[3 * number[v] + k] = colours[3 * v + k];
    }
    out.uncertainties[number[v]] = uncertainties[v];
    out.labels[number[v]] = labels[v];
  }
  let at = 0;
  for (let t = 0; t < triangles.length; t += 3)
    if (keeps(t)) for (let k = 0; k < 3; k++) out.triangles[at++] = number[triangles[t + k]];
  return out;
}
