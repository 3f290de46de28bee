/** S_G as bytes: within half a 127th of the largest number. Seeded. */
import { expect, it } from 'vitest';
import { packMeaning } from '../../../../src-main/training/viewer/packMeaning';
import { Random } from '../../kernels/scenes';

it('packs S_G within half of a 127th of the largest number', () => {
  const random = new Random(5);
  const semantics = Float32Array.from({ length: 50 * 9 }, () => 2 * random.normal());
  const words = [0, 4].map((first) => {
    const packed = new Uint32Array(50);
    packMeaning(semantics, 50, first as 0 | 4, packed);
    return packed;
  });
  const features = Float32Array.from({ length: 50 * 8 }, (_, i) => semantics[Math.floor(i / 8) * 9 + (i % 8)]);
  const largest = features.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  features.forEach((value, i) => {
    const byte = (words[(i % 8) >> 2][Math.floor(i / 8)] >>> (8 * (i & 3))) & 255;
    expect(Math.abs(((byte - 128) / 127) * largest - value)).toBeLessThanOrEqual((0.5 / 127) * largest + 1e-6);
  });
});
