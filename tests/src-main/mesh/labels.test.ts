import { describe, expect, it } from 'vitest';
import { MeshError, NONE, segmentsOf, UNLABELLED, type SplatLabels } from '../../../src-main/mesh/index';

const noLabels: SplatLabels = {
  taxonomy: { classes: [], instances: [] },
  ids: new Uint32Array(0),
  classes: new Int32Array(0),
  instances: new Int32Array(0),
};

const labels: SplatLabels = {
  taxonomy: {
    classes: [
      { id: 40, name: 'chair', colour: [1, 2, 3] },
      { id: 7, name: '杯子/mug', colour: [4, 5, 6] },
      { id: 9, name: 'never', colour: [7, 8, 9] },
    ],
    instances: [
      { id: 3, classId: 40, name: 'chair 1' },
      { id: 5, classId: 40, name: 'chair 2' },
    ],
  },
  ids: Uint32Array.of(100, 200, 300, 400, 500),
  classes: Int32Array.of(40, 7, 40, NONE, 40),
  instances: Int32Array.of(3, NONE, 5, NONE, NONE),
};

describe('segments', () => {
  it('number what is used in the order of the taxonomy, by stable ids', () => {
    const { segments, rows } = segmentsOf(labels, Uint32Array.of(500, 999, 300, 200, 400, 100));
    expect(segments[0]).toBe(UNLABELLED);
    expect(segments.map(({ name }) => name)).toEqual(['unlabelled', 'chair', 'chair 1', 'chair 2', '杯子/mug']);
    expect([...rows]).toEqual([1, 0, 3, 4, 0, 2]);
  });

  it('are one without labels', () => {
    expect(segmentsOf(noLabels, Uint32Array.of(1, 2))).toEqual({ segments: [UNLABELLED], rows: Uint16Array.of(0, 0) });
  });

  it('refuse labels that the taxonomy does not have', () => {
    const wrong = (classId: number, instanceId: number) => () =>
      segmentsOf(
        { ...labels, ids: Uint32Array.of(1), classes: Int32Array.of(classId), instances: Int32Array.of(instanceId) },
        Uint32Array.of(1),
      );
    expect(wrong(41, NONE)).toThrow(/splat 1 is labelled with class 41/);
    expect(wrong(40, 99)).toThrow(/instance 99/);
    expect(wrong(7, 3)).toThrow(MeshError);
  });
});
