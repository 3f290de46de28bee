/** Lifting by hand-made weights: the gate, one vote a view, the robust majority; and directions that keep entries apart. */
import { describe, expect, it } from 'vitest';
import { codeDirections } from '../../../src-main/semantics/codeDirections';
import { kinshipOf } from '../../../src-main/semantics/kinship';
import { LabelLift, type LiftOptions } from '../../../src-main/semantics/lifting';
import { Random } from '../kernels/scenes';

const view = (pairs: [row: number, weight: number][][]) => ({
  offsets: Uint32Array.from([0, ...pairs].map((_, i) => pairs.slice(0, i).flat().length)),
  rows: Uint32Array.from(pairs.flat(), ([row]) => row),
  weights: Float32Array.from(pairs.flat(), ([, weight]) => weight),
});

describe('lifting index maps', () => {
  it('gives a Gaussian the label of the pixels that it fills, and none to what only shines through', () => {
    const lift = new LabelLift(4, 3);
    lift.addView(
      view([
        [
          [0, 0.9],
          [1, 0.05],
        ],
        [[0, 0.8]],
        [
          [2, 0.5],
          [3, 0.4],
        ],
      ]),
      Uint8Array.of(2, 2, 3),
    );
    const { labels, confidences, views } = lift.result();
    expect([...labels]).toEqual([2, 0, 3, 3]);
    expect([...confidences]).toEqual([1, 0, 1, 1]);
    expect([...views]).toEqual([1, 0, 1, 1]);
  });

  it('counts a view once: a close-up of many wrong pixels does not outvote two others', () => {
    const lift = new LabelLift(1, 2);
    lift.addView(view(Array.from({ length: 50 }, () => [[0, 0.9]])), new Uint8Array(50).fill(1));
    lift.addView(view([[[0, 0.9]], [[0, 0.9]]]), Uint8Array.of(2, 2));
    lift.addView(view([[[0, 0.9]], [[0, 0.9]]]), Uint8Array.of(2, 2));
    const { labels, confidences } = lift.result();
    expect(labels[0]).toBe(2);
    expect(confidences[0]).toBeCloseTo(2 / 3, 6);
  });

  it('hears what fills little of its pixels where the gate is low, and where it is seen best most of all', () => {
    const pairs = [[[0, 0.05]], [[0, 0.05]], [[0, 0.05]], [[0, 0.05]], [[0, 0.09]]] as [number, number][][];
    const labelsOf = (options: LiftOptions): Uint8Array => {
      const lift = new LabelLift(1, 2, options);
      lift.addView(view(pairs), Uint8Array.of(1, 1, 2, 2, 2));
      lift.addView(view([[[0, 0.06]], [[0, 0.06]], [[0, 0.06]], [[0, 0.06]]]), Uint8Array.of(1, 1, 1, 1));
      return lift.result().labels;
    };
    expect(labelsOf({ gate: 0.1, power: 1 })[0]).toBe(0);
    expect(labelsOf({ gate: 0.01, power: 1 })[0]).toBe(1); // 0.34 : 0.19
    expect(labelsOf({ gate: 0.01, power: 8 })[0]).toBe(2); // 0.09 to the 8th outweighs all others together
  });

  it('counts votes of entries that mean the same together', () => {
    // 1 and 3 are nearly one direction; 2 stands apart and hears as much as 3.
    const vectors = Float32Array.of(1, 0, 0, 1, 0.98, 0.199);
    const pairs = [[[0, 0.5]], [[0, 0.5]], [[0, 0.5]], [[0, 0.5]], [[0, 0.5]]] as [number, number][][];
    const liftedAt = (temperature: number) => {
      const kinship = kinshipOf(vectors, 3, temperature);
      const lift = new LabelLift(1, 3, { gate: 0.1, power: 1, kinship });
      lift.addView(view(pairs), Uint8Array.of(3, 2, 2, 3, 1));
      return lift.result();
    };
    expect(kinshipOf(vectors, 3, 0)).toBeNull();
    expect(liftedAt(0).labels[0]).toBe(2); // the lower of equals
    expect(liftedAt(0).confidences[0]).toBeCloseTo(0.4, 6);
    const length = Math.hypot(0.98, 0.199);
    const kin = (cosine: number) => Math.exp((cosine - 1) / 0.1);
    expect(liftedAt(0.1).labels[0]).toBe(3);
    expect(liftedAt(0.1).confidences[0]).toBeCloseTo(0.4 + 0.2 * kin(0.98 / length) + 0.4 * kin(0.199 / length), 5);
  });

  it('knows kin by angle, whatever the length', () => {
    const kinship = kinshipOf(Float32Array.of(3, 0, 0, 0.5, 2, 2, 0, 0), 4, 0.5)!;
    expect(kinship[0]).toBe(1);
    expect(kinship[1]).toBeCloseTo(Math.exp(-2), 6);
    expect(kinship[2]).toBeCloseTo(Math.exp((Math.SQRT1_2 - 1) / 0.5), 6);
    expect(kinship[2]).toBe(kinship[8]);
    // A vector of no length is kin of nobody in particular, and never NaN.
    expect([...kinship].every(Number.isFinite)).toBe(true);
  });

  it('skips pixels without a label and refuses an index above N', () => {
    const lift = new LabelLift(1, 2);
    lift.addView(view([[[0, 1]]]), Uint8Array.of(0));
    expect(lift.result().labels[0]).toBe(0);
    expect(() => lift.addView(view([[[0, 1]]]), Uint8Array.of(3))).toThrow('above the 2 entries');
  });
});

describe('directions of entries', () => {
  it('are unit vectors that keep 128 entries apart, alike ones nearer than others', () => {
    const random = new Random(5);
    const [entries, width] = [128, 96];
    const codebook = Float32Array.from({ length: entries * width }, () => random.normal());
    for (let i = 0; i < width; i++) codebook[width + i] = codebook[i] + 0.3 * random.normal();
    const directions = codeDirections(codebook, entries, 1);
    const cosine = (a: number, b: number) =>
      directions.subarray(a * 8, a * 8 + 8).reduce((sum, v, k) => sum + v * directions[b * 8 + k], 0);
    let highest = -1;
    for (let a = 0; a < entries; a++) {
      expect(cosine(a, a)).toBeCloseTo(1, 5);
      for (let b = 0; b < a; b++) highest = Math.max(highest, cosine(a, b));
    }
    expect(highest).toBeLessThan(0.9);
    const others = Array.from({ length: entries - 2 }, (_, i) => cosine(0, i + 2)).sort((a, b) => b - a);
    expect(cosine(0, 1)).toBeGreaterThan(others[12]);
    expect(codeDirections(codebook, entries, 1)).toEqual(directions);
  });
});
