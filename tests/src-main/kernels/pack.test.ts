/**
 * Packing for viewers: the native kernel against its readable twin, and both against Spark, which draws from these words: its own
 * unpacking must give back what was packed.
 *
 * Tolerances follow from the bits: half a step of a byte in its range, 2^-11 of a position, half a step of the harmonics. Native and
 * twin may round a value differently that lies within 1e-6 of a tie: at most one byte in a thousand differs, by one.
 */
import { fromHalf, unpackSplat } from '@sparkjsdev/spark';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKernels, middleOf, packRange, packSplats } from '../../../src-main/kernels/index';
import { halfBits, HARMONIC_BANDS } from '../../../src-main/kernels/pack.reference';
import type { PackedWords, PackInput, PackRange } from '../../../src-main/kernels/pack.reference';
import { BACKENDS } from './backends';
import { Random } from './scenes';

function scene(count: number, shDegree: number, seed = 3): PackInput {
  const random = new Random(seed);
  const geometry = Float32Array.from({ length: 11 * Math.max(count, 4) }, (_, i) => {
    const column = i % 11;
    if (column < 3) return 5 + 2 * random.normal();
    if (column < 6) return -4 + random.normal();
    return column === 10 ? 3 * random.normal() : random.normal();
  });
  const sphericalHarmonics = Float32Array.from({ length: 48 * count }, (_, i) =>
    i % 48 < 3 ? 0.8 * random.normal() : 0.1 * random.normal(),
  );
  // No rotation, a half turn, a rotation with w < 0, an axis that points down.
  geometry.set([1, 0, 0, 0], 6);
  geometry.set([0, 0, 0, 2], 17);
  geometry.set([-0.5, 0.1, -0.3, 0.4], 28);
  geometry.set([0.5, 0.2, 0.3, -0.9], 39);
  return { geometry, sphericalHarmonics, count, shDegree };
}

function packed(input: PackInput): { range: PackRange; words: PackedWords } {
  const { centre } = middleOf(input.geometry, input.count);
  const range = packRange(input, centre);
  const band = (index: number) =>
    index < input.shDegree ? new Uint32Array(HARMONIC_BANDS[index].words * input.count).fill(0xffff_ffff) : null;
  const words = { splats: new Uint32Array(4 * input.count), sh1: band(0), sh2: band(1), sh3: band(2) };
  packSplats(input, range, words);
  return { range, words };
}

/** Signed value of `bits` bits that start at a bit of a row of words, as Spark's shader takes them out. */
function signedBits(words: Uint32Array, at: number, start: number, bits: number): number {
  let value = 0;
  for (let i = 0; i < bits; i++) {
    const bit = start + i;
    value |= ((words[at + (bit >>> 5)] >>> (bit & 31)) & 1) << i;
  }
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

describe('half floats', () => {
  it('round to the nearest, even on ties, and hold what Spark reads', () => {
    for (const value of [
      0,
      1,
      -1,
      0.1,
      65_504,
      1e9,
      -7e4,
      6e-8,
      3e-8,
      2.5e-8,
      6.1e-5,
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
    ]) {
      const read = fromHalf(halfBits(value));
      const size = Math.min(65_504, Math.abs(value));
      expect(Math.abs(Math.abs(read) - size)).toBeLessThanOrEqual(Math.max(2 ** -25, size * 2 ** -11));
    }
    expect(fromHalf(halfBits(1 + 2 ** -11))).toBe(1);
    expect(fromHalf(halfBits(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
  });
});

describe.each(BACKENDS)('packing with %s kernels', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 2 }));

  it('is what Spark unpacks', () => {
    const input = scene(5000, 3);
    const { range, words } = packed(input);
    const colourStep = (range.rgbMax - range.rgbMin) / 255;
    const scaleStep = (range.lnScaleMax - range.lnScaleMin) / 254;
    for (let row = 0; row < input.count; row++) {
      const g = input.geometry.subarray(11 * row, 11 * row + 11);
      const { center, scales, quaternion, opacity, color } = unpackSplat(words.splats, row, { ...range });
      [center.x, center.y, center.z].forEach((value, k) => {
        const exact = g[k] - range.origin[k];
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -11 + 1e-6);
      });
      [scales.x, scales.y, scales.z].forEach((value, k) => {
        const exact = Math.max(g[3 + k], range.lnScaleMin);
        expect(Math.abs(Math.log(value) - exact)).toBeLessThanOrEqual(scaleStep / 2 + 1e-5);
      });
      expect(Math.abs(opacity - 1 / (1 + Math.exp(-g[10])))).toBeLessThanOrEqual(0.5 / 255 + 1e-6);
      [color.r, color.g, color.b].forEach((value, k) => {
        const exact = 0.5 + 0.28209479 * input.sphericalHarmonics[48 * row + k];
        const shown = Math.min(range.rgbMax, Math.max(range.rgbMin, exact));
        expect(Math.abs(value - shown)).toBeLessThanOrEqual(colourStep / 2 + 1e-6);
      });
      // Half a step of the angle is 0.35°; half a step of the axis at most √6·√3/255 = 0.95°, doubled by a half turn.
      const length = Math.hypot(g[6], g[7], g[8], g[9]);
      const along = g[6] * quaternion.w + g[7] * quaternion.x + g[8] * quaternion.y + g[9] * quaternion.z;
      expect(2 * Math.acos(Math.min(1, Math.abs(along) / length))).toBeLessThan((2.25 * Math.PI) / 180);
    }
  });

  it('keeps harmonics to half a step of their bits', () => {
    const input = scene(500, 3);
    const { range, words } = packed(input);
    HARMONIC_BANDS.forEach(({ name, from, values, bits, words: perRow }) => {
      const max = range[`${name}Max`];
      const step = max / (2 ** (bits - 1) - 1);
      for (let row = 0; row < input.count; row++)
        for (let i = 0; i < values; i++) {
          const exact = Math.min(max, Math.max(-max, input.sphericalHarmonics[48 * row + from + i]));
          const read = signedBits(words[name]!, row * perRow, i * bits, bits) * step;
          expect(Math.abs(read - exact)).toBeLessThanOrEqual(step / 2 + 1e-6);
        }
    });
  });

  it('packs no band above the degree, and no splats', () => {
    expect(packed(scene(10, 1)).words.sh2).toBeNull();
    expect(() => packed(scene(0, 0))).not.toThrow();
  });

  it('refuses arrays that are too short', () => {
    const input = scene(10, 0);
    const { range, words } = packed(input);
    expect(() => packSplats({ ...input, count: 11 }, range, words)).toThrow(/geometry/);
    expect(() => packSplats(input, range, { ...words, splats: new Uint32Array(39) })).toThrow(/splats/);
  });
});

describe.runIf(BACKENDS.includes('native'))('native packing', () => {
  it('is the twin’s, byte for byte but for ties, at any number of threads', async () => {
    const input = scene(9000, 3, 8);
    await initKernels({ backend: 'reference' });
    const twin = packed(input);
    for (const threads of [1, 3]) {
      await initKernels({ backend: 'native', threads });
      const own = packed(input);
      for (const name of ['rgbMin', 'rgbMax', 'lnScaleMin', 'lnScaleMax', 'sh1Max', 'sh2Max', 'sh3Max'] as const)
        expect(own.range[name]).toBeCloseTo(twin.range[name], 5);
      packSplats(input, twin.range, own.words);
      const [a, b] = [own.words.splats, twin.words.splats].map((words) => new Uint8Array(words.buffer));
      let different = 0;
      a.forEach((byte, i) => {
        if (byte === b[i]) return;
        different++;
        expect(Math.abs(byte - b[i])).toBe(1);
      });
      expect(different).toBeLessThan(a.length / 1000);
      for (const name of ['sh1', 'sh2', 'sh3'] as const) {
        const unequal = own.words[name]!.filter((word, i) => word !== twin.words[name]![i]);
        expect(unequal.length).toBeLessThan(own.words[name]!.length / 1000);
      }
    }
  });
});
