/** The Adam reference against the closed form of its moments, to rounding (1e-12). */
import { expect, it } from 'vitest';
import { adamReference } from '../../../src-main/kernels/adam.reference';
import { expectClose } from './closeTo';
import { Random } from './scenes';

it('equals the weighted sums that the recursion stands for', () => {
  const random = new Random(11);
  const [beta1, beta2, epsilon, steps] = [0.9, 0.999, 1e-8, 20];
  const rates = Float32Array.of(0.5, 0.25);
  const gradients = Array.from({ length: steps }, () => Float64Array.from({ length: 4 }, () => random.normal()));
  const state = { parameter: new Float64Array(4), firstMoment: new Float64Array(4), secondMoment: new Float64Array(4) };
  const expected = new Float64Array(4);
  for (let step = 1; step <= steps; step++) {
    const gradient = gradients[step - 1];
    adamReference({ ...state, gradient, count: 2, columns: 2, rates, beta1, beta2, epsilon, step, weightDecay: 0 });
    for (let i = 0; i < 4; i++) {
      let [m, v] = [0, 0];
      for (let t = 1; t <= step; t++) {
        m += (1 - beta1) * beta1 ** (step - t) * gradients[t - 1][i];
        v += (1 - beta2) * beta2 ** (step - t) * gradients[t - 1][i] ** 2;
      }
      expected[i] -= (rates[i % 2] * (m / (1 - beta1 ** step))) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon);
    }
  }
  expectClose(state.parameter, expected, 1e-12, 'parameter');
});

it('moves by the rate against the sign of the first gradient', () => {
  const parameter = Float64Array.of(1, 1);
  adamReference({
    parameter,
    gradient: Float64Array.of(1e-3, -50),
    firstMoment: new Float64Array(2),
    secondMoment: new Float64Array(2),
    ...{ count: 1, columns: 2, rates: Float32Array.of(0.5, 0.5), beta1: 0.9, beta2: 0.999, epsilon: 1e-15, step: 1 },
    weightDecay: 0,
  });
  expect(parameter[0]).toBeCloseTo(0.5, 10);
  expect(parameter[1]).toBeCloseTo(1.5, 10);
});

it('decays parameters by rate · decay of themselves, apart from the moments (AdamW)', () => {
  const state = { parameter: Float64Array.of(2), firstMoment: new Float64Array(1), secondMoment: new Float64Array(1) };
  const rest = { count: 1, columns: 1, rates: Float32Array.of(0.5), beta1: 0.9, beta2: 0.999, epsilon: 1e-15, step: 1 };
  adamReference({ ...state, ...rest, gradient: Float64Array.of(0), weightDecay: 0.1 });
  expect(state.parameter[0]).toBeCloseTo(2 * (1 - 0.5 * 0.1), 12);
  expect(state.firstMoment[0]).toBe(0);
});
