import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CurvePoint } from '#contract/studio';
import { setGateway } from '../../../src-renderer/gateway/shared';
import { useCurves } from '../../../src-renderer/stores/curves';
import { playGateway } from '../play';

const point = (step: number, loss = 0): CurvePoint => ({
  step,
  seconds: step,
  loss,
  psnr: null,
  heldOutPsnr: null,
  splats: null,
  stepsPerSecond: null,
  crossEntropy: null,
  accuracy: null,
  uncertainty: null,
});
const steps = () => useCurves().points.map(({ step }) => step);

describe('the curves', () => {
  let played: ReturnType<typeof playGateway>;
  beforeEach(() => {
    setActivePinia(createPinia());
    played = playGateway();
    setGateway(played.gateway);
  });

  it('append, and begin anew from 0', () => {
    const curves = useCurves();
    curves.hear(0, [point(1), point(2)]);
    curves.hear(2, [point(3)]);
    expect(steps()).toEqual([1, 2, 3]);
    curves.hear(0, [point(9)]);
    expect(steps()).toEqual([9]);
  });

  it('take what overlaps from the newer word', () => {
    const curves = useCurves();
    curves.hear(0, [point(1), point(2)]);
    curves.hear(1, [point(2, 0.5), point(3)]);
    expect(steps()).toEqual([1, 2, 3]);
    expect(curves.points[1].loss).toBe(0.5);
  });

  it('ask for all of it when a piece is missing, and add nothing', () => {
    const curves = useCurves();
    curves.hear(0, [point(1)]);
    curves.hear(5, [point(6)]);
    expect(played.refreshes()).toBe(1);
    expect(steps()).toEqual([1]);
  });
});
