/** Snapshots and overlays keep together, whatever order and whenever they come. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeFrame } from '#contract/frame';
import { SnapshotQueue } from '../../../src-renderer/viewport/snapshotQueue';
import type { OverlayFrame, SnapshotFrame } from '../../../src-renderer/viewport/snapshotQueue';
import { overlayFrame, packScene, snapshotFrame } from './packScene';
import { seededScene } from './seededScene';

const rows = seededScene(8, 1);
const scene = (sequence: number, of = sequence) => packScene(rows, sequence, 10 * sequence, of);
const snapshot = (sequence: number, of = sequence) =>
  decodeFrame(snapshotFrame(scene(sequence, of)).buffer) as SnapshotFrame;
const overlay = (of: number, value: number) =>
  decodeFrame(
    overlayFrame(scene(of), 100 + of, { uncertainty: new Uint16Array(8).fill(value) }).buffer,
  ) as OverlayFrame;

describe('the queue of snapshots', () => {
  let sorted: number[];
  let written: number[];
  let queue: SnapshotQueue;
  beforeEach(() => {
    vi.useFakeTimers();
    sorted = [];
    written = [];
    queue = new SnapshotQueue({
      sort: ({ frame }) => sorted.push(frame.header.sequence),
      write: (_, { numbers }) => written.push(numbers[0]),
    });
    queue.wanted = ['uncertainty'];
  });
  afterEach(() => vi.useRealTimers());

  it('sorts the first at once and writes overlays of what is shown', () => {
    queue.takeSnapshot(snapshot(1));
    queue.displayed();
    queue.takeOverlay(overlay(1, 7));
    queue.takeOverlay(overlay(99, 8));
    expect([sorted, written]).toEqual([[1], [7]]);
    expect(queue.shown?.frame.header.sequence).toBe(1);
  });

  it('holds the next until its overlay is here, and swaps both at once', () => {
    queue.takeSnapshot(snapshot(1));
    queue.displayed();
    queue.takeOverlay(overlay(1, 7));
    queue.takeSnapshot(snapshot(2));
    expect(sorted).toEqual([1]);
    queue.takeOverlay(overlay(2, 9));
    expect([sorted, written]).toEqual([[1, 2], [7]]);
    queue.displayed();
    expect(written).toEqual([7, 9]);
  });

  it('keeps overlays over a snapshot of the same rows, and waits for none', () => {
    queue.takeSnapshot(snapshot(1));
    queue.displayed();
    queue.takeOverlay(overlay(1, 7));
    queue.takeSnapshot(snapshot(2, 1));
    expect(sorted).toEqual([1, 2]);
    queue.displayed();
    expect(queue.shown?.overlays.get('uncertainty')?.numbers[0]).toBe(7);
    expect(written).toEqual([7]);
    queue.takeOverlay(overlay(1, 8));
    expect(written).toEqual([7, 8]);
    // A trainer that was started anew counts from 1 again.
    queue.takeSnapshot(snapshot(1));
    expect(queue.newest?.overlays.size).toBe(0);
  });

  it('waits no longer than it has patience', () => {
    queue.takeSnapshot(snapshot(1));
    queue.displayed();
    queue.takeOverlay(overlay(1, 7));
    queue.takeSnapshot(snapshot(2));
    vi.advanceTimersByTime(2000);
    expect(sorted).toEqual([1, 2]);
  });

  it('sorts one at a time, and of those that come meanwhile the newest', () => {
    queue.takeSnapshot(snapshot(1));
    queue.takeSnapshot(snapshot(2));
    queue.takeSnapshot(snapshot(3));
    expect(sorted).toEqual([1]);
    queue.displayed();
    expect(sorted).toEqual([1, 3]);
  });
});
