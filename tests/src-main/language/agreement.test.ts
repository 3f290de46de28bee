/** The measures of index maps, on maps small enough to count by hand. */
import { describe, expect, it } from 'vitest';
import { Agreement, boundaryBand } from '../../../src-main/language/agreement';

//  truth  1 1 2 2      indices  1 1 1 2
//         1 1 2 3               3 1 2 2
//         0 1 3 3               1 0 2 4
const truth = [1, 1, 2, 2, 1, 1, 2, 3, 0, 1, 3, 3];
const indices = [1, 1, 1, 2, 3, 1, 2, 2, 1, 0, 2, 4];

function counted(): Agreement {
  const agreement = new Agreement(5, 3);
  agreement.add(indices, truth);
  return agreement;
}

describe('purity', () => {
  it('counts the pixels of each index that have its most frequent class', () => {
    // index 1: classes 1 1 2 1 -> 3 of 4; index 2: classes 2 2 3 3 -> 2 of 4; index 3: 1 of 1; index 4: 1 of 1
    expect(counted().purity).toBeCloseTo(7 / 10, 12);
  });

  it('is 1 for no pixels, and takes the lowest class on ties', () => {
    expect(new Agreement(2, 2).purity).toBe(1);
    expect([...counted().majority()]).toEqual([0, 1, 2, 1, 3, 0]);
  });
});

describe('mean IoU', () => {
  it('takes each index for its majority class; a pixel without index is missed', () => {
    // class 1: truth 5 (one without index), predicted 4 of index 1 and 1 of index 3 = 5, hit 4 -> 4/6
    // class 2: truth 3, predicted 4, hit 2 -> 2/5;   class 3: truth 3, predicted 1, hit 1 -> 1/3
    expect(counted().meanIoU()).toBeCloseTo((4 / 6 + 2 / 5 + 1 / 3) / 3, 12);
  });

  it('leaves out classes that the truth does not hold, and is 1 for none', () => {
    const agreement = new Agreement(2, 9);
    agreement.add([1, 1, 2], [4, 4, 7]);
    expect(agreement.meanIoU()).toBe(1);
    expect(new Agreement(2, 2).meanIoU()).toBe(1);
  });

  it('takes the classes of indices from elsewhere when they are given', () => {
    const agreement = new Agreement(2, 2);
    agreement.add([1, 1, 2, 2], [1, 1, 2, 2]);
    expect(agreement.meanIoU([0, 2, 1])).toBe(0);
  });

  it('counts within a mask alone', () => {
    const agreement = new Agreement(2, 2);
    agreement.add([1, 2, 2], [1, 1, 2], Uint8Array.of(1, 0, 1));
    expect(agreement.meanIoU()).toBe(1);
  });
});

describe('the boundary band', () => {
  it('holds the pixels with another class within the radius', () => {
    const labels = [1, 1, 1, 2, 2, 2, 2];
    expect([...boundaryBand(labels, 7, 1, 1)]).toEqual([0, 0, 1, 1, 0, 0, 0]);
    expect([...boundaryBand(labels, 7, 1, 2)]).toEqual([0, 1, 1, 1, 1, 0, 0]);
    expect([...boundaryBand(labels, 1, 7, 2)]).toEqual([0, 1, 1, 1, 1, 0, 0]);
  });

  it('reaches across corners', () => {
    expect([...boundaryBand([1, 1, 1, 1, 1, 1, 1, 1, 2], 3, 3, 1)]).toEqual([0, 0, 0, 0, 1, 1, 0, 1, 1]);
  });
});
