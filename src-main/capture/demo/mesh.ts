/**
 * Meshes while they are made: small parts with positions, normals and solid texture coordinates, and the shapes that they come
 * from. A part stands upright (z up) on the origin, in metres, until `place` moves it.
 *
 * Texture coordinates are three numbers, the point in the part's own frame, so that wood grain runs through a board and stays
 * with it when it is moved.
 */

export type Vector = readonly [number, number, number];

export interface Part {
  /** [vertices, 3] each */
  readonly positions: number[];
  readonly normals: number[];
  readonly texture: number[];
  /** [triangles, 3] */
  readonly indices: number[];
  /** a flat parallelogram of four vertices in a row round, whose light is kept on a grid rather than at its corners */
  readonly flat: boolean;
}

export function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function normalise(a: Vector): Vector {
  const length = Math.hypot(a[0], a[1], a[2]) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}

function emptyPart(flat = false): Part {
  return { positions: [], normals: [], texture: [], indices: [], flat };
}

/** A parallelogram from its corner along two edges; it faces edge × edge. */
export function quad(corner: Vector, u: Vector, v: Vector): Part {
  const part = emptyPart(true);
  const normal = normalise(cross(u, v));
  const corners = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  for (const [a, b] of corners) {
    for (let k = 0; k < 3; k++) {
      part.positions.push(corner[k] + a * u[k] + b * v[k]);
      part.normals.push(normal[k]);
    }
  }
  part.texture.push(...part.positions);
  part.indices.push(0, 1, 2, 0, 2, 3);
  return part;
}

/** A box by its lower corner and its size: six flat faces. */
export function box(corner: Vector, size: Vector): Part[] {
  const [x, y, z] = corner;
  const [w, d, h] = size;
  return [
    quad([x, y, z + h], [w, 0, 0], [0, d, 0]),
    quad([x, y, z], [0, d, 0], [w, 0, 0]),
    quad([x, y, z], [w, 0, 0], [0, 0, h]),
    quad([x, y + d, z], [0, 0, h], [w, 0, 0]),
    quad([x, y, z], [0, 0, h], [0, d, 0]),
    quad([x + w, y, z], [0, d, 0], [0, 0, h]),
  ];
}

/** A box whose base is centred on (x, y) at height z. */
export function block(x: number, y: number, z: number, w: number, d: number, h: number): Part[] {
  return box([x - w / 2, y - d / 2, z], [w, d, h]);
}

/** Points of a smooth curve through the given ones (centripetal enough for profiles: uniform Catmull–Rom). */
export function curve(points: readonly (readonly number[])[], steps: number): number[][] {
  const out: number[][] = [];
  const last = points.length - 1;
  for (let i = 0; i < last; i++) {
    const [p0, p1, p2, p3] = [points[Math.max(0, i - 1)], points[i], points[i + 1], points[Math.min(last, i + 2)]];
    for (let s = 0; s < steps; s++) {
      const t = s / steps;
      out.push(
        p1.map((b, k) => {
          const [a, c, d] = [p0[k], p2[k], p3[k]];
          return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
        }),
      );
    }
  }
  out.push([...points[last]]);
  return out;
}

/**
 * A surface of revolution about z.
 *
 * @param profile  (radius, height) from the start of the surface to its end; the outside lies to its right, so an outer wall
 *                 runs upwards. Corners sharper than 35° stay sharp
 * @param wave     radius factor at an angle, for ribs
 */
export function lathe(profile: readonly (readonly number[])[], segments = 28, wave?: (angle: number) => number): Part {
  const part = emptyPart();
  const smooth: number[][][] = [];
  let run: number[][] = [[...profile[0]]];
  for (let i = 1; i < profile.length; i++) {
    run.push([...profile[i]]);
    if (i === profile.length - 1 || sharp(profile[i - 1], profile[i], profile[i + 1])) {
      smooth.push(run);
      run = [[...profile[i]]];
    }
  }
  for (const points of smooth) addBand(part, points, segments, wave);
  return part;
}

function sharp(a: readonly number[], b: readonly number[], c: readonly number[]): boolean {
  const [ux, uy, vx, vy] = [b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]];
  return ux * vx + uy * vy < Math.cos((35 * Math.PI) / 180) * Math.hypot(ux, uy) * Math.hypot(vx, vy);
}

function addBand(part: Part, points: number[][], segments: number, wave?: (angle: number) => number): void {
  const first = part.positions.length / 3;
  points.forEach(([radius, z], row) => {
    const [before, after] = [points[Math.max(0, row - 1)], points[Math.min(points.length - 1, row + 1)]];
    const [dr, dz] = [after[0] - before[0], after[1] - before[1]];
    const length = Math.hypot(dr, dz) || 1;
    for (let s = 0; s <= segments; s++) {
      const angle = (2 * Math.PI * s) / segments;
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      const factor = wave ? wave(angle) : 1;
      const r = radius * factor;
      part.positions.push(r * cosine, r * sine, z);
      part.texture.push(r * cosine, r * sine, z);
      // The slope of the ribs turns the normal about z.
      const slope = wave ? (wave(angle + 0.01) - wave(angle - 0.01)) / 0.02 / factor : 0;
      const [nx, ny, nz] = normalise([
        (dz / length) * (cosine + slope * sine),
        (dz / length) * (sine - slope * cosine),
        -dr / length,
      ]);
      part.normals.push(nx, ny, nz);
    }
  });
  const stride = segments + 1;
  for (let row = 0; row + 1 < points.length; row++) {
    for (let s = 0; s < segments; s++) {
      const a = first + row * stride + s;
      if (points[row][0] > 1e-9) part.indices.push(a, a + 1, a + stride + 1);
      if (points[row + 1][0] > 1e-9) part.indices.push(a, a + stride + 1, a + stride);
    }
  }
}

/** |sin|^e with its sign: e < 1 makes boxes of ellipsoids. */
function signedPower(value: number, exponent: number): number {
  return Math.sign(value) * Math.pow(Math.abs(value), exponent);
}

/**
 * An ellipsoid, or with `squareness` below 1 a box with rounded edges (superellipsoid; Barr 1981).
 *
 * @param centre  of the body
 * @param radii   half sizes
 */
export function ellipsoid(centre: Vector, radii: Vector, squareness = 1, rings = 12, segments = 20): Part {
  const part = emptyPart();
  const e = squareness;
  for (let i = 0; i <= rings; i++) {
    const latitude = Math.PI * (i / rings - 0.5);
    for (let s = 0; s <= segments; s++) {
      const longitude = (2 * Math.PI * s) / segments;
      const [cl, sl] = [Math.cos(latitude), Math.sin(latitude)];
      const [co, so] = [Math.cos(longitude), Math.sin(longitude)];
      const local: Vector = [
        radii[0] * signedPower(cl, e) * signedPower(co, e),
        radii[1] * signedPower(cl, e) * signedPower(so, e),
        radii[2] * signedPower(sl, e),
      ];
      const normal = normalise([
        (signedPower(cl, 2 - e) * signedPower(co, 2 - e)) / radii[0],
        (signedPower(cl, 2 - e) * signedPower(so, 2 - e)) / radii[1],
        signedPower(sl, 2 - e) / radii[2],
      ]);
      for (let k = 0; k < 3; k++) {
        part.positions.push(centre[k] + local[k]);
        part.texture.push(centre[k] + local[k]);
        part.normals.push(normal[k]);
      }
    }
  }
  addGrid(part, rings, segments, 0);
  return part;
}

/** Triangles of a grid of (rows + 1) × (columns + 1) vertices. */
function addGrid(part: Part, rows: number, columns: number, first: number): void {
  const stride = columns + 1;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const a = first + i * stride + j;
      part.indices.push(a, a + 1, a + stride + 1, a, a + stride + 1, a + stride);
    }
  }
}

/** A bent tube along a path, closed at both ends by flat caps. @param radius  at 0 … 1 along the path */
export function tube(path: readonly (readonly number[])[], radius: (t: number) => number, segments = 10): Part {
  const part = emptyPart();
  let side: Vector = [0, 0, 0];
  const last = path.length - 1;
  for (let i = 0; i <= last; i++) {
    const [a, b] = [path[Math.max(0, i - 1)], path[Math.min(last, i + 1)]];
    const along = normalise([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
    if (i === 0) side = Math.abs(along[2]) < 0.9 ? cross(along, [0, 0, 1]) : cross(along, [1, 0, 0]);
    // The frame moves along without turning about the path.
    const dot = side[0] * along[0] + side[1] * along[1] + side[2] * along[2];
    side = normalise([side[0] - dot * along[0], side[1] - dot * along[1], side[2] - dot * along[2]]);
    const other = cross(along, side);
    const r = radius(last === 0 ? 0 : i / last);
    for (let s = 0; s <= segments; s++) {
      const angle = (2 * Math.PI * s) / segments;
      for (let k = 0; k < 3; k++) {
        const n = Math.cos(angle) * side[k] + Math.sin(angle) * other[k];
        part.positions.push(path[i][k] + r * n);
        part.texture.push(path[i][k] + r * n);
        part.normals.push(n);
      }
    }
  }
  addGrid(part, last, segments, 0);
  for (const end of [0, last]) {
    const [a, b] = end === 0 ? [path[1], path[0]] : [path[last - 1], path[last]];
    addCap(part, path[end], normalise([b[0] - a[0], b[1] - a[1], b[2] - a[2]]), end * (segments + 1), segments);
  }
  return part;
}

function addCap(part: Part, centre: readonly number[], normal: Vector, ring: number, segments: number): void {
  const first = part.positions.length / 3;
  part.positions.push(centre[0], centre[1], centre[2]);
  part.texture.push(centre[0], centre[1], centre[2]);
  part.normals.push(...normal);
  for (let s = 0; s <= segments; s++) {
    for (let k = 0; k < 3; k++) {
      part.positions.push(part.positions[3 * (ring + s) + k]);
      part.texture.push(part.texture[3 * (ring + s) + k]);
      part.normals.push(normal[k]);
    }
  }
  for (let s = 0; s < segments; s++) part.indices.push(first, first + 1 + s, first + 2 + s);
}

/** A thin blade along a path, `width(t)` wide, with `across` as its direction of width; seen from both sides. */
export function blade(
  path: readonly (readonly number[])[],
  across: Vector,
  width: (t: number) => number,
  columns = 2,
  fold = 0,
): Part {
  const part = emptyPart();
  const last = path.length - 1;
  for (let i = 0; i <= last; i++) {
    const [a, b] = [path[Math.max(0, i - 1)], path[Math.min(last, i + 1)]];
    const along = normalise([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
    const up = normalise(cross(along, across));
    const w = width(i / last);
    for (let j = 0; j <= columns; j++) {
      const s = (2 * j) / columns - 1;
      for (let k = 0; k < 3; k++) {
        const point = path[i][k] + (s * across[k] * w) / 2 + Math.abs(s) * up[k] * fold * w;
        part.positions.push(point);
        part.texture.push(point);
      }
      part.normals.push(
        ...normalise([0, 1, 2].map((k) => up[k] - Math.sign(s) * fold * across[k]) as unknown as Vector),
      );
    }
  }
  addGrid(part, last, columns, 0);
  return part;
}

/** A convex or star-shaped outline in the x–z plane, given depth along y: roofs, clock faces, wheels seen from the side. */
export function extrude(outline: readonly (readonly number[])[], y0: number, y1: number): Part {
  const part = emptyPart();
  const count = outline.length;
  const centre = [0, 1].map((k) => outline.reduce((sum, point) => sum + point[k], 0) / count);
  for (const [y, sign] of [
    [y0, -1],
    [y1, 1],
  ]) {
    const first = part.positions.length / 3;
    for (const [x, z] of [centre, ...outline]) {
      part.positions.push(x, y, z);
      part.normals.push(0, sign, 0);
    }
    for (let i = 0; i < count; i++) part.indices.push(first, first + 1 + i, first + 1 + ((i + 1) % count));
  }
  for (let i = 0; i < count; i++) {
    const [a, b] = [outline[i], outline[(i + 1) % count]];
    const first = part.positions.length / 3;
    const normal = normalise([b[1] - a[1], 0, a[0] - b[0]]);
    for (const [p, y] of [
      [a, y0],
      [b, y0],
      [b, y1],
      [a, y1],
    ] as const) {
      part.positions.push(p[0], y, p[1]);
      part.normals.push(...normal);
    }
    part.indices.push(first, first + 1, first + 2, first, first + 2, first + 3);
  }
  part.texture.push(...part.positions);
  return part;
}

/** Where a shape goes: scaled, turned about z by `turn` radians, tilted first about x by `tilt`, then moved. */
export interface Placement {
  readonly at: Vector;
  readonly turn?: number;
  readonly tilt?: number;
  readonly scale?: number;
}

/** A moved copy; texture coordinates scale but do not move, so that patterns stay with the thing. */
export function place(part: Part, { at, turn = 0, tilt = 0, scale = 1 }: Placement): Part {
  const [c, s, ct, st] = [Math.cos(turn), Math.sin(turn), Math.cos(tilt), Math.sin(tilt)];
  const out: Part = { ...part, positions: [], normals: [], texture: part.texture.map((value) => value * scale) };
  const rotate = (values: readonly number[], i: number): Vector => {
    const [x, y0, z0] = [values[i], values[i + 1], values[i + 2]];
    const [y, z] = [ct * y0 - st * z0, st * y0 + ct * z0];
    return [c * x - s * y, s * x + c * y, z];
  };
  for (let i = 0; i < part.positions.length; i += 3) {
    const p = rotate(part.positions, i);
    out.positions.push(at[0] + scale * p[0], at[1] + scale * p[1], at[2] + scale * p[2]);
    out.normals.push(...rotate(part.normals, i));
  }
  return out;
}
