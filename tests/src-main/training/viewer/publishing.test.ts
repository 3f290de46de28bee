/** What goes together between two steps, over which rows it lies, and on whose account it goes. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeFrame } from '#contract/frame';
import type { FrameHeader } from '#contract/frame';
import { GaussianModel } from '../../../../src-main/gaussians/index';
import { initKernels } from '../../../../src-main/kernels/index';
import { Rhythm } from '../../../../src-main/training/viewer/rhythm';
import type { ViewedScene } from '../../../../src-main/training/viewer/scene';
import { TrainerViewer } from '../../../../src-main/training/viewer/viewer';
import { BACKENDS } from '../../kernels/backends';

/** Lets through what a test says, and notes what was paid for. */
class Told extends Rhythm {
  may = { snapshot: true, overlays: true };
  readonly paid: { snapshot: boolean; overlays: boolean }[] = [];

  override get maySnapshot(): boolean {
    return this.may.snapshot;
  }

  override get mayOverlay(): boolean {
    return this.may.overlays;
  }

  override published(snapshot: number, overlays: number): void {
    this.paid.push({ snapshot: snapshot > 0, overlays: overlays > 0 });
  }
}

let model: GaussianModel;
beforeAll(async () => {
  await initKernels({ backend: BACKENDS[0], threads: 1 });
  model = new GaussianModel(8);
  model.append(4);
});
afterAll(() => model.dispose());

it('renews snapshots and overlays apart while rows are the same, and together when they are others', () => {
  const rhythm = new Told();
  const headers: FrameHeader[] = [];
  const viewer = new TrainerViewer((bytes) => headers.push(decodeFrame(bytes.slice().buffer).header), null, rhythm);
  const semantics = { layers: [], entries: 6, codebook: 'a'.repeat(64) };
  let step = 0;
  /** One step later. @returns kinds and rows of what came, and what was paid for */
  const between = (may: Told['may']) => {
    rhythm.may = may;
    const [before, paid] = [headers.length, rhythm.paid.length];
    const scene: ViewedScene = { step: step++, model, shDegree: 0, antialiased: false, extent: 1, semantics };
    viewer.between(scene);
    viewer.taken({ type: 'taken', sequence: headers.at(-1)?.sequence ?? 0 });
    const came = headers.slice(before).map((header) => `${header.kind} ${'rows' in header ? header.rows : ''}`);
    return [came, ...rhythm.paid.slice(paid)];
  };
  const [snapshotOnly, overlaysOnly] = [
    { snapshot: true, overlays: false },
    { snapshot: false, overlays: true },
  ];

  viewer.watch({ type: 'watch', geometry: true, overlays: ['uncertainty'] });
  // Rows that nobody has seen yet take their overlays along, on the snapshot's account.
  expect(between(snapshotOnly)).toEqual([['snapshot 1', 'overlay 1'], { snapshot: true, overlays: false }]);
  expect(between(snapshotOnly)).toEqual([['snapshot 1'], { snapshot: true, overlays: false }]);
  expect(between(overlaysOnly)).toEqual([['overlay 1'], { snapshot: false, overlays: true }]);
  expect(between({ snapshot: true, overlays: true })).toEqual([
    ['snapshot 1', 'overlay 1'],
    { snapshot: true, overlays: true },
  ]);
  expect(between({ snapshot: false, overlays: false })).toEqual([[]]);
  model.append(1);
  expect(between(snapshotOnly)).toEqual([['snapshot 2', 'overlay 2'], { snapshot: true, overlays: false }]);
  model.append(1);
  expect(between(overlaysOnly)).toEqual([['snapshot 3', 'overlay 3'], { snapshot: true, overlays: false }]);
});
