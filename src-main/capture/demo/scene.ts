/**
 * A room ready to be seen: triangles with surfaces and instances, the points at which light is kept, and the lamps.
 *
 * Light is view-independent on everything matt, so it is computed once (`lighting.ts`) and not for every photo: at the vertices
 * of curved parts, and on grids over flat ones ("patches").
 */
import { buildTree, type Tree } from './bvh';
import { RayCaster } from './rayCaster';
import type { Solid } from './shapes/index';
import type { Surface } from './surface';

/** A flat parallelogram with light on a grid: point (i, j) at origin + u·i/(columns−1) + v·j/(rows−1). */
export interface Patch {
  readonly origin: readonly number[];
  readonly u: readonly number[];
  readonly v: readonly number[];
  readonly columns: number;
  readonly rows: number;
  /** its first light point */
  readonly first: number;
}

export type Light =
  | {
      /** a shining parallelogram: light = colour · cos · cos · area / (π · distance²) */
      readonly kind: 'area';
      readonly corner: readonly number[];
      readonly u: readonly number[];
      readonly v: readonly number[];
      readonly colour: readonly number[];
    }
  | {
      /** a shining ball: light = colour · cos / distance² */
      readonly kind: 'ball';
      readonly centre: readonly number[];
      readonly radius: number;
      readonly colour: readonly number[];
    };

export interface Scene {
  readonly tree: Tree;
  /** per triangle, in the tree's order */
  readonly surfaceOf: Uint16Array;
  readonly instanceOf: Uint8Array;
  /** −1 for curved parts */
  readonly patchOf: Int32Array;
  /** [triangles, 3] vertices, in the tree's order */
  readonly vertices: Int32Array;
  /** [vertices, 3] */
  readonly normals: Float32Array;
  readonly texture: Float32Array;
  readonly surfaces: readonly Surface[];
  readonly patches: readonly Patch[];
  /** [vertices]: its light point, −1 on patches */
  readonly lightOf: Int32Array;
  /** [points, 3] */
  readonly lightPositions: Float32Array;
  readonly lightNormals: Float32Array;
  readonly lightThin: Uint8Array;
  readonly lights: readonly Light[];
  /** share of light that a triangle lets through, in the tree's order */
  readonly passes: Float32Array;
  readonly caster: RayCaster;
}

const sum = (a: readonly number[], b: readonly number[], s: number): number[] => a.map((value, k) => value + s * b[k]);

export class SceneBuilder {
  readonly #positions: number[] = [];
  readonly #normals: number[] = [];
  readonly #texture: number[] = [];
  readonly #lightOf: number[] = [];
  readonly #indices: number[] = [];
  readonly #surfaceOf: number[] = [];
  readonly #instanceOf: number[] = [];
  readonly #patchOf: number[] = [];
  readonly #surfaces: Surface[] = [];
  readonly #surfaceIds = new Map<Surface, number>();
  readonly #patches: Patch[] = [];
  readonly #lightPositions: number[] = [];
  readonly #lightNormals: number[] = [];
  readonly #lightThin: number[] = [];
  readonly #lights: Light[] = [];
  readonly #spacing: number;

  /** @param spacing  of light points on flat parts, metres */
  constructor(spacing = 0.05) {
    this.#spacing = spacing;
  }

  /** @param instance  1 … 255 @param coarseness  multiplies the spacing of light points */
  add(solid: Solid, instance: number, coarseness = 1): void {
    for (const { part, surface } of solid) {
      const first = this.#positions.length / 3;
      this.#positions.push(...part.positions);
      this.#normals.push(...part.normals);
      this.#texture.push(...part.texture);
      const surfaceId = this.#surfaceId(surface);
      const patch = part.flat ? this.#addPatch(part.positions, part.normals, surface, coarseness) : -1;
      for (let i = 0; i < part.positions.length / 3; i++) {
        this.#lightOf.push(
          part.flat
            ? -1
            : this.#addPoint(part.positions.slice(3 * i, 3 * i + 3), part.normals.slice(3 * i, 3 * i + 3), surface),
        );
      }
      for (let i = 0; i < part.indices.length; i += 3) {
        this.#indices.push(first + part.indices[i], first + part.indices[i + 1], first + part.indices[i + 2]);
        this.#surfaceOf.push(surfaceId);
        this.#instanceOf.push(instance);
        this.#patchOf.push(patch);
      }
    }
  }

  addLight(light: Light): void {
    this.#lights.push(light);
  }

  finish(): Scene {
    const corners = new Float32Array(3 * this.#indices.length);
    this.#indices.forEach((vertex, i) => {
      for (let k = 0; k < 3; k++) corners[3 * i + k] = this.#positions[3 * vertex + k];
    });
    const tree = buildTree(corners);
    const vertices = new Int32Array(this.#indices.length);
    tree.order.forEach((old, i) => {
      for (let k = 0; k < 3; k++) vertices[3 * i + k] = this.#indices[3 * old + k];
    });
    const surfaceOf = Uint16Array.from(tree.order, (old) => this.#surfaceOf[old]);
    const passes = Float32Array.from(surfaceOf, (id) => lightThrough(this.#surfaces[id]));
    return {
      tree,
      surfaceOf,
      instanceOf: Uint8Array.from(tree.order, (old) => this.#instanceOf[old]),
      patchOf: Int32Array.from(tree.order, (old) => this.#patchOf[old]),
      vertices,
      normals: Float32Array.from(this.#normals),
      texture: Float32Array.from(this.#texture),
      surfaces: this.#surfaces,
      patches: this.#patches,
      lightOf: Int32Array.from(this.#lightOf),
      lightPositions: Float32Array.from(this.#lightPositions),
      lightNormals: Float32Array.from(this.#lightNormals),
      lightThin: Uint8Array.from(this.#lightThin),
      lights: this.#lights,
      passes,
      caster: new RayCaster(tree, passes),
    };
  }

  #surfaceId(surface: Surface): number {
    let id = this.#surfaceIds.get(surface);
    if (id === undefined) {
      id = this.#surfaces.push(surface) - 1;
      this.#surfaceIds.set(surface, id);
    }
    return id;
  }

  #addPoint(position: readonly number[], normal: readonly number[], surface: Surface): number {
    this.#lightPositions.push(...position);
    this.#lightNormals.push(...normal);
    return this.#lightThin.push(surface.thin ? 1 : 0) - 1;
  }

  #addPatch(corners: readonly number[], normals: readonly number[], surface: Surface, coarseness: number): number {
    const corner = (i: number): number[] => corners.slice(3 * i, 3 * i + 3);
    const origin = corner(0);
    const [u, v] = [sum(corner(1), origin, -1), sum(corner(3), origin, -1)];
    const points = (edge: readonly number[]): number =>
      Math.max(2, Math.min(96, 1 + Math.ceil(Math.hypot(edge[0], edge[1], edge[2]) / (this.#spacing * coarseness))));
    const [columns, rows] = [points(u), points(v)];
    const first = this.#lightThin.length;
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        // Points at the very edge would lie inside the neighbour: a little inwards.
        const inward = (index: number, count: number): number => {
          const t = index / (count - 1);
          return 0.5 + (t - 0.5) * (1 - 0.4 / (count - 1));
        };
        this.#addPoint(sum(sum(origin, u, inward(i, columns)), v, inward(j, rows)), normals.slice(0, 3), surface);
      }
    }
    return this.#patches.push({ origin, u, v, columns, rows, first }) - 1;
  }
}

/** What a surface lets through to what lies behind it: glass most, a lit shade some, a flame or a bulb all. */
function lightThrough(surface: Surface): number {
  if (surface.clear > 0) return 0.5 + 0.5 * surface.clear;
  if (surface.glow >= 2) return 1;
  return surface.glow > 0 && surface.thin ? 0.25 : 0;
}
