/** Lifted labels through density control, which moves rows, and through a checkpoint. */
import { describe, expect, it } from 'vitest';
import { SplatLabels } from '../../../src-main/semantics/splatLabels';

const rows = (ids: number[], parents: number[] = ids.map(() => 0)) => ({
  ids: Uint32Array.from(ids),
  parents: Uint32Array.from(parents),
  count: ids.length,
});

describe('labels of splats', () => {
  it('follow ids when rows move, and pass to children', () => {
    const labels = new SplatLabels(Uint8Array.of(1, 2, 0, 4, 5));
    const before = labels.byId(rows([11, 12, 13, 14, 15]));
    // 11 was pruned, 12 split into 16 and 17, 13 cloned as 18, 15 kept; 14 moved to the front.
    labels.follow(rows([14, 16, 13, 15, 17, 18], [0, 12, 0, 0, 12, 13]), before);
    expect([...labels.values.subarray(0, 6)]).toEqual([4, 2, 0, 5, 2, 0]);
    expect(labels.labelled).toBe(4);
  });

  it('come back from a checkpoint as they were, and not from one of other Gaussians', () => {
    const values = Uint8Array.of(7, 0, 255, 1, 3, 9, 2);
    const labels = new SplatLabels(values);
    const { shape, data } = labels.snapshot();
    expect(shape).toEqual([2]);
    const restored = SplatLabels.restore({ data: data.slice() }, 7);
    expect([...restored!.values.subarray(0, 7)]).toEqual([...values]);
    expect(SplatLabels.restore({ data }, 9)).toBeNull();
    expect(SplatLabels.restore(undefined, 7)).toBeNull();
  });
});
