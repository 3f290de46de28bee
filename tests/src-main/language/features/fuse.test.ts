/**
 * Fusing against the definition, written out in float64: bilinear at cell centres, mean over levels, normalised at the end.
 * Tolerance 1e-5: float32 sums of unit vectors.
 */
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../../src-main/base/index';
import type { EmbeddingGrid, PhotoFeatures } from '../../../../src-main/language/features/featureFile';
import { denseGrid, Fuser, positionIn } from '../../../../src-main/language/features/fuse';
import { halfTable, toHalf } from '../../../../src-main/language/features/half';

const CLIP = 5;
const DINO = 3;

function unitVectors(count: number, width: number, purpose: string): Uint16Array {
  const random = new CounterRandom(11, purpose);
  const out = new Uint16Array(count * width);
  for (let row = 0; row < count; row++) {
    const vector = Array.from({ length: width }, (_, i) => random.normal(row * width + i));
    const length = Math.hypot(...vector);
    for (const [i, value] of vector.entries()) out[row * width + i] = toHalf(value / length);
  }
  return out;
}

function features(changes: Partial<PhotoFeatures> = {}): PhotoFeatures {
  const grids: EmbeddingGrid[] = [
    { columns: 7, rows: 5, at: 'edges' },
    { columns: 4, rows: 3, at: 'edges' },
    { columns: 2, rows: 2, at: 'centres' },
  ];
  return {
    stage: 'crops',
    width: 60,
    height: 40,
    keys: { photo: 'p', clip: 'c', dino: 'd' },
    clipWidth: CLIP,
    dinoWidth: DINO,
    grids,
    clip: unitVectors(35 + 12 + 4, CLIP, 'clip'),
    boxes: null,
    dino: unitVectors(6 * 9, DINO, 'dino'),
    tokenRows: 6,
    tokenColumns: 9,
    kept: null,
    ...changes,
  };
}

const value = (halves: Uint16Array, index: number): number => halfTable()[halves[index]];

/** Bilinear of a grid at shares (x, y) of the photo, straight from the definition. */
function sample(
  halves: Uint16Array,
  start: number,
  grid: EmbeddingGrid,
  width: number,
  x: number,
  y: number,
): number[] {
  const axis = (count: number, share: number): [number, number, number] => {
    const at = grid.at === 'edges' ? share * (count - 1) : Math.min(count - 1, Math.max(0, share * count - 0.5));
    return [Math.floor(at), Math.min(count - 1, Math.floor(at) + 1), at - Math.floor(at)];
  };
  const [x0, x1, u] = axis(grid.columns, x);
  const [y0, y1, v] = axis(grid.rows, y);
  const at = (row: number, column: number, i: number) =>
    value(halves, start + (row * grid.columns + column) * width + i);
  return Array.from(
    { length: width },
    (_, i) =>
      (1 - v) * ((1 - u) * at(y0, x0, i) + u * at(y0, x1, i)) + v * ((1 - u) * at(y1, x0, i) + u * at(y1, x1, i)),
  );
}

const unit = (vector: number[]): number[] => vector.map((one) => one / Math.hypot(...vector));

function reference(photo: PhotoFeatures, x: number, y: number): number[] {
  let start = 0;
  const clip = new Array<number>(CLIP).fill(0);
  for (const grid of photo.grids) {
    for (const [i, one] of sample(photo.clip, start, grid, CLIP, x, y).entries()) clip[i] += one;
    start += grid.columns * grid.rows * CLIP;
  }
  const tokens = { columns: photo.tokenColumns, rows: photo.tokenRows, at: 'centres' } as const;
  return [...unit(clip), ...unit(sample(photo.dino, 0, tokens, DINO, x, y))];
}

describe('fusing', () => {
  it('is bilinear over every level, mean, then unit halves', () => {
    const photo = features();
    const { cells, valid } = new Fuser().fuse(photo, 8, 12);
    expect(valid).toBeNull();
    for (let row = 0; row < 8; row++)
      for (let column = 0; column < 12; column++) {
        const expected = reference(photo, (column + 0.5) / 12, (row + 0.5) / 8);
        for (const [i, one] of expected.entries())
          expect(Math.abs(cells[(row * 12 + column) * (CLIP + DINO) + i] - one)).toBeLessThan(1e-5);
      }
  });

  it('reuses the array that it is given, leaving nothing of another photo', () => {
    const fuser = new Fuser();
    const into = new Float32Array(8 * 12 * (CLIP + DINO) + 10).fill(7);
    const first = fuser.fuse(features(), 8, 12, into);
    expect(first.cells.buffer).toBe(into.buffer);
    expect(first.cells).toHaveLength(8 * 12 * (CLIP + DINO));
    expect(first.cells).toEqual(new Fuser().fuse(features(), 8, 12).cells);
    expect(fuser.fuse(features(), 8, 12, new Float32Array(3)).cells).toEqual(first.cells);
  });

  it('random crops: the mean of all that contain the cell’s centre', () => {
    // Two crops of half the height over a 60×40 photo: at the left, and across the middle.
    const boxes = Float32Array.of(0, 0, 0.5, 0.25, 0, 0.5);
    const clip = unitVectors(2, CLIP, 'boxes');
    const photo = features({ grids: [], boxes, clip });
    const { cells, valid } = new Fuser().fuse(photo, 8, 12);
    const at = (row: number, column: number) =>
      Array.from(cells.subarray((row * 12 + column) * (CLIP + DINO)).slice(0, CLIP));
    const [first, second] = [0, 1].map((crop) => Array.from({ length: CLIP }, (_, i) => value(clip, crop * CLIP + i)));
    const both = unit(first.map((one, i) => one + second[i]));
    // A cell is 5 px wide: columns 0–1 see the first crop (0–20 px) alone, 2–3 both, 4–5 the second (10–30 px) alone.
    for (const [column, expected] of [unit(first), unit(first), both, both, unit(second), unit(second)].entries())
      for (const [i, one] of at(3, column).entries()) expect(Math.abs(one - expected[i])).toBeLessThan(1e-5);
    expect(valid).not.toBeNull();
    expect(valid![3 * 12 + 5]).toBe(1);
    expect(valid![3 * 12 + 6]).toBe(0);
    expect(valid![4 * 12]).toBe(0);
    expect(at(3, 6)).toEqual([0, 0, 0, 0, 0]);
  });

  it('cells that are mostly masked have no label and hold zeros', () => {
    // The left third is masked: 4 of 12 columns, plus a column of 40 %.
    const kept = { rows: 1, columns: 60, data: Uint8Array.from({ length: 60 }, (_, x) => (x < 23 ? 0 : 255)) };
    const { cells, valid } = new Fuser().fuse(features({ kept }), 8, 12);
    const row = Array.from(valid!.subarray(0, 12));
    expect(row).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect(cells.subarray(0, CLIP + DINO).every((one) => one === 0)).toBe(true);
  });

  it('positions: edges span the photo, centres are clamped', () => {
    expect(positionIn(5, 'edges', 0)).toBe(0);
    expect(positionIn(5, 'edges', 1)).toBe(4);
    expect(positionIn(4, 'centres', 0.125)).toBe(0);
    expect(positionIn(4, 'centres', 0.5)).toBe(1.5);
    expect(positionIn(4, 'centres', 0)).toBe(0);
    expect(positionIn(1, 'centres', 0.9)).toBe(0);
    expect(denseGrid(320, 240, 60)).toEqual({ rows: 60, columns: 80 });
    expect(denseGrid(1, 4000, 60)).toEqual({ rows: 60, columns: 1 });
  });
});
