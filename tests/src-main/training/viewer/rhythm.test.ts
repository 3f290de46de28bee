/** The rhythm of publishing on a clock of the test's own: 2 % in the long run, a new picture within a second, at once in the beginning. */
import { describe, expect, it } from 'vitest';
import { Rhythm } from '../../../../src-main/training/viewer/rhythm';

/** Publishes whenever it may for a while; returns when. @param cost  ms each */
function publish(cost: number, seconds: number): { at: number[]; share: number } {
  let now = 0;
  const rhythm = new Rhythm(() => now);
  const at: number[] = [];
  while (now < 1000 * seconds) {
    if (rhythm.maySnapshot) {
      at.push(now);
      now += cost;
      rhythm.published(cost, 0);
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
    expect(share).toBeLessThanOrEqual(0.0185);
    expect(share).toBeGreaterThan(0.017);
    expect(at[2]).toBeLessThan(1500);
  });

  /** Looks and frames for a while, both whenever they may. @param cost  ms of a picture */
  function look(cost: number, seconds: number, renews: boolean): { pictures: number; frames: number; share: number } {
    let now = 0;
    const rhythm = new Rhythm(() => now);
    let [pictures, frames] = [0, 0];
    while (now < 1000 * seconds) {
      if (rhythm.mayLook(renews)) {
        pictures++;
        now += cost;
        rhythm.pictured(cost, renews);
      }
      if (rhythm.maySnapshot) {
        frames++;
        now += 1;
        rhythm.published(1, 0);
      }
      now += 10;
    }
    return { pictures, frames, share: (pictures * cost + frames) / now };
  }

  it('serves a picture that is waited for once a second whatever it costs, and frames beside them', () => {
    const { pictures, frames } = look(200, 20, false);
    expect(pictures).toBeGreaterThanOrEqual(15);
    expect(frames).toBeGreaterThan(0);
  });

  it('renews pictures within 2 %, and frames beside them', () => {
    const { pictures, frames, share } = look(200, 300, true);
    expect(pictures).toBeGreaterThanOrEqual(24);
    expect(frames).toBeGreaterThanOrEqual(600);
    expect(share).toBeLessThanOrEqual(0.0185);
  });

  it('goes on with snapshots and overlays beside pictures that cost a hundred of them', () => {
    let now = 0;
    const rhythm = new Rhythm(() => now);
    let spent = 0;
    const pay = (cost: number): number => {
      spent += cost;
      now += cost;
      return cost;
    };
    const at: Record<'picture' | 'snapshot' | 'overlays', number[]> = { picture: [], snapshot: [], overlays: [] };
    for (; now < 1_200_000; now += 10) {
      if (rhythm.mayLook(true)) {
        at.picture.push(now);
        rhythm.pictured(pay(800), true);
      }
      const may = { snapshot: rhythm.maySnapshot, overlays: rhythm.mayOverlay };
      if (may.snapshot) at.snapshot.push(now);
      if (may.overlays) at.overlays.push(now);
      if (may.snapshot || may.overlays) rhythm.published(pay(may.snapshot ? 8 : 0), pay(may.overlays ? 40 : 0));
    }
    const longest = (times: number[]): number => Math.max(...times.slice(1).map((one, i) => one - times[i]));
    expect(longest(at.snapshot)).toBeLessThan(2500);
    expect(longest(at.overlays)).toBeLessThan(8000);
    expect(longest(at.picture)).toBeLessThan(136_000);
    expect(spent / now).toBeLessThanOrEqual(0.0188);
  });

  it('renews pictures for whom no frame is made, too', () => {
    let now = 0;
    const rhythm = new Rhythm(() => now);
    let pictures = 0;
    for (; now < 100_000; now += 10)
      if (rhythm.mayLook(true)) {
        pictures++;
        rhythm.pictured(20, true);
      }
    expect(pictures).toBeGreaterThan(65);
    expect(pictures).toBeLessThanOrEqual(101);
  });

  it('tells the share of the last ten seconds, however often it is asked', () => {
    let now = 0;
    const rhythm = new Rhythm(() => now);
    now = 1000;
    rhythm.published(10, 5);
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
