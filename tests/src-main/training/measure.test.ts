/** The pace of a run, on times of the test's own. */
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src-main/training/measure';

/** Marks four a second. @returns the last time */
function walk(pace: Pace, from: { step: number; seconds: number }, stepsPerSecond: number, seconds: number): void {
  for (let passed = 0; passed <= seconds; passed += 0.25)
    pace.note(from.step + Math.round(stepsPerSecond * passed), from.seconds + passed);
}

describe('the pace of a run', () => {
  it('is that of the last ten seconds', () => {
    const pace = new Pace();
    expect(pace.stepsPerSecond).toBe(0);
    walk(pace, { step: 0, seconds: 0 }, 80, 20);
    expect(pace.stepsPerSecond).toBeCloseTo(80);
    walk(pace, { step: 1600, seconds: 20 }, 40, 12);
    expect(pace.stepsPerSecond).toBeCloseTo(40);
  });

  it('leaves out a long wait between two steps, and goes on from what it was', () => {
    const pace = new Pace();
    walk(pace, { step: 0, seconds: 0 }, 80, 5);
    pace.note(401, 5 + 27);
    expect(pace.stepsPerSecond).toBeCloseTo(80, 0);
    walk(pace, { step: 401, seconds: 32 }, 80, 3);
    expect(pace.stepsPerSecond).toBeCloseTo(80, 0);
  });

  it('is slow where every step is', () => {
    const pace = new Pace();
    for (let step = 0; step < 6; step++) pace.note(step, 12 * step);
    expect(pace.stepsPerSecond).toBeCloseTo(1 / 12);
  });

  it('follows a run that becomes five times slower', () => {
    const pace = new Pace();
    walk(pace, { step: 0, seconds: 0 }, 1, 20);
    for (let step = 21; step < 27; step++) pace.note(step, 20 + 5 * (step - 20));
    expect(pace.stepsPerSecond).toBeCloseTo(1 / 5);
  });
});
