import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '#contract/frame';
import { setGateway } from '../../../src-renderer/gateway/shared';
import { countAbove, histogram, useFrames } from '../../../src-renderer/stores/frames';
import { playGateway } from '../play';

describe('counting an answer', () => {
  const classes = new Uint8Array([0, 1, 1, 2, 2]);
  const scores = new Uint16Array([0, 65_535, 32_000, 40_000, 10]);

  it('counts splats by class at any threshold', () => {
    const counted = histogram(3, classes, scores);
    expect(counted.splats).toBe(5);
    expect(countAbove(counted, 1, 0)).toBe(2);
    expect(countAbove(counted, 1, 0.5)).toBe(1);
    expect(countAbove(counted, 1, 1)).toBe(1);
    expect(countAbove(counted, 2, 0.5)).toBe(1);
    expect(countAbove(counted, 7, 0)).toBe(0);
  });

  it('agrees with counting each splat, to a 256th of score', () => {
    const n = 4096;
    const many = Uint16Array.from({ length: n }, (_, i) => (i * 40_503) & 0xffff);
    const counted = histogram(1, new Uint8Array(n).fill(1), many);
    for (const threshold of [0.1, 0.33, 0.5, 0.77]) {
      const exact = many.filter((score) => score / 65_535 >= threshold).length;
      // A bin is a 256th of the scores, which are spread evenly here.
      expect(Math.abs(countAbove(counted, 1, threshold) - exact)).toBeLessThanOrEqual(n / 256 + 1);
    }
  });
});

describe('frames on their way', () => {
  let played: ReturnType<typeof playGateway>;
  const overlay = () =>
    encodeFrame(
      { kind: 'overlay', sequence: 7, step: 1, rows: 6, count: 2, ask: 4 },
      { class: new Uint8Array([1, 0]), relevancy: new Uint16Array([60_000, 0]) },
    ).buffer;

  beforeEach(() => {
    setActivePinia(createPinia());
    played = playGateway();
    setGateway(played.gateway);
  });

  it('are acknowledged where nobody looks, so that no trainer waits', () => {
    useFrames().hear(overlay());
    expect(played.commands).toEqual([{ type: 'taken', sequence: 7 }]);
  });

  it('go to the viewport, which acknowledges them itself, after they were counted', () => {
    const frames = useFrames();
    const taken: ArrayBuffer[] = [];
    frames.attach((frame) => taken.push(frame));
    frames.hear(overlay());
    expect(taken).toHaveLength(1);
    expect(played.commands).toEqual([]);
    expect(frames.answers?.ask).toBe(4);
  });

  it('survive a frame that is none', () => {
    useFrames().hear(new ArrayBuffer(3));
    expect(played.commands).toEqual([]);
  });

  it('are wished for again after a loss', () => {
    const frames = useFrames();
    frames.connected();
    expect(played.commands).toEqual([]);
    frames.watch(true, ['entry']);
    frames.connected();
    const watch = { type: 'watch', geometry: true, overlays: ['entry'] };
    expect(played.commands).toEqual([watch, watch]);
  });
});
