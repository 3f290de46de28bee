/** A model from an imported splat file: for rendering, or for a semantic stage on finished geometry (METHOD §4). */
import { SEMANTICS } from '../kernels/layout';
import { GaussianModel } from './model';
import type { SplatFile } from './ply';
import { CounterRandom } from '../base/index';

/**
 * Takes over parameters and, where the file has a usable set, ids. Without semantics, S_G ~ N(0, 1) and u = 0.01 as at a
 * fresh start. Moments are zero.
 */
export function modelFromSplats(splats: SplatFile, seed: number): GaussianModel {
  const model = new GaussianModel(splats.count);
  model.append(splats.count);
  const { geometry, sphericalHarmonics, semantics } = model.arrays();
  geometry.set(splats.geometry);
  sphericalHarmonics.set(splats.sphericalHarmonics);
  if (splats.semantics) semantics.set(splats.semantics);
  else {
    const random = new CounterRandom(seed, 'start semantics');
    for (let row = 0; row < splats.count; row++) {
      const at = row * SEMANTICS.columns;
      for (let i = 0; i < SEMANTICS.dimensions; i++) semantics[at + i] = random.normal(row * SEMANTICS.dimensions + i);
      semantics[at + SEMANTICS.uncertaintyLogit] = Math.log(0.01 / 0.99);
    }
  }
  if (splats.ids) model.adoptIds(splats.ids);
  return model;
}
