/**
 * Density under a budget (METHOD §1; Kheradmand et al. 2024, "3D Gaussian Splatting as Markov Chain Monte Carlo"): Gaussians that died
 * come back as copies of living ones, and more are born until the budget is reached. Nothing is cloned, split or reset, and what is
 * rendered hardly changes, since N copies of a Gaussian at one place share out what it showed:
 *
 *   dead      o ≤ pruneOpacity
 *   parents   drawn with replacement among the living, with probability ∝ o, as published, or ∝ o·g ("pull"): g is the mean screen gradient
 *             since the last pass (densityStatistics.ts), so that children come where the picture asks for more
 *   N         the copies at a parent's place, itself included
 *   o'        1 − (1 − o)^{1/N}
 *   Σ'        (o / D)²·Σ,   D = Σ_{i=1}^{N} Σ_{k=0}^{i−1} C(i−1, k)·(−1)^k·o'^{k+1} / √(k+1)      the same mass along a ray
 *
 * Identity: a relocation is the end of the dead one and the birth of a new one with that parent, which keeps its own id. Both forget
 * their moments, and a child has its parent's S_G and u.
 */
import { CounterRandom } from '../base/index';
import { GEOMETRY, logit, sigmoid } from '../kernels/layout';
import type { DensityStatistics } from './densityStatistics';
import type { GaussianModel } from './model';
import { runsOfKept } from './rows';

/** Copies at one place that are told apart: beyond it the alternating sum of D loses its digits. */
const MOST_COPIES = 51;
const LOWEST = 0.005;
const HIGHEST = 1 - 2 ** -23;

export interface RelocationSettings {
  /** Gaussians at most */
  budget: number;
  /** how many times more Gaussians a pass may leave */
  budgetGrowth: number;
  pruneOpacity: number;
  /** who gets children, see above */
  relocationParents: 'opacity' | 'pull';
}

/**
 * Opacity of each of N copies, and the factor on their scales.
 *
 * @param opacity  of the one that they replace, 0 … 1
 */
export function sharedOut(opacity: number, copies: number): { opacity: number; scale: number } {
  const n = Math.min(copies, MOST_COPIES);
  const each = 1 - (1 - opacity) ** (1 / n);
  let mass = 0;
  for (let i = 1; i <= n; i++) {
    let binomial = 1;
    for (let k = 0; k < i; k++) {
      mass += (binomial * (k % 2 === 0 ? 1 : -1) * each ** (k + 1)) / Math.sqrt(k + 1);
      binomial *= (i - 1 - k) / (k + 1);
    }
  }
  return { opacity: Math.min(HIGHEST, Math.max(LOWEST, each)), scale: opacity / mass };
}

/** First place at which ascending sums exceed a value. */
function placeOf(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Changes the model in place, outside the tape, and starts the statistics afresh.
 *
 * @returns how many died (relocated or over the budget), and how many were born
 */
export function relocate(
  model: GaussianModel,
  statistics: DensityStatistics,
  { budget, budgetGrowth, pruneOpacity, relocationParents }: RelocationSettings,
  { step, seed }: { step: number; seed: number },
): { died: number; born: number } {
  const before = model.count;
  const { geometry } = model.arrays();
  const opacityOf = (row: number): number => sigmoid(geometry[row * GEOMETRY.columns + GEOMETRY.opacityLogit]);
  const opacities = Float64Array.from({ length: before }, (_, row) => opacityOf(row));
  const dead = Uint8Array.from(opacities, (opacity) => (opacity > pruneOpacity ? 0 : 1));
  const living = before - dead.reduce((sum, is) => sum + is, 0);
  if (living === 0) return { died: 0, born: 0 };
  if (living > budget) {
    // A run that began with more than it may have: the faintest go.
    const faintest = [...opacities.keys()].filter((row) => !dead[row]).sort((a, b) => opacities[a] - opacities[b]);
    for (const row of faintest.slice(0, living - budget)) dead[row] = 1;
  }
  const kept = Math.min(living, budget);
  const wanted = Math.min(budget, Math.max(before, Math.floor(budgetGrowth * before)));
  const born = wanted - kept;

  const pull = (opacity: number, row: number): number => opacity * statistics.meanGradient(row);
  const pulled = relocationParents === 'pull' && opacities.some((o, row) => !dead[row] && pull(o, row) > 0);
  // Without any gradient since the last pass, opacity alone.
  const chances = (pulled ? opacities.map(pull) : opacities).filter((_, row) => !dead[row]);

  const bounds = new Uint32Array(before + 2);
  model.keepRows(runsOfKept(dead, before, 1, bounds));
  const sums = new Float64Array(kept);
  for (let row = 0, sum = 0; row < kept; row++) sums[row] = sum += chances[row];
  const random = new CounterRandom(seed, 'relocation', step);
  const children = new Uint32Array(kept);
  const parents = Uint32Array.from({ length: born }, (_, i) => placeOf(sums, random.uniform(i) * sums[kept - 1]));
  for (const row of parents) children[row]++;
  for (let row = 0; row < kept; row++) {
    if (children[row] === 0) continue;
    const { opacity, scale } = sharedOut(opacityOf(row), children[row] + 1);
    const at = row * GEOMETRY.columns;
    geometry[at + GEOMETRY.opacityLogit] = logit(opacity);
    for (let k = 0; k < 3; k++) geometry[at + GEOMETRY.logScale + k] += Math.log(scale);
    for (const group of Object.values(model.groups)) group.zeroMoments(row, row + 1);
  }
  let child = model.extend(born, budget);
  for (const row of parents) {
    model.copyRow(row, child);
    model.renew(child++, model.ids[row]);
  }
  statistics.reserve(model.count);
  statistics.reset();
  return { died: before - kept, born };
}
