/** The rhythm of publishing on a clock of the test's own: 2 % in the long run, a picture a second, at once in the beginning. */
import { describe, expect, it } from 'vitest';
import { Rhythm } from '../../../../src-main/training/viewer/rhythm';

/** Publishes whenever it may for a while; returns when. @param cost  ms each */
function publish(cost: number, seconds: number): { at: number[]; share: number } {
  let now = 0;
  const rhythm = new Rhythm(() => now);
  const at: number[] = [];
  while (now < 1000 * seconds) {
    if (rhythm.mayPublish) {
      at.push(now);
      now += cost;
      rhythm.published(cost, cost);
    } else now += 10;
  }
  return { at, share: (at.length * cost) / now };
}

describe('rhythm', () => {
  it('publishes what costs little every 0.4 s', () => {
    const { at } = publish(1, 10);
    expect(at.length).toBeGreaterThanOrEqual(24);
    expect(at[1] - at[0]).toBeGreaterThanOrEqual(400);
  });

  it('spends 2 % in the long run and no more, but begins at once', () => {
    const { at, share } = publish(40, 600);
    expect(share).toBeLessThanOrEqual(0.0205);
    expect(share).toBeGreaterThan(0.018);
    expect(at[2]).toBeLessThan(1500);
  });

  it('serves a picture a second whatever it costs, and frames beside them', () => {
    let now = 0;
    const rhythm = new Rhythm(() => now);
    const pictures: number[] = [];
    let published = 0;
    while (now < 20_000) {
      if (rhythm.mayLook) {
        pictures.push(now);
        now += 200;
        rhythm.pictured(200);
      }
      if (rhythm.mayPublish) {
        published++;
        rhythm.published(1, 1);
      }
      now += 10;
    }
    expect(pictures.length).toBeGreaterThanOrEqual(15);
    expect(published).toBeGreaterThan(0);
  });

  it('tells the share of the last ten seconds, however often it is asked', () => {
    let now = 0;
    const rhythm = new Rhythm(() => now);
    now = 1000;
    rhythm.published(15, 10);
    rhythm.spent(5);
    expect(rhythm.takeShare()).toBeCloseTo(0.02);
    now = 2000;
    expect(rhythm.takeShare()).toBeCloseTo(0.01);
    for (now = 2250; now < 10_000; now += 250) rhythm.takeShare();
    expect(rhythm.takeShare()).toBeCloseTo(0.002);
    for (; now <= 11_000; now += 250) rhythm.takeShare();
    expect(rhythm.takeShare()).toBe(0);
  });

  it('tells another run nothing of the one before', () => {
    let now = 0;
    const rhythm = new Rhythm(() => now);
    now = 1000;
    rhythm.spent(500);
    rhythm.begin();
    now = 2000;
    rhythm.spent(10);
    expect(rhythm.takeShare()).toBeCloseTo(0.01);
  });
});
