/**
 * Looking at a trainer while it trains: frames of a real small run decode and say what the run's own parameters say, whoever looks never
 * moves a bit of it, and the last state is always there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overlayNames } from '#contract/frame';
import type { Frame } from '#contract/frame';
import type { AskOrder } from '#contract/viewerMessages';
import { packSplatsReference } from '../../../../src-main/kernels/pack.reference';
import { decodeCodes, scoreCodes, vectorsOf } from '../../../../src-main/semantics/index';
import type { TrainingSnapshot } from '../../../../src-main/training/ports';
import { decoderOf } from '../../../../src-main/studio/semanticScene';
import { writeTinyCapture } from '../tinyCapture';
import { CODEBOOK, ENTRIES, MemoryStore, section, WatchedTrainer } from './watchedTrainer';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-viewer-'));
  await writeTinyCapture(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ask = (revision: number, questions = ['lamp', 'table AND uncertainty < 0.9']): AskOrder => ({
  revision,
  questions,
  texts: ['lamp', 'table'],
  relevancies: Float32Array.from({ length: 2 * ENTRIES }, (_, i) => ((7 * i) % 11) / 11),
  products: null,
  codebook: CODEBOOK,
});

const floats = (snapshot: TrainingSnapshot, name: string): Float32Array => snapshot.tensors[name].data as Float32Array;

/** The words of a frame against the readable packing of the checkpoint of its step. */
function expectPacked(frame: Frame, saved: TrainingSnapshot): void {
  const { header } = frame;
  if (header.kind !== 'snapshot') throw new Error('not a snapshot');
  expect(header.step).toBe(saved.step);
  expect(Array.from(section(frame, 'ids', Uint32Array))).toEqual(Array.from(saved.tensors.ids.data));
  const words = new Uint32Array(4 * header.count);
  packSplatsReference(
    {
      geometry: floats(saved, 'geometry'),
      sphericalHarmonics: floats(saved, 'sphericalHarmonics'),
      count: header.count,
      shDegree: header.shDegree,
    },
    header,
    { splats: words, sh1: null, sh2: null, sh3: null },
  );
  const bytes = new Uint8Array(words.buffer);
  const got = new Uint8Array(section(frame, 'splats', Uint32Array).slice().buffer);
  // The native kernel may round a byte that lies on a tie the other way.
  const far = got.filter((byte, i) => Math.abs(byte - bytes[i]) > 1);
  expect(far).toHaveLength(0);
}

describe('a trainer that is looked at', { timeout: 60_000 }, () => {
  it('publishes snapshots from the first step on, and the final state as it is', async () => {
    const watched = new WatchedTrainer();
    watched.trainer.send({ type: 'watch', geometry: true, overlays: [...overlayNames] });
    watched.start({ capture: folder });
    await watched.trainer.ended;
    await watched.settle();
    expect(watched.all('failed')).toEqual([]);
    const snapshots = watched.framesOf('snapshot');
    expect(snapshots[0].header.step).toBe(0);
    const last = snapshots.at(-1)!;
    const saved = watched.store.saved.at(-1)!;
    expectPacked(last, saved);
    const sequences = watched.frames.map(({ header }) => header.sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));

    const overlay = watched.framesOf('overlay').at(-1)!;
    expect(overlay.header).toMatchObject({ step: saved.step, rows: last.header.rows, ask: 0 });
    const semantics = floats(saved, 'semantics');
    const { count } = overlay.header;
    const codes = decodeCodes(vectorsOf(semantics, count), decoderOf(saved, ENTRIES));
    const exact = {
      entry: Uint8Array.from({ length: count }, (_, row) => codes.entries[4 * row]),
      share: Uint8Array.from({ length: count }, (_, row) => codes.shares[4 * row]),
      uncertainty: Uint16Array.from({ length: count }, (_, row) =>
        Math.round(65_535 * Math.fround(1 / (1 + Math.exp(-semantics[9 * row + 8])))),
      ),
    };
    expect(section(overlay, 'entry', Uint8Array)).toEqual(exact.entry);
    expect(section(overlay, 'share', Uint8Array)).toEqual(exact.share);
    expect(section(overlay, 'uncertainty', Uint16Array)).toEqual(exact.uncertainty);
    expect(overlay.sections.has('components')).toBe(true);
    expect(overlay.sections.has('relevancy')).toBe(false);

    // Asked when all is over, answered at once.
    watched.trainer.send({ type: 'ask', ask: ask(5) });
    await watched.settle();
    const answer = watched.framesOf('overlay').at(-1)!;
    expect(answer.header).toMatchObject({ ask: 5, rows: last.header.rows });
    const lamp = scoreCodes(codes, ask(5).relevancies.subarray(0, ENTRIES));
    const table = scoreCodes(codes, ask(5).relevancies.subarray(ENTRIES));
    const relevancy = section(answer, 'relevancy', Uint16Array);
    const classes = section(answer, 'class', Uint8Array);
    for (let row = 0; row < count; row++) {
      const second = exact.uncertainty[row] < 0.9 * 65_535 ? table[row] : 0;
      expect(relevancy[row]).toBe(Math.round(65_535 * Math.max(lamp[row], second)));
      expect(classes[row]).toBe(lamp[row] >= second ? (lamp[row] > 0 ? 1 : 0) : 2);
    }
    await watched.trainer.close();
  });

  it('moves no bit of what is trained, and waits for no one', async () => {
    const runs: TrainingSnapshot[] = [];
    for (const [overlays, takes] of [
      [null, true],
      [[...overlayNames], true],
      [[...overlayNames], false],
    ] as const) {
      const watched = new WatchedTrainer({ takes });
      if (overlays) watched.trainer.send({ type: 'watch', geometry: true, overlays: [...overlays] });
      if (overlays) watched.trainer.send({ type: 'ask', ask: ask(1) });
      watched.start({ capture: folder, settings: { steps: 60 } });
      await watched.trainer.ended;
      await watched.settle();
      // Whoever never takes a frame gets one publication and no more.
      if (!takes) expect(watched.frames.length).toBeLessThanOrEqual(2);
      if (!overlays) expect(watched.frames).toEqual([]);
      runs.push(watched.store.saved.at(-1)!);
      await watched.trainer.close();
    }
    for (const other of runs.slice(1))
      for (const name of ['geometry', 'sphericalHarmonics', 'semantics', 'ids', 'decoder.0.kernel'])
        expect(other.tensors[name].data).toEqual(runs[0].tensors[name].data);
  });

  it('shows the last state when paused, and answers there', async () => {
    const watched = new WatchedTrainer();
    watched.start({ capture: folder, settings: { steps: 100_000 } });
    await watched.until(() => watched.all('progress').length > 2);
    watched.trainer.send({ type: 'pause' });
    await watched.settle();
    expect(watched.frames).toEqual([]);
    watched.trainer.send({ type: 'watch', geometry: true, overlays: ['class', 'entry'] });
    await watched.settle();
    const saved = watched.store.saved.at(-1)!;
    expectPacked(watched.framesOf('snapshot').at(-1)!, saved);
    expect([...watched.framesOf('overlay').at(-1)!.sections.keys()]).toEqual(['entry']);
    watched.trainer.send({
      type: 'ask',
      ask: { ...ask(2), questions: [], texts: [], relevancies: new Float32Array(6) },
    });
    await watched.settle();
    const likeness = watched.framesOf('overlay').at(-1)!;
    expect(likeness.header.ask).toBe(2);
    expect(section(likeness, 'class', Uint8Array).every((one) => one === 0)).toBe(true);
    const before = watched.frames.length;
    await watched.settle();
    expect(watched.frames).toHaveLength(before);
    expect(() => watched.trainer.send({ type: 'ask', ask: ask(3, ['lamp AND']) })).toThrow(/column/i);
    watched.trainer.send({ type: 'stop', evaluate: false });
    await watched.trainer.ended;
    await watched.trainer.close();
  });

  it('shows a new run after the old one', async () => {
    const watched = new WatchedTrainer({ store: new MemoryStore() });
    watched.trainer.send({ type: 'watch', geometry: true, overlays: [] });
    for (const steps of [4, 3]) {
      watched.start({ capture: folder, settings: { steps } });
      await watched.trainer.ended;
      await watched.settle();
      expectPacked(watched.framesOf('snapshot').at(-1)!, watched.store.saved.at(-1)!);
    }
    expect(watched.all('failed')).toEqual([]);
    await watched.trainer.close();
  });
});
