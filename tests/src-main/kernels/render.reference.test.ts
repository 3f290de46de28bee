/**
 * The float64 reference against central differences (METHOD §7, check 1: relative error < 1e-5 per group).
 *
 * The loss is Σ g·image with fixed random g that is 0 on pixels near a cut-off (margin 2e-3, far more than any
 * perturbation moves α), so that the loss is smooth where it is differentiated. Differences with h = 2e-6
 * keep truncation and rounding near 1e-7. A few rows and a seeded choice of harmonics per scene keep it short.
 */
import { describe, expect, it } from 'vitest';
import { GEOMETRY, PROBE, SEMANTICS, SPHERICAL_HARMONICS } from '../../../src-main/kernels/layout';
import {
  renderReference,
  renderReferenceBackward,
  type RenderParameters,
} from '../../../src-main/kernels/render.reference';
import { expectClose } from './closeTo';
import { Random, randomScene, scenes, type Scene } from './scenes';

const MARGIN = 2e-3;
const STEP = 2e-6;

function toFloat64(scene: Scene): { [K in keyof RenderParameters]: Float64Array } {
  const { geometry, sphericalHarmonics, semantics } = scene.parameters;
  return {
    geometry: Float64Array.from(geometry),
    sphericalHarmonics: Float64Array.from(sphericalHarmonics),
    semantics: Float64Array.from(semantics),
  };
}

const GROUPS = [
  { name: 'means', array: 'geometry', columns: GEOMETRY.columns, from: 0, to: 3 },
  { name: 'logScales', array: 'geometry', columns: GEOMETRY.columns, from: 3, to: 6 },
  { name: 'quaternions', array: 'geometry', columns: GEOMETRY.columns, from: 6, to: 10 },
  { name: 'opacityLogits', array: 'geometry', columns: GEOMETRY.columns, from: 10, to: 11 },
  { name: 'sphericalHarmonics', array: 'sphericalHarmonics', columns: SPHERICAL_HARMONICS.columns, from: 0, to: 48 },
  { name: 'semantics', array: 'semantics', columns: SEMANTICS.columns, from: 0, to: 8 },
  { name: 'uncertainty', array: 'semantics', columns: SEMANTICS.columns, from: 8, to: 9 },
] as const;

/** Analytic and numeric gradients per group over a few rows. */
function checkGradients(scene: Scene, semanticsMovesGeometry: boolean): void {
  const parameters = toFloat64(scene);
  const { view } = scene;
  const random = new Random(17);
  const forward = renderReference(parameters, view, MARGIN);
  const pixels = view.camera.width * view.camera.height;
  const dImage = forward.image.map((_, i) => (forward.near[i % pixels] ? 0 : random.normal()));
  const gradients = renderReferenceBackward(parameters, view, forward, dImage, semanticsMovesGeometry);
  const loss = (): number => renderReference(parameters, view, 0).image.reduce((sum, v, i) => sum + v * dImage[i], 0);

  const rows = Array.from({ length: view.count }, (_, row) => row)
    .filter((row) => forward.radii[row] > 0)
    .slice(0, 5);
  for (const group of GROUPS) {
    const values = parameters[group.array];
    const analytic: number[] = [];
    const numeric: number[] = [];
    for (const row of rows) {
      for (let column = group.from; column < group.to; column++) {
        if (group.name === 'sphericalHarmonics' && random.uniform() > 0.2) continue;
        const i = row * group.columns + column;
        const original = values[i];
        const at = (offset: number): number => {
          values[i] = original + offset;
          const result = loss();
          values[i] = original;
          return result;
        };
        analytic.push((gradients[group.array] as Float64Array)[i]);
        numeric.push((at(STEP) - at(-STEP)) / (2 * STEP));
      }
    }
    expectClose(analytic, numeric, 1e-5, `${scene.name}: ${group.name}`);
  }
}

describe('reference renderer against central differences', () => {
  // Without semanticsMovesGeometry the weights count as constants, which differences cannot see: check with it.
  it.each(scenes(1).map((scene) => [scene.name, scene] as const))('%s', (_, scene) => checkGradients(scene, true));

  it('agrees without semanticsMovesGeometry where no semantics are rendered', () => {
    checkGradients(
      randomScene('rgb, depth, alpha', { channels: ['rgb', 'depth', 'alpha'], background: [1, 1, 1] }),
      false,
    );
  });
});

describe('reference renderer', () => {
  it('writes the background and empty planes without Gaussians', () => {
    const scene = randomScene('none', { count: 0, background: [0.1, 0.2, 0.3], width: 3, height: 2 });
    const { image, visible } = renderReference(scene.parameters, scene.view);
    expect(visible).toBe(0);
    expect([...image.subarray(0, 18)]).toEqual([0.1, 0.2, 0.3].flatMap((v) => Array<number>(6).fill(v)));
    expect(image.subarray(18).every((v) => v === 0)).toBe(true);
  });

  it('fills the probe with NDC gradients and the radius, zeros for invisible rows', () => {
    const scene = scenes(1).find((s) => s.name === 'behind the camera') as Scene;
    const forward = renderReference(scene.parameters, scene.view);
    const ones = forward.image.map(() => 1);
    const { probe } = renderReferenceBackward(scene.parameters, scene.view, forward, ones, false);
    let hidden = 0;
    forward.radii.forEach((radius, row) => {
      const [x, y, r] = probe.subarray(row * PROBE.columns, (row + 1) * PROBE.columns);
      expect(r).toBe(radius);
      if (radius === 0) {
        hidden++;
        expect([x, y]).toEqual([0, 0]);
      } else expect(Math.abs(x) + Math.abs(y)).toBeGreaterThan(0);
    });
    expect(hidden).toBeGreaterThan(5);
  });

  it('counts few pixels as near a cut-off', () => {
    const all = scenes(1).map((scene) => renderReference(scene.parameters, scene.view));
    const near = all.reduce((sum, r) => sum + r.near.reduce((a, b) => a + b, 0), 0);
    const total = all.reduce((sum, r) => sum + r.near.length, 0);
    expect(near / total).toBeLessThan(0.005);
  });
});
