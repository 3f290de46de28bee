/** An export and a preview that are given up while their checkpoint is still being written are made no further, and can be begun anew. */
import { expect, it } from 'vitest';
import type { ExportState, MeshPreviewState } from '#contract/exportMessages';
import { Exporting } from '../../../../src-main/studio/session/exporting';
import { MeshPreview } from '../../../../src-main/studio/session/meshPreview';
import type { PreviewJob } from '../../../../src-main/studio/session/meshPreview';

const gone = '/nowhere.legato';
const job: PreviewJob = { project: gone, layer: null, threads: 1, labels: 1 };

function later<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let [resolve, reject] = [(_: T): void => undefined, (_: Error): void => undefined];
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

it('a preview', async () => {
  const told: MeshPreviewState[] = [];
  const preview = new MeshPreview((state) => told.push(state));
  const saving = later<PreviewJob>();
  const begun = preview.start(saving.promise);
  expect(told.map(({ state }) => state)).toEqual(['running']);
  preview.cancel();
  expect(told.map(({ state }) => state)).toEqual(['running', 'cancelled']);
  saving.resolve(job);
  await begun;
  // A process would say that the project is not there.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(told).toHaveLength(2);
  const failing = later<PreviewJob>();
  const failed = preview.start(failing.promise);
  failing.reject(new Error('disk'));
  await expect(failed).rejects.toThrow('disk');
  expect(told.map(({ state }) => state).slice(2)).toEqual(['running', 'cancelled']);
});

it('an export, and refuses a second one meanwhile', async () => {
  const told: ExportState[] = [];
  const exporting = new Exporting((state) => told.push(state));
  const saving = later<undefined>();
  const start = (saved: Promise<undefined>): Promise<void> =>
    exporting.start(gone, 'glb', async () => {
      await saved;
      return { type: 'export', project: gone, format: 'glb', layer: null, threads: 1 };
    });
  const begun = start(saving.promise);
  await expect(start(Promise.resolve(undefined))).rejects.toThrow(/under way/);
  exporting.cancel();
  saving.resolve(undefined);
  await begun;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(told.map(({ state }) => state)).toEqual(['running', 'cancelled']);
  const failing = later<undefined>();
  const failed = start(failing.promise);
  failing.reject(new Error('disk'));
  await expect(failed).rejects.toThrow('disk');
  expect(told.map(({ state }) => state).slice(2)).toEqual(['running', 'cancelled']);
});
