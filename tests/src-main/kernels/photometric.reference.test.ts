/**
 * The photometric loss: SSIM against its definition summed directly over 11×11 windows (1e-12: same numbers, other order),
 * the gradient against central differences (1e-5 by METHOD §7; the loss is smooth off x = y, so 1e-7 is reached).
 */
import { describe, expect, it } from 'vitest';
import {
  SSIM_C1,
  SSIM_C2,
  SSIM_SIGMA,
  SSIM_WINDOW,
  gaussianWindow,
  photometricReference,
} from '../../../src-main/kernels/photometric.reference';
import { expectClose } from './closeTo';
import { Random } from './scenes';

function pictures(seed: number, width: number, height: number) {
  const random = new Random(seed);
  const draw = (): Float64Array => Float64Array.from({ length: 3 * width * height }, () => random.uniform());
  const mask = Float64Array.from({ length: width * height }, () => (random.uniform() < 0.6 ? 1 : 0));
  return { image: draw(), target: draw(), mask };
}

/** Mean SSIM with a two-dimensional window, straight from the definition. */
function bruteForceSsim(x: Float64Array, y: Float64Array, mask: Float64Array, width: number, height: number): number {
  const half = (SSIM_WINDOW - 1) / 2;
  const weight = (dx: number, dy: number): number => Math.exp(-(dx * dx + dy * dy) / (2 * SSIM_SIGMA ** 2));
  let total = 0;
  for (let dy = -half; dy <= half; dy++) for (let dx = -half; dx <= half; dx++) total += weight(dx, dy);
  let [sum, terms] = [0, 0];
  for (let c = 0; c < 3; c++) {
    for (let py = 0; py < height; py++) {
      for (let px = 0; px < width; px++) {
        let [mx, my, xx, yy, xy] = [0, 0, 0, 0, 0];
        for (let dy = -half; dy <= half; dy++) {
          for (let dx = -half; dx <= half; dx++) {
            if (px + dx < 0 || px + dx >= width || py + dy < 0 || py + dy >= height) continue;
            const at = (c * height + py + dy) * width + px + dx;
            const w = weight(dx, dy) / total;
            mx += w * x[at];
            my += w * y[at];
            xx += w * x[at] * x[at];
            yy += w * y[at] * y[at];
            xy += w * x[at] * y[at];
          }
        }
        const keep = mask[py * width + px];
        const luminance = (2 * mx * my + SSIM_C1) / (mx * mx + my * my + SSIM_C1);
        const structure = (2 * (xy - mx * my) + SSIM_C2) / (xx - mx * mx + yy - my * my + SSIM_C2);
        sum += keep * luminance * structure;
        terms += keep;
      }
    }
  }
  return sum / terms;
}

const SIZES = [
  [1, 1],
  [17, 5],
  [23, 19],
] as const;

describe('photometric reference', () => {
  it('has a window that sums to 1', () => {
    expect(gaussianWindow().reduce((a, b) => a + b, 0)).toBeCloseTo(1, 14);
  });

  it.each(SIZES)('equals the direct sum of the definition at %i×%i, masked and not', (width, height) => {
    const { image, target, mask } = pictures(3, width, height);
    mask[0] = 1;
    for (const m of [mask, mask.map(() => 1)]) {
      const { ssim, loss } = photometricReference(image, target, m, width, height, 0.2);
      expect(ssim).toBeCloseTo(bruteForceSsim(image, target, m, width, height), 12);
      const kept = m.reduce((a, b) => a + b, 0);
      const l1 = image.reduce((sum, v, i) => sum + m[i % m.length] * Math.abs(v - target[i]), 0) / (3 * kept);
      expect(loss).toBeCloseTo(0.8 * l1 + 0.2 * (1 - ssim), 12);
    }
    expect(photometricReference(image, target, null, width, height, 0.2).loss).toBe(
      photometricReference(
        image,
        target,
        mask.map(() => 1),
        width,
        height,
        0.2,
      ).loss,
    );
  });

  it.each(SIZES)('has the gradient of central differences at %i×%i', (width, height) => {
    const { image, target, mask } = pictures(5, width, height);
    mask[0] = 1;
    for (const weight of [0, 0.2, 1]) {
      const { gradient } = photometricReference(image, target, mask, width, height, weight);
      const at = (i: number, value: number): number => {
        const changed = image.slice();
        changed[i] = value;
        return photometricReference(changed, target, mask, width, height, weight).loss;
      };
      const picked = Array.from({ length: Math.min(60, image.length) }, (_, k) => (k * 37) % image.length);
      const numeric = picked.map((i) => (at(i, image[i] + 1e-6) - at(i, image[i] - 1e-6)) / 2e-6);
      expectClose(
        picked.map((i) => gradient[i]),
        numeric,
        1e-5,
        `weight ${weight}`,
      );
    }
  });

  it('is 0 with gradient 0 on a perfect image, and where the mask keeps nothing', () => {
    const { image, target, mask } = pictures(7, 17, 5);
    const perfect = photometricReference(image, image, null, 17, 5, 0.2);
    expect(perfect.loss).toBe(0);
    // SSIM is stationary there; what is left is rounding.
    expect(Math.max(...perfect.gradient.map(Math.abs))).toBeLessThan(1e-14);
    const empty = photometricReference(image, target, mask.fill(0), 17, 5, 0.2);
    expect(empty.loss).toBe(0);
    expect(empty.gradient.every((v) => v === 0)).toBe(true);
  });
});
