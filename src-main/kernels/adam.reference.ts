/**
 * Adam with a rate per column, in place (Kingma & Ba 2015; METHOD §1).
 *
 *   m ← β1·m + (1 − β1)·g;   v ← β2·v + (1 − β2)·g²;   p ← p − rate_c · (m / (1 − β1ᵗ)) / (√(v / (1 − β2ᵗ)) + ε)
 *       p ← p − rate_c · decay · p first, where a decoupled weight decay is given (AdamW, Loshchilov & Hutter 2019)
 *
 * Shapes: parameter, gradient and moments [capacity, columns] row-major; the first `count` rows move, the rest stays.
 * Columns at the end whose rate is 0 are frozen, moments too (harmonics above the degree in use).
 */
import type { Floats } from './algebra.reference';

export interface AdamArguments<Data extends Floats = Floats> {
  parameter: Data;
  gradient: Data;
  firstMoment: Data;
  secondMoment: Data;
  count: number;
  columns: number;
  /** [columns] */
  rates: Float32Array;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** decoupled weight decay, times the rate; 0 is plain Adam */
  weightDecay: number;
  /** t, 1 at the first step */
  step: number;
}

export function adamReference(args: AdamArguments): void {
  const { parameter, gradient, firstMoment, secondMoment, columns, rates, beta1, beta2, epsilon, weightDecay, step } =
    args;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  const active = rates.findLastIndex((rate) => rate !== 0) + 1;
  for (let i = 0; i < args.count * columns; i++) {
    if (i % columns >= active) continue;
    const g = gradient[i];
    const m = beta1 * firstMoment[i] + (1 - beta1) * g;
    const v = beta2 * secondMoment[i] + (1 - beta2) * g * g;
    firstMoment[i] = m;
    secondMoment[i] = v;
    const change = m / correction1 / (Math.sqrt(v / correction2) + epsilon);
    parameter[i] -= rates[i % columns] * (change + weightDecay * parameter[i]);
  }
}
