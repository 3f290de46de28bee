/** Cells lie within ±32,768 along every axis. */
const keyOf = (x: number, y: number, z: number): number =>
  ((x + 32_768) * 65_536 + (y + 32_768)) * 65_536 + (z + 32_768);

/** Nearest points by a grid of cells: the search widens ring by ring until nothing nearer can come. */
export class PointGrid {
  readonly #points: Float32Array;
  readonly #cell: number;
  readonly #cells = new Map<number, number[]>();

  /** @param points  [n, 3] */
  constructor(points: Float32Array, cell: number) {
    this.#points = points;
    this.#cell = cell;
    for (let i = 0; i < points.length / 3; i++) {
      const key = keyOf(...this.#cellOf(points, i));
      const list = this.#cells.get(key);
      if (list) list.push(i);
      else this.#cells.set(key, [i]);
    }
  }

  #cellOf(points: Float32Array, i: number): [number, number, number] {
    const at = (k: number): number => Math.floor(points[3 * i + k] / this.#cell);
    return [at(0), at(1), at(2)];
  }

  /** The nearest point to point i of `of` within `reach`; distance is `reach` and index −1 where there is none. */
  nearest(of: Float32Array, i: number, reach: number): { index: number; distance: number } {
    const [cx, cy, cz] = this.#cellOf(of, i);
    let [index, best] = [-1, reach];
    for (let ring = 0; ring * this.#cell - this.#cell < best; ring++)
      for (let x = -ring; x <= ring; x++)
        for (let y = -ring; y <= ring; y++)
          for (let z = -ring; z <= ring; z++) {
            if (Math.max(Math.abs(x), Math.abs(y), Math.abs(z)) !== ring) continue;
            for (const j of this.#cells.get(keyOf(cx + x, cy + y, cz + z)) ?? []) {
              const p = this.#points;
              const d = Math.hypot(p[3 * j] - of[3 * i], p[3 * j + 1] - of[3 * i + 1], p[3 * j + 2] - of[3 * i + 2]);
              if (d < best) [index, best] = [j, d];
            }
          }
    return { index, distance: best };
  }
}
