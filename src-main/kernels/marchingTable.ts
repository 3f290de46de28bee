/**
 * Which triangles a cell of marching cubes holds, for each of the 256 ways in which its corners lie inside or outside (the idea of
 * Lorensen and Cline, SIGGRAPH 1987). The table is derived here instead of written down:
 *
 *   1. On each face, the crossed edges are joined in pairs. Where all four are crossed (two corners inside, across from each other),
 *      each inside corner is cut off by itself. The rule looks at the face alone, so the two cells that share it agree: no cracks.
 *   2. The joints form closed loops, turned so that their normals point outside, and each is cut into triangles. No cut leads across
 *      a face: the cell behind might cut there too, and four triangles would meet in one edge.
 *
 * Corner c lies at (c & 1, c >> 1 & 1, c >> 2). Edge 4·axis + i runs along the axis from corner EDGE_CORNERS[edge].
 */

/** Lower corner of each edge. */
export const EDGE_CORNERS = [0, 2, 4, 6, 0, 1, 4, 5, 0, 1, 2, 3] as const;
/** Numbers of a case: how many triangles, then three edges of each. */
export const TABLE_ROW = 25;

const upperCorner = (edge: number): number => EDGE_CORNERS[edge] | (1 << Math.floor(edge / 4));
const EDGES = EDGE_CORNERS.map((lower, edge) => ({ edge, lower, upper: upperCorner(edge) }));

/** Corners of the six faces, around each counter-clockwise seen from outside of the cell. */
const FACES: readonly (readonly number[])[] = [
  [0, 4, 6, 2],
  [1, 3, 7, 5],
  [0, 1, 5, 4],
  [2, 6, 7, 3],
  [0, 2, 3, 1],
  [4, 5, 7, 6],
];

function edgeBetween(a: number, b: number): number {
  const found = EDGES.find(({ lower, upper }) => lower === Math.min(a, b) && upper === Math.max(a, b));
  if (!found) throw new RangeError(`corners ${a} and ${b} share no edge`);
  return found.edge;
}

/**
 * Directed joints of a face: walking around it counter-clockwise, every run of inside corners is entered by one crossed edge and
 * left by another; the joint leads from where it is left to where it is entered, which keeps the inside on its left, seen from outside.
 */
function joints(mask: number): Map<number, number> {
  const inside = (corner: number): boolean => ((mask >> corner) & 1) === 1;
  const next = new Map<number, number>();
  for (const face of FACES) {
    for (let i = 0; i < 4; i++) {
      if (inside(face[i]) || !inside(face[(i + 1) % 4])) continue;
      const entered = edgeBetween(face[i], face[(i + 1) % 4]);
      let last = i + 1;
      while (inside(face[(last + 1) % 4])) last++;
      next.set(edgeBetween(face[last % 4], face[(last + 1) % 4]), entered);
    }
  }
  return next;
}

const onFace = (face: readonly number[], edge: number): boolean =>
  face.includes(EDGE_CORNERS[edge]) && face.includes(upperCorner(edge));

/** Cuts off one corner of a loop after the other, going back where a cut cannot be made; null if there is no way. */
function cutLoop(loop: readonly number[]): number[] | null {
  if (loop.length === 3) return [...loop];
  for (let i = 0; i < loop.length; i++) {
    const [before, after] = [loop[(i + loop.length - 1) % loop.length], loop[(i + 1) % loop.length]];
    if (FACES.some((face) => onFace(face, before) && onFace(face, after))) continue;
    const rest = cutLoop(loop.filter((_, at) => at !== i));
    if (rest) return [before, loop[i], after, ...rest];
  }
  return null;
}

/** Triangles of a case as edges, three by three. */
function trianglesOf(mask: number): number[] {
  const next = joints(mask);
  const triangles: number[] = [];
  const done = new Set<number>();
  for (const start of [...next.keys()].sort((a, b) => a - b)) {
    if (done.has(start)) continue;
    const loop: number[] = [];
    for (let edge = start; !done.has(edge); edge = next.get(edge) ?? start) {
      done.add(edge);
      loop.push(edge);
    }
    const cut = cutLoop(loop);
    if (!cut) throw new RangeError(`case ${mask} cannot be cut without crossing a face`);
    triangles.push(...cut.reverse());
  }
  return triangles;
}

/** [256, 25]; bit c of a case is set where corner c is inside. */
export const marchingTable: Uint8Array = (() => {
  const table = new Uint8Array(256 * TABLE_ROW);
  for (let mask = 0; mask < 256; mask++) {
    const triangles = trianglesOf(mask);
    if (triangles.length >= TABLE_ROW) throw new RangeError(`case ${mask} has too many triangles`);
    table[mask * TABLE_ROW] = triangles.length / 3;
    table.set(triangles, mask * TABLE_ROW + 1);
  }
  return table;
})();
