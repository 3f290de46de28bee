/**
 * Frames to pages, latest wins: a page is busy with one frame at a time, what it misses is never sent, and neither a slow page nor one
 * that never answers holds up the trainer or the others.
 */
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '#contract/frame';
import type { FrameHeader, OverlayName } from '#contract/frame';
import { ViewerHub } from '../../../../src-main/studio/session/viewers';
import type { Viewer } from '../../../../src-main/studio/session/viewers';

const snapshot = (sequence: number, rows = sequence, step = sequence): Uint8Array<ArrayBuffer> =>
  encodeFrame(
    {
      ...{ kind: 'snapshot', sequence, rows, step, count: 1, shDegree: 0, origin: [0, 0, 0], rgbMin: 0, rgbMax: 1 },
      ...{ lnScaleMin: -5, lnScaleMax: 0, sh1Max: 1, sh2Max: 1, sh3Max: 1, antialiased: false },
      ...{ centre: [0, 0, 0], radius: 1, extent: 1 },
    },
    { splats: new Uint32Array(4), ids: new Uint32Array(1) },
  );

const overlay = (sequence: number, of: number, name: OverlayName = 'uncertainty'): Uint8Array<ArrayBuffer> =>
  encodeFrame(
    { kind: 'overlay', sequence, step: sequence, rows: of, count: 1, ask: 0 },
    { [name]: name === 'entry' ? new Uint8Array(1) : new Uint16Array(1) },
  );

const picture = (sequence: number, request: number): Uint8Array<ArrayBuffer> =>
  encodeFrame(
    {
      ...{ kind: 'picture', sequence, step: 1, request, channel: 'uncertainty', way: 'blended', ask: 0 },
      ...{ width: 2, height: 1, cost: 1, near: 0, far: 1 },
    },
    { values: Uint16Array.of(7, 9), alpha: Uint8Array.of(255, 255) },
  );

function hubOf() {
  const taken: number[] = [];
  const wishes: string[] = [];
  const warnings: string[] = [];
  const hub = new ViewerHub({
    taken: (sequence) => taken.push(sequence),
    wishes: ({ geometry, overlays }) => wishes.push(`${geometry} ${overlays.join()}`),
    warn: (message) => warnings.push(message),
  });
  return { hub, taken, wishes, warnings };
}

function pageOf(hub: ViewerHub, overlays: OverlayName[] = ['uncertainty']): { viewer: Viewer; got: FrameHeader[] } {
  const got: FrameHeader[] = [];
  const viewer = hub.join((bytes) => got.push(decodeFrame(bytes.buffer).header));
  viewer.watch({ geometry: true, overlays });
  return { viewer, got };
}

const seen = (got: readonly FrameHeader[]): string[] => got.map(({ kind, sequence }) => `${kind} ${sequence}`);

describe('the hub of viewers', () => {
  it('takes every frame off the trainer at once, whatever the pages do', () => {
    const { hub, taken } = hubOf();
    const { got } = pageOf(hub);
    for (let sequence = 1; sequence <= 50; sequence++) hub.receive(snapshot(sequence));
    expect(taken).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    // This page never said `taken`: it has the first one and nothing is kept for it but the newest.
    expect(seen(got)).toEqual(['snapshot 1']);
  });

  it('sends what is newest when a page is done, and never what it missed', () => {
    const { hub } = hubOf();
    const { viewer, got } = pageOf(hub);
    const other = pageOf(hub);
    hub.receive(snapshot(1));
    hub.receive(overlay(2, 1));
    hub.receive(snapshot(3));
    hub.receive(overlay(4, 3));
    hub.receive(overlay(5, 3));
    for (const sequence of [1, 2, 3, 5]) viewer.taken(sequence);
    expect(seen(got)).toEqual(['snapshot 1', 'overlay 2', 'snapshot 3', 'overlay 5']);
    expect(seen(other.got)).toEqual(['snapshot 1']);
  });

  it('brings overlays to a page that is slower than snapshots come', () => {
    const { hub } = hubOf();
    const { viewer, got } = pageOf(hub);
    for (let sequence = 1; sequence < 20; sequence += 2) {
      hub.receive(snapshot(sequence));
      hub.receive(overlay(sequence + 1, sequence));
      viewer.taken(got.at(-1)!.sequence);
    }
    expect(got.filter(({ kind }) => kind === 'overlay').length).toBeGreaterThanOrEqual(4);
  });

  it('gives a late page the last state at once, also when nothing trains any more', () => {
    const { hub } = hubOf();
    hub.receive(snapshot(8));
    hub.receive(overlay(9, 8));
    hub.receive(overlay(10, 8, 'entry'));
    const { viewer, got } = pageOf(hub, ['uncertainty', 'entry']);
    viewer.taken(8);
    viewer.taken(9);
    viewer.taken(10);
    expect(seen(got)).toEqual(['snapshot 8', 'overlay 9', 'overlay 10']);
  });

  it('lets overlays lie over later snapshots of the same rows, sent once', () => {
    const { hub } = hubOf();
    const early = pageOf(hub);
    hub.receive(snapshot(1, 1));
    hub.receive(overlay(2, 1));
    early.viewer.taken(1);
    hub.receive(snapshot(3, 1));
    const late = pageOf(hub);
    for (const { viewer } of [early, late]) for (const sequence of [2, 3]) viewer.taken(sequence);
    expect(seen(early.got)).toEqual(['snapshot 1', 'overlay 2', 'snapshot 3']);
    expect(seen(late.got)).toEqual(['snapshot 3', 'overlay 2']);
  });

  it('takes rows of a trainer that was started anew for others', () => {
    const { hub } = hubOf();
    hub.receive(snapshot(8, 1));
    hub.receive(overlay(9, 1));
    hub.receive(snapshot(1, 1));
    const { viewer, got } = pageOf(hub);
    viewer.taken(1);
    expect(seen(got)).toEqual(['snapshot 1']);
  });

  it('brings snapshots to a page that is slower than overlays come', () => {
    const { hub } = hubOf();
    const { viewer, got } = pageOf(hub);
    for (let sequence = 1; sequence < 40; sequence += 2) {
      hub.receive(snapshot(sequence, 1));
      hub.receive(overlay(sequence + 1, 1));
      viewer.taken(got.at(-1)!.sequence);
    }
    const kinds = got.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'snapshot').length).toBeGreaterThanOrEqual(8);
    expect(kinds.filter((kind) => kind === 'overlay').length).toBeGreaterThanOrEqual(8);
  });

  it('drops overlays of rows that nobody has, and sends only those that a page watches', () => {
    const { hub } = hubOf();
    const { viewer, got } = pageOf(hub, ['entry']);
    hub.receive(snapshot(1));
    hub.receive(overlay(2, 7, 'entry'));
    hub.receive(overlay(3, 1, 'uncertainty'));
    viewer.taken(1);
    expect(seen(got)).toEqual(['snapshot 1']);
    viewer.watch({ geometry: true, overlays: ['uncertainty'] });
    expect(seen(got)).toEqual(['snapshot 1', 'overlay 3']);
  });

  it('brings a picture to the page that asked, under the number that it asked with, the newest look only', () => {
    const { hub } = hubOf();
    const [asking, other] = [pageOf(hub), pageOf(hub)];
    const first = asking.viewer.expect(4_000_000);
    const second = asking.viewer.expect(4_000_001);
    hub.receive(picture(1, first));
    hub.receive(picture(2, second));
    expect(asking.got).toMatchObject([{ kind: 'picture', sequence: 2, request: 4_000_001 }]);
    expect(other.got).toEqual([]);
  });

  it('lets pictures and layers take turns on a slow page', () => {
    const { hub } = hubOf();
    const { viewer, got } = pageOf(hub);
    for (let sequence = 1; sequence < 40; sequence += 2) {
      hub.receive(snapshot(sequence));
      hub.receive(picture(sequence + 1, viewer.expect(sequence)));
      viewer.taken(got.at(-1)!.sequence);
    }
    const kinds = got.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'snapshot').length).toBeGreaterThan(5);
    expect(kinds.filter((kind) => kind === 'picture').length).toBeGreaterThan(5);
  });

  it('joins the wishes of all pages, and tells only changes', () => {
    const { hub, wishes } = hubOf();
    const one = pageOf(hub, ['entry']);
    const two = pageOf(hub, ['uncertainty', 'entry']);
    two.viewer.watch({ geometry: true, overlays: ['entry'] });
    one.viewer.leave();
    two.viewer.leave();
    expect(wishes).toEqual(['true entry', 'true entry,uncertainty', 'true entry', 'false ']);
  });

  it('says what was wrong with a malformed frame and goes on', () => {
    const { hub, warnings, taken } = hubOf();
    const { got } = pageOf(hub);
    hub.receive(snapshot(1).slice(0, 40));
    hub.receive(snapshot(2));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^frame dropped: header of/);
    expect(taken).toEqual([2]);
    expect(seen(got)).toEqual(['snapshot 2']);
  });

  it('reads a frame that is a piece of a larger buffer', () => {
    const { hub } = hubOf();
    const { got } = pageOf(hub);
    const frame = snapshot(6);
    const larger = new Uint8Array(frame.length + 24);
    larger.set(frame, 8);
    hub.receive(larger.subarray(8, 8 + frame.length));
    expect(seen(got)).toEqual(['snapshot 6']);
  });
});
