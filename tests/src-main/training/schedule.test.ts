/** Figures of METHOD §1 at given steps, for the reference length and for short runs. Tolerance: float64 rounding (1e-12 relative). */
import { describe, expect, it } from 'vitest';
import { presets } from '#contract/presets';
import {
  coarseFactorAt,
  collectsDensity,
  columnRates,
  createColumnRates,
  densityPassAt,
  evaluationAt,
  every,
  meansRate,
  hazeClearsAt,
  opacityResetAt,
  relocationAt,
  resetBefore,
  scaled,
  shDegreeAt,
} from '../../../src-main/training/schedule';

const notes = presets.notes;
const short = { ...notes, steps: 1000 };
const stepsWhere = (steps: number, test: (step: number) => boolean): number[] =>
  Array.from({ length: steps }, (_, i) => i + 1).filter(test);

describe('schedule', () => {
  it('scales step numbers with the length of the run', () => {
    expect(scaled(3000, notes)).toBe(3000);
    expect(scaled(3000, short)).toBe(100);
  });

  it.each([notes, short])(
    'means rate runs log-linearly from 1.6e-4 to 1.6e-6 × extent over $steps steps',
    (settings) => {
      expect(meansRate(1, settings, 2)).toBeCloseTo(3.2e-4, 14);
      expect(meansRate(settings.steps, settings, 2)).toBeCloseTo(3.2e-6, 14);
      const middle = meansRate((settings.steps + 1) / 2, settings, 2);
      expect(middle / 3.2e-5).toBeCloseTo(1, 12);
      expect(meansRate(5, { ...settings, meansRateStart: 0 }, 2)).toBe(0);
    },
  );

  it('fills a rate per column', () => {
    const rates = columnRates(1, notes, 1, createColumnRates());
    const columns = [1.6e-4, 1.6e-4, 1.6e-4, 5e-3, 5e-3, 5e-3, 1e-3, 1e-3, 1e-3, 1e-3, 0.05];
    expect([...rates.geometry]).toEqual([...new Float32Array(columns)]);
    expect([...rates.sphericalHarmonics.subarray(0, 4)]).toEqual([
      ...new Float32Array([2.5e-3, 2.5e-3, 2.5e-3, 1.25e-4]),
    ]);
    expect(rates.sphericalHarmonics[47]).toBe(rates.sphericalHarmonics[3]);
    const last = columnRates(30_000, { ...notes, rateDecay: 0.1 }, 1, createColumnRates());
    expect(last.geometry[10]).toBeCloseTo(0.005, 8);
  });

  it('raises the degree of spherical harmonics every 1,000 steps', () => {
    expect([1, 1000, 1001, 2001, 3001, 30_000].map((step) => shDegreeAt(step, notes))).toEqual([0, 0, 1, 2, 3, 3]);
    expect([1, 34, 35, 100, 101].map((step) => shDegreeAt(step, short))).toEqual([0, 0, 1, 2, 3]);
    expect(shDegreeAt(30_000, { ...notes, shDegree: 1 })).toBe(1);
  });

  it('runs density control after steps 600, 700, … 15,000', () => {
    const passes = stepsWhere(30_000, (step) => densityPassAt(step, notes));
    expect(passes.slice(0, 2)).toEqual([600, 700]);
    expect(passes.at(-1)).toBe(15_000);
    expect(passes).toHaveLength(145);
  });

  it('keeps the number of passes in a short run unless a shortest interval is set', () => {
    expect(stepsWhere(1000, (step) => densityPassAt(step, short)).length).toBeCloseTo(145, -1);
    const passes = stepsWhere(1000, (step) => densityPassAt(step, { ...short, densityShortestInterval: 25 }));
    expect(passes.slice(0, 2)).toEqual([25, 50]);
    expect(passes.at(-1)).toBe(500);
  });

  it('relocates under a budget alone, every 100 steps to 25,000, for which screen gradients are gathered', () => {
    const bounded = { ...notes, budget: 1000 };
    const relocations = stepsWhere(30_000, (step) => relocationAt(step, bounded));
    expect([relocations.length, relocations[0], relocations.at(-1)]).toEqual([250, 100, 25_000]);
    expect(stepsWhere(30_000, (step) => relocationAt(step, notes))).toEqual([]);
    expect([15_000, 15_001].map((step) => collectsDensity(step, notes))).toEqual([true, false]);
    expect([25_000, 25_001].map((step) => collectsDensity(step, bounded))).toEqual([true, false]);
  });

  it('resets opacities every 3,000 steps while density control runs, and prunes large ones only afterwards', () => {
    expect(stepsWhere(30_000, (step) => opacityResetAt(step, notes))).toEqual([3000, 6000, 9000, 12_000, 15_000]);
    expect(stepsWhere(1000, (step) => opacityResetAt(step, short))).toEqual([100, 200, 300, 400, 500]);
    expect(stepsWhere(1000, (step) => opacityResetAt(step, { ...short, opacityResetInterval: 0 }))).toEqual([]);
    expect(stepsWhere(1000, (step) => hazeClearsAt(step, { ...short, hazeStep: 27_010 }))).toEqual([901]);
    expect(stepsWhere(1000, (step) => hazeClearsAt(step, short))).toEqual([]);
    expect([resetBefore(3000, notes), resetBefore(3001, notes)]).toEqual([false, true]);
  });

  it('counts fractional intervals without drift', () => {
    expect(stepsWhere(10, (step) => every(10 / 3, step))).toEqual([4, 7, 10]);
    expect(stepsWhere(5, (step) => every(0, step))).toEqual([]);
  });

  it('evaluates between, never twice at the end', () => {
    expect(stepsWhere(1000, (step) => evaluationAt(step, { ...short, evaluationInterval: 10_000 }))).toEqual([
      334, 667,
    ]);
    expect(stepsWhere(1000, (step) => evaluationAt(step, short))).toEqual([]);
  });

  it('lets photos grow by halving', () => {
    const coarse = { ...notes, coarseFactor: 4, coarseSteps: 900 };
    expect([1, 450, 451, 900, 901].map((step) => coarseFactorAt(step, coarse))).toEqual([4, 4, 2, 2, 1]);
    expect(coarseFactorAt(1, notes)).toBe(1);
  });
});
