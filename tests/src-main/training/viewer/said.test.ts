/** What a person's own hand has named stands above answers: of splats, in both kinds of exact pictures, and for gestures; nowhere else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PictureChannel } from '#contract/frame';
import { LabelDesk } from '../../../../src-main/labels/index';
import { ringCamera, writeTinyCapture } from '../tinyCapture';
import { CODEBOOK, ENTRIES, section, WatchedTrainer } from './watchedTrainer';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-said-'));
  await writeTinyCapture(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const camera = ringCamera(0.3, 40, 30);

it('shows the class of a stroke although every entry answers another one', { timeout: 60_000 }, async () => {
  const watched = new WatchedTrainer({ labels: new LabelDesk() });
  const { trainer } = watched;
  trainer.send({ type: 'watch', geometry: true, overlays: ['relevancy', 'class', 'label'] });
  watched.start({ capture: folder });
  await trainer.ended;
  // Every entry is a lamp, and none is a vase.
  const relevancies = Float32Array.from({ length: 2 * ENTRIES }, (_, i) => (i < ENTRIES ? 0.7 : 0.2));
  const questions = ['lamp', 'vase'];
  const ask = { revision: 4, questions, texts: questions, relevancies, products: null, codebook: CODEBOOK };
  trainer.send({ type: 'ask', ask });
  await watched.settle();
  let request = 0;
  const picture = async (channel: PictureChannel, way: 'decoded' | 'blended') => {
    trainer.send({ type: 'look', request: ++request, viewer: 1, camera, channel, way });
    await watched.until(() => watched.framesOf('picture').some(({ header }) => header.request === request));
    return watched.framesOf('picture').at(-1)!;
  };
  const heat = section(await picture('relevancy', 'decoded'), 'values', Uint16Array);
  const { ids, geometry } = watched.store.saved.at(-1)!.tensors;
  // A hand names all splats on one side of the picture; an accepted answer names all others.
  const left = [...ids.data].filter((_, row) => geometry.data[11 * row + 2] < 0);
  const others = [...ids.data].filter((id) => !left.includes(id));
  expect(Math.min(left.length, others.length)).toBeGreaterThan(20);
  const nextId = Math.max(...ids.data) + 1;
  const changes = [left, others].map((some, i) => ({
    ...{ kind: 'assign' as const, layer: 1, label: 1, byHand: i === 0 },
    ids: Uint32Array.from(some).sort(),
  }));
  trainer.send({ type: 'labels', revision: 1, from: 0, edits: [{ nextId, changes }], layer: 1 });
  trainer.send({ type: 'teach', meanings: [{ label: 1, name: 'Vase', entries: [] }] });
  await watched.settle();
  const overlay = watched.framesOf('overlay').at(-1)!;
  const [classes, scores] = [section(overlay, 'class', Uint8Array), section(overlay, 'relevancy', Uint16Array)];
  ids.data.forEach((id, row) => {
    const named = left.includes(id);
    expect(classes[row]).toBe(named ? 2 : 1);
    expect(scores[row]).toBe(named ? 65_535 : Math.round(65_535 * Math.fround(0.7)));
  });

  for (const way of ['decoded', 'blended'] as const) {
    const frame = await picture('class', way);
    const [shown, certain] = [section(frame, 'values', Uint8Array), section(frame, 'relevancy', Uint16Array)];
    const vases = shown.filter((question, pixel) => question === 2 && certain[pixel] === 65_535).length;
    const lamps = shown.filter((question, pixel) => question === 1 && certain[pixel] < 65_535).length;
    expect(Math.min(vases, lamps)).toBeGreaterThan(50);
    expect(shown.filter((question) => question > 0).length - vases - lamps).toBeLessThan(0.1 * (vases + lamps));
  }
  // The heat of a question is the model's alone.
  expect(section(await picture('relevancy', 'decoded'), 'values', Uint16Array)).toEqual(heat);

  trainer.send({
    ...{ type: 'gesture', request: 9, camera: null, through: false, layer: 1, outside: false, only: null, never: [] },
    region: { kind: 'answer', question: 1, threshold: 1 },
  });
  await watched.until(() => watched.all('gestured').length > 0);
  expect([...watched.all('gestured')[0].ids]).toEqual(left.sort((a, b) => a - b));

  // Asked otherwise, the same splats answer as they did; and the label undone, too.
  trainer.send({
    type: 'ask',
    ask: {
      ...ask,
      revision: 5,
      questions: ['lamp', 'vase OR cup'],
      texts: ['lamp', 'vase', 'cup'],
      relevancies: Float32Array.of(...relevancies, ...relevancies.subarray(ENTRIES)),
    },
  });
  await watched.settle();
  expect(section(watched.framesOf('overlay').at(-1)!, 'class', Uint8Array).every((one) => one === 1)).toBe(true);
  trainer.send({ type: 'ask', ask: { ...ask, revision: 6 } });
  trainer.send({ type: 'labels', revision: 2, from: 0, edits: [], layer: 1 });
  await watched.settle();
  expect(section(watched.framesOf('overlay').at(-1)!, 'class', Uint8Array).every((one) => one === 1)).toBe(true);
  await trainer.close();
});
