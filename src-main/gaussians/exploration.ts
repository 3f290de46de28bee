/**
 * The noise under a budget (Kheradmand et al. 2024): after each step means wander, the further the fainter and the larger a Gaussian is,
 * until they find something to show. A Langevin step whose noise stays inside the Gaussian:
 *
 *   μ ← μ + rate·σ(−100·(o − 0.005))·Σ·η,   η ~ N(0, I) keyed by id and step
 */
import { CounterRandom } from '../base/index';
import { rotation } from '../kernels/index';
import { GEOMETRY, sigmoid } from '../kernels/layout';
import type { GaussianModel } from './model';
import { unitQuaternion } from './quaternion';

const STEEPNESS = 100;
const DEAD = 0.005;
/** A Gaussian that would wander less than this share of its own largest scale stays: nothing would show it. */
const LEAST = 1e-3;

/** Changes means in place, outside the tape. @param rate  noise rate times the means' learning rate, 1 / world units */
export function explore(
  model: GaussianModel,
  rate: number,
  { step, seed }: { readonly step: number; readonly seed: number },
): void {
  const { geometry, ids, count } = model.arrays();
  const random = new CounterRandom(seed, 'exploration', step);
  const { columns, logScale, opacityLogit } = GEOMETRY;
  for (let row = 0; row < count; row++) {
    const at = row * columns;
    const far = rate * sigmoid(-STEEPNESS * (sigmoid(geometry[at + opacityLogit]) - DEAD));
    const largest = Math.max(geometry[at + logScale], geometry[at + logScale + 1], geometry[at + logScale + 2]);
    if (far * Math.exp(largest) < LEAST) continue;
    const r = rotation(unitQuaternion(geometry, row));
    const index = 4 * ids[row];
    const noise = [random.normal(index), random.normal(index + 1), random.normal(index + 2)];
    // Σ·η = R·S²·Rᵀ·η
    for (let axis = 0; axis < 3; axis++) {
      const variance = Math.exp(2 * geometry[at + logScale + axis]);
      const along = r[axis] * noise[0] + r[3 + axis] * noise[1] + r[6 + axis] * noise[2];
      for (let k = 0; k < 3; k++) geometry[at + k] += far * variance * along * r[3 * k + axis];
    }
  }
}
