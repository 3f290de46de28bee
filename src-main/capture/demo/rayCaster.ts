/**
 * Rays against the triangles of a tree: nearer boxes first, and the intersection of Möller and Trumbore (1997). A query allocates
 * nothing; its answer stays in the caster's fields.
 */
import { DEPTH, type Tree } from './bvh';

/** Boxes are a little deeper than rounding: a flat one must not be missed. */
const MARGIN = 1.0000004;

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
    const { bounds, links, triangles, root } = this.#tree;
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
    let node = root;
    for (;;) {
      if (node >= 0) {
        const l = 12 * node;
        const r = l + 6;
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
          const nearer = enterLeft <= enterRight ? 0 : 1;
          stack[depth] = links[2 * node + 1 - nearer];
          entries[depth++] = nearer === 0 ? enterRight : enterLeft;
          node = links[2 * node + nearer];
          continue;
        }
        if (hitLeft) {
          node = links[2 * node];
          continue;
        }
        if (hitRight) {
          node = links[2 * node + 1];
          continue;
        }
      } else {
        const leaf = -1 - node;
        const first = 9 * (leaf >> 3);
        const last = first + 9 * (leaf & 7);
        for (let t = first; t < last; t += 9) {
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
