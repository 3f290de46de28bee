/**
 * When things happen in a run and how fast each parameter learns, as pure functions of settings and step (METHOD §1).
 *
 *   scaled(n) = n · steps / 30,000
 *   means rate = extent · exp((1 − t)·ln start + t·ln end),   t = (step − 1) / (steps − 1)
 *   other rates = rate · decayᵗ
 *   SH degree  = min(highest, ⌊(step − 1) / scaled(shInterval)⌋)
 *
 * Steps are 1-based: step s is the s-th update. Something with interval d happens at the steps where ⌊s/d⌋ rises, so that a
 * scaled interval need not be whole.
 */
import { REFERENCE_STEPS } from '#contract/settings';
import type { TrainingSettings } from '#contract/settings';

/** A step number or distance that is stated for 30,000 steps, for a run of this length; not rounded. */
export function scaled(referenceSteps: number, settings: TrainingSettings): number {
  return (referenceSteps * settings.steps) / REFERENCE_STEPS;
}

/** Steps in which semantics learn beside geometry. */
export function jointSteps(settings: TrainingSettings): number {
  return settings.steps - Math.floor(scaled(settings.semanticFrom, settings));
}

/** How far the run is at a 1-based step, 0 at the first and 1 at the last. */
export function progressAt(step: number, settings: TrainingSettings): number {
  return settings.steps > 1 ? Math.min(1, (step - 1) / (settings.steps - 1)) : 0;
}

/** Learning rate of the means in world units; extent is the camera extent. A rate of 0 at either end holds the means still. */
export function meansRate(step: number, settings: TrainingSettings, extent: number): number {
  const { meansRateStart: start, meansRateEnd: end } = settings;
  if (start === 0 || end === 0) return 0;
  const t = progressAt(step, settings);
  return extent * Math.exp((1 - t) * Math.log(start) + t * Math.log(end));
}

/** Learning rates per column of the parameter layout: geometry [11], spherical harmonics [48]. */
export interface ColumnRates {
  readonly geometry: Float32Array;
  readonly sphericalHarmonics: Float32Array;
}

export function createColumnRates(): ColumnRates {
  return { geometry: new Float32Array(11), sphericalHarmonics: new Float32Array(48) };
}

/** Fills the rates for a step; columns as in kernels/layout.ts. */
export function columnRates(step: number, settings: TrainingSettings, extent: number, into: ColumnRates): ColumnRates {
  const decay = settings.rateDecay ** progressAt(step, settings);
  into.geometry.fill(meansRate(step, settings, extent), 0, 3);
  into.geometry.fill(settings.logScalesRate * decay, 3, 6);
  into.geometry.fill(settings.quaternionsRate * decay, 6, 10);
  into.geometry[10] = settings.opacityRate * decay;
  into.sphericalHarmonics.fill(settings.sphericalHarmonicsRate * decay, 0, 3);
  into.sphericalHarmonics.fill((settings.sphericalHarmonicsRate * decay) / settings.sphericalHarmonicsRestDivisor, 3);
  return into;
}

export function shDegreeAt(step: number, settings: TrainingSettings): number {
  return Math.min(settings.shDegree, Math.floor((step - 1) / scaled(settings.shInterval, settings)));
}

/** True at the steps where a multiple of the interval is reached; never for an interval of 0. */
export function every(interval: number, step: number): boolean {
  return interval > 0 && Math.floor(step / interval) > Math.floor((step - 1) / interval);
}

/** Whether statistics for density control are worth collecting at this step. */
export function collectsDensity(step: number, settings: TrainingSettings): boolean {
  return step <= scaled(settings.budget > 0 ? settings.relocationStop : settings.densityStop, settings);
}

/** Whether density control runs after this step. */
export function densityPassAt(step: number, settings: TrainingSettings): boolean {
  if (step <= scaled(settings.densityStart, settings) || step > scaled(settings.densityStop, settings)) return false;
  return every(Math.max(settings.densityShortestInterval, scaled(settings.densityInterval, settings)), step);
}

/** Whether the dead are relocated after this step; only under a budget. */
export function relocationAt(step: number, settings: TrainingSettings): boolean {
  const { budget, relocationInterval, relocationStop } = settings;
  return budget > 0 && step <= scaled(relocationStop, settings) && every(scaled(relocationInterval, settings), step);
}

/** Whether opacities are reset after this step. */
export function opacityResetAt(step: number, settings: TrainingSettings): boolean {
  return step <= scaled(settings.densityStop, settings) && every(scaled(settings.opacityResetInterval, settings), step);
}

/** Whether haze is removed after this step. */
export function hazeClearsAt(step: number, settings: TrainingSettings): boolean {
  return settings.hazeStep > 0 && step === Math.ceil(scaled(settings.hazeStep, settings));
}

/** Whether an opacity reset has happened before this step: from then on large Gaussians are pruned too. */
export function resetBefore(step: number, settings: TrainingSettings): boolean {
  return settings.opacityResetInterval > 0 && step > scaled(settings.opacityResetInterval, settings);
}

export function evaluationAt(step: number, settings: TrainingSettings): boolean {
  return step < settings.steps && every(scaled(settings.evaluationInterval, settings), step);
}

/**
 * How many times smaller photos are at this step: coarseFactor halves (…, 4, 2, 1) at equal distances until coarseSteps.
 * Factor 4 until step 900 of the reference: 4 for steps 1–450, 2 for 451–900, then 1.
 */
export function coarseFactorAt(step: number, settings: TrainingSettings): number {
  const until = scaled(settings.coarseSteps, settings);
  if (settings.coarseFactor <= 1 || step > until) return 1;
  const levels = Math.ceil(Math.log2(settings.coarseFactor));
  const level = Math.floor(((step - 1) * levels) / until);
  return Math.max(1, settings.coarseFactor / 2 ** level);
}
