/** Only what has no label: pictures see the scene as if nothing else were there, gestures mean nothing else, and parameters stay what they are. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { render } from '../../../../src-main/kernels/index';
import { GEOMETRY } from '../../../../src-main/kernels/layout';
import { LabelDesk } from '../../../../src-main/labels/index';
import { ringCamera, writeTinyCapture } from '../tinyCapture';
import { section, WatchedTrainer } from './watchedTrainer';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-unlabelled-'));
  await writeTinyCapture(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const camera = ringCamera(0.3, 40, 30);
const size = camera.width * camera.height;

it('shows and means only what has no label', { timeout: 60_000 }, async () => {
  const watched = new WatchedTrainer({ labels: new LabelDesk() });
  const { trainer } = watched;
  watched.start({ capture: folder });
  await trainer.ended;
  const { ids, geometry, sphericalHarmonics } = watched.store.saved.at(-1)!.tensors;
  const left = [...ids.data].filter((_, row) => geometry.data[GEOMETRY.columns * row + 2] < 0);
  const others = [...ids.data].filter((id) => !left.includes(id)).sort((a, b) => a - b);
  expect(Math.min(left.length, others.length)).toBeGreaterThan(20);
  const assign = { kind: 'assign' as const, layer: 1, label: 1, byHand: true, ids: Uint32Array.from(left).sort() };
  const nextId = Math.max(...ids.data) + 1;
  trainer.send({ type: 'labels', revision: 1, from: 0, edits: [{ nextId, changes: [assign] }], layer: 1 });
  await watched.settle();

  let request = 0;
  const opacities = async (unlabelled?: boolean): Promise<Uint16Array> => {
    trainer.send({
      type: 'look',
      request: ++request,
      viewer: 1,
      camera,
      channel: 'opacity',
      way: 'blended',
      unlabelled,
    });
    await watched.until(() => watched.framesOf('picture').some(({ header }) => header.request === request));
    return section(watched.framesOf('picture').at(-1)!, 'values', Uint16Array);
  };
  /** α as the renderer has it, of the rows that are kept alone. */
  const rendered = (kept: (id: number) => boolean): Uint16Array => {
    const alphas = tf.tidy(() => {
      const rows = [...ids.data.keys()].filter((row) => kept(ids.data[row]));
      const of = ({ data, shape: [, columns] }: typeof geometry): tf.Tensor2D =>
        tf.tensor2d(Float32Array.from(rows.flatMap((row) => [...data.subarray(row * columns, (row + 1) * columns)])), [
          rows.length,
          columns,
        ]);
      const parts = { geometry: of(geometry), sphericalHarmonics: of(sphericalHarmonics) };
      const image = render(parts, camera, {
        ...{ count: rows.length, shDegree: 0, background: [0, 0, 0] as const, antialiased: false },
        ...{ channels: ['alpha'] as const, semanticsMovesGeometry: false },
      });
      return image.dataSync<'float32'>().slice();
    });
    return Uint16Array.from(alphas, (alpha) => Math.round(65_535 * alpha));
  };
  const whole = await opacities();
  expect(whole).toEqual(rendered(() => true));
  const rest = await opacities(true);
  expect(rest).toEqual(rendered((id) => !left.includes(id)));
  expect(rest.filter((alpha, pixel) => alpha < whole[pixel]).length).toBeGreaterThan(size / 20);
  // What was hidden for a moment is there again, to the bit.
  expect(await opacities()).toEqual(whole);

  const all = { kind: 'rectangle' as const, from: [-1, -1] as [number, number], to: [41, 31] as [number, number] };
  const meant = async (more: { through: boolean; unlabelled?: boolean; outside?: boolean }): Promise<number[]> => {
    const gesture = { type: 'gesture' as const, region: all, camera, layer: 1, only: null, never: [] };
    trainer.send({ ...gesture, request: ++request, outside: false, ...more });
    await watched.until(() => watched.all('gestured').some((answer) => answer.request === request));
    return [...watched.all('gestured').at(-1)!.ids];
  };
  const seen = await meant({ through: false });
  expect(seen.filter((id) => left.includes(id)).length).toBeGreaterThan(0);
  expect(await meant({ through: true, unlabelled: true })).toEqual(
    (await meant({ through: true })).filter((id) => !left.includes(id)),
  );
  const alone = await meant({ through: false, unlabelled: true });
  expect(alone.filter((id) => left.includes(id))).toEqual([]);
  // With what stood before them gone, others are the surface: all that were, and more.
  const before = seen.filter((id) => !left.includes(id));
  expect(before.filter((id) => !alone.includes(id)).length).toBeLessThan(0.05 * before.length);
  expect(alone.length).toBeGreaterThan(before.length);
  expect((await meant({ through: true, unlabelled: true, outside: true })).some((id) => left.includes(id))).toBe(false);
  await trainer.close();
});
