/** Superpixels and the maps they share: connected, true to edges, deterministic; and pooling against the plain mean of an upsampled D. */
import { describe, expect, it } from 'vitest';
import { pooledArgmax } from '../../../../src-main/language/codebook/poolSimilarities';
import { labOf, superpixels } from '../../../../src-main/language/codebook/superpixels';
import { Random } from '../../kernels/scenes';

/** A picture from a function of its pixels. */
function picture(width: number, height: number, colour: (x: number, y: number) => readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const p = Math.floor(i / 3);
    return colour(p % width, Math.floor(p / width))[i % 3];
  });
}

/** Pixels that can be reached from the first one of a label without leaving it. */
function reachable(labels: Int32Array, width: number, label: number): number {
  const todo = [labels.indexOf(label)];
  const seen = new Set(todo);
  for (let p = todo.pop(); p !== undefined; p = todo.pop()) {
    const beside = [p % width > 0 ? p - 1 : -1, p % width < width - 1 ? p + 1 : -1, p - width, p + width];
    for (const q of beside)
      if (labels[q] === label && !seen.has(q)) {
        seen.add(q);
        todo.push(q);
      }
  }
  return seen.size;
}

describe('superpixels', () => {
  it('measure colours in Lab: white, grey, and the primaries of sRGB', () => {
    const lab = labOf(Uint8Array.of(255, 255, 255, 119, 119, 119, 255, 0, 0, 0, 0, 255));
    // CIE values of sRGB under D65, to the two digits that tables give.
    const expected = [100, 0, 0, 50.03, 0, 0, 53.24, 80.09, 67.2, 32.3, 79.19, -107.86];
    expected.forEach((value, i) => expect(Math.abs(lab[i] - value)).toBeLessThan(0.05));
  });

  it('are connected, numbered without gaps, and the same each time', () => {
    const random = new Random(2);
    const rgb = picture(90, 60, () => [random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255)]);
    const { labels, count } = superpixels(rgb, 90, 60, { step: 12 });
    expect(new Set(labels).size).toBe(count);
    expect(Math.max(...labels)).toBe(count - 1);
    for (let label = 0; label < count; label++)
      expect(reachable(labels, 90, label)).toBe(labels.filter((one) => one === label).length);
    expect(superpixels(rgb, 90, 60, { step: 12 })).toEqual({ labels, count });
  });

  it('do not cross an edge, and leave a part of a few px its own patches', () => {
    // A slanted edge between two colours, and a bar of 3 px in a third.
    const side = (x: number, y: number): number => (y >= 30 && y < 33 ? 2 : x + 0.4 * y < 40 ? 0 : 1);
    const colours = [
      [200, 60, 60],
      [60, 60, 200],
      [240, 240, 200],
    ];
    const rgb = picture(80, 60, (x, y) => colours[side(x, y)]);
    const { labels, count } = superpixels(rgb, 80, 60, { step: 10 });
    const found = Array.from({ length: count }, () => new Map<number, number>());
    labels.forEach((label, p) => {
      const kind = side(p % 80, Math.floor(p / 80));
      found[label].set(kind, (found[label].get(kind) ?? 0) + 1);
    });
    const pure = found.filter((kinds) => kinds.size === 1).length;
    expect(pure).toBe(count);
  });

  it('take a picture of one colour, of one pixel, and smaller than a step', () => {
    expect(superpixels(new Uint8Array(3 * 40 * 30), 40, 30, { step: 10 }).count).toBe(12);
    expect(superpixels(Uint8Array.of(1, 2, 3), 1, 1, { step: 10 })).toEqual({ labels: Int32Array.of(0), count: 1 });
    expect(superpixels(new Uint8Array(3 * 5 * 4), 5, 4, { step: 10 }).count).toBe(1);
  });

  it('take less than a second for a photo of 320 × 240', () => {
    const random = new Random(3);
    const rgb = picture(320, 240, (x, y) => [x / 2 + random.uniform(0, 40), y / 2, random.uniform(0, 200)]);
    superpixels(rgb, 320, 240, { step: 23 });
    const begun = process.cpuUsage();
    superpixels(rgb, 320, 240, { step: 23 });
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(1);
  });
});

describe('pooling similarities over superpixels', () => {
  it('takes the best entry of the mean of D upsampled bilinearly', () => {
    const random = new Random(7);
    const shape = { rows: 4, columns: 5, entries: 6, width: 23, height: 17 };
    const { rows, columns, entries, width, height } = shape;
    const d = Float32Array.from({ length: rows * columns * entries }, () => random.normal());
    const labels = Int32Array.from(
      { length: width * height },
      (_, p) => Math.floor((p % width) / 6) + 4 * Math.floor(Math.floor(p / width) / 5),
    );
    const count = Math.max(...labels) + 1;
    const out = new Uint8Array(width * height);
    pooledArgmax(d, shape, { labels, count }, out);

    const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));
    const sums = new Float64Array(count * entries);
    labels.forEach((label, p) => {
      const u = clamp((((p % width) + 0.5) * columns) / width - 0.5, columns - 1);
      const v = clamp(((Math.floor(p / width) + 0.5) * rows) / height - 0.5, rows - 1);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const weight = Math.max(0, 1 - Math.abs(u - column)) * Math.max(0, 1 - Math.abs(v - row));
          for (let e = 0; e < entries; e++)
            sums[label * entries + e] += weight * d[(row * columns + column) * entries + e];
        }
    });
    out.forEach((entry, p) => {
      const own = sums.subarray(labels[p] * entries, (labels[p] + 1) * entries);
      expect(entry).toBe(own.indexOf(Math.max(...own)));
    });
    expect(new Set(out).size).toBeGreaterThan(2);
  });
});
