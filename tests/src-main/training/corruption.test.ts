/**
 * METHOD §7 check 8 in small (the whole table: tests/bench/corruption.ts): a quarter of the surface regions labelled wrong in 70–90 %
 * of the views, another class in each. The bounds are the method's own; on this scene the figures lie far above them, so that the
 * last bits of another instruction set do not decide.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { initKernels } from '../../../src-main/kernels/index';
import { BACKENDS } from '../kernels/backends';
import { labelledScene } from './corruptedScene';
import { areaUnderCurve, CHECK_8, CHECKED, trainOnMaps } from './corruption';

const small = { seed: 3, spacing: 0.1, region: 0.35, views: 24, width: 80, height: 60 };
const steps = 250;
const settings = { ...CHECKED, smoothingSamples: 512 };

describe('the area under the curve', () => {
  it('is the chance that a positive ranks higher, ties counting half', () => {
    expect(areaUnderCurve([1, 2, 3, 4], [0, 0, 1, 1], [1, 1, 1, 1])).toBe(1);
    expect(areaUnderCurve([1, 2, 3, 4], [1, 0, 0, 1], [1, 1, 1, 1])).toBe(0.5);
    expect(areaUnderCurve([5, 5, 5], [0, 1, 0], [1, 1, 1])).toBe(0.5);
    expect(areaUnderCurve([9, 1, 2], [0, 0, 1], [0, 1, 1])).toBe(1);
  });
});

describe.runIf(BACKENDS.includes('native'))('wrong labels', () => {
  beforeAll(() => initKernels({ backend: 'native', threads: 2 }));

  it('of a quarter of the regions are found by u, and mended by smoothing that u steers', async () => {
    const scene = labelledScene(small);
    const smoothing = await trainOnMaps(scene, steps, { ...settings, ...CHECK_8['smoothing only'] });
    const both = await trainOnMaps(scene, steps, { ...settings, ...CHECK_8['both, log'] });
    console.warn(
      `  mIoU: smoothing ${smoothing.meanIoU.toFixed(3)}, with u ${both.meanIoU.toFixed(3)}; AUC of u ${both.auc.toFixed(3)}`,
    );
    expect(both.meanIoU).toBeGreaterThanOrEqual(smoothing.meanIoU + 0.05);
    expect(both.auc).toBeGreaterThanOrEqual(0.9);
    expect(both.corruptedUncertainty).toBeGreaterThan(both.cleanUncertainty + 0.3);
    scene.model.dispose();
  });

  it('are not needed: on clean labels smoothing costs at most 0.01', async () => {
    const scene = labelledScene({ ...small, corrupted: 0 });
    const plain = await trainOnMaps(scene, steps, { ...settings, ...CHECK_8.plain });
    const both = await trainOnMaps(scene, steps, { ...settings, ...CHECK_8['both, log'] });
    expect(both.meanIoU).toBeGreaterThanOrEqual(plain.meanIoU - 0.01);
    expect(both.cleanUncertainty).toBeLessThan(0.05);
    scene.model.dispose();
  });

  it('of one whole photo show in its mean cross-entropy, not in u', async () => {
    const bad = 5;
    const scene = labelledScene({ ...small, corrupted: 0, badPhoto: bad });
    const { photos, cleanUncertainty } = await trainOnMaps(scene, steps, { ...settings, ...CHECK_8['u only'] });
    const others = photos.filter((_, photo) => photo !== bad);
    expect(photos[bad]).toBeGreaterThan(2 * Math.max(...others));
    expect(cleanUncertainty).toBeLessThan(0.1);
    scene.model.dispose();
  });
});
