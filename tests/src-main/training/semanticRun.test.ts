/**
 * A whole trainer with index maps on the tiny capture: semantics learn beside geometry without moving a bit of it, and every way in which
 * maps can be missing or wrong is survived or named.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FieldEdit } from '#contract/labels';
import type { TrainerEvent, TrainerEventOf } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import { CounterRandom } from '../../../src-main/base/random';
import { codebookHash, encodeIndexMap, writeCodebook } from '../../../src-main/language/codebook/index';
import { LabelDesk } from '../../../src-main/labels/index';
import type { IndexMap } from '../../../src-main/semantics/index';
import { openIndexMaps } from '../../../src-main/studio/indexMaps';
import type { CheckpointStore, IndexMaps, TrainingSnapshot } from '../../../src-main/training/ports';
import { Trainer } from '../../../src-main/training/trainer';
import { BACKENDS } from '../kernels/backends';
import { tinySettings, writeTinyCapture } from './tinyCapture';

const native = BACKENDS.includes('native');
const settings: Partial<TrainingSettings> = {
  ...tinySettings,
  steps: native ? 120 : 24,
  backend: native ? 'native' : 'reference',
  semanticFrom: 0,
  decoderFirst: 16,
  decoderSecond: 16,
  smoothingWidth: 16,
  smoothingInterval: 2,
  smoothingSamples: 64,
};
const ENTRIES = 6;

class MemoryStore implements CheckpointStore {
  saved: TrainingSnapshot[] = [];
  save(snapshot: TrainingSnapshot): Promise<void> {
    this.saved.push(structuredClone(snapshot));
    return Promise.resolve();
  }
  latest(): Promise<TrainingSnapshot | null> {
    return Promise.resolve(this.saved.at(-1) ?? null);
  }
}

/** Stripes of labels, so that there is something to learn. */
function stripes(width: number, height: number): IndexMap {
  const indices = Uint8Array.from(
    { length: width * height },
    (_, i) => 1 + Math.floor(((i % width) * ENTRIES) / width),
  );
  return { width, height, indices };
}

function mapsOf(load: (photo: string) => IndexMap | null, codebook = 'a'.repeat(64)): IndexMaps {
  const random = new CounterRandom(1, 'vectors');
  const vectors = Float32Array.from({ length: ENTRIES * 8 }, (_, i) => random.normal(i));
  return { entries: ENTRIES, codebook, vectors, load: (photo) => Promise.resolve(load(photo)) };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-semantic-run-'));
  await writeTinyCapture(join(folder, 'tiny'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Trains to the end and hands over what there is to look at. */
async function train(
  openMaps: () => Promise<IndexMaps | null>,
  {
    changes = {},
    store = new MemoryStore(),
    resume = false,
    labels,
  }: { changes?: Partial<TrainingSettings>; store?: MemoryStore; resume?: boolean; labels?: LabelDesk } = {},
) {
  const events: TrainerEvent[] = [];
  const trainer = new Trainer({
    openStore: () => Promise.resolve(store),
    openMaps,
    labels,
    publish: (event) => void events.push(event),
  });
  trainer.send({
    type: 'start',
    capture: join(folder, 'tiny'),
    project: folder,
    settings: resume ? changes : { ...settings, ...changes },
    resume,
  });
  await trainer.ended;
  const all = <T extends TrainerEvent['type']>(type: T) =>
    events.filter((event): event is TrainerEventOf<T> => event.type === type);
  const failure = all('failed').at(0)?.failure ?? null;
  return { all, failure, store, trainer, last: store.saved.at(-1) ?? null };
}

const fine = () => Promise.resolve(mapsOf(() => stripes(32, 24)));
const finite = (data: ArrayLike<number>): boolean => Array.from(data).every(Number.isFinite);

describe('training with index maps', () => {
  it.each(['normal', 'lift', 'with L_G'] as const)(
    'leaves geometry, colour and identity bit-identical, density control included (start: %s)',
    async (start) => {
      const without = await train(() => Promise.resolve(null));
      const changes =
        start === 'with L_G' ? { splatWeight: 1, liftInterval: 3000 } : ({ semanticStart: start } as const);
      const withMaps = await train(fine, { changes });
      expect(withMaps.failure).toBeNull();
      const passes = withMaps.all('density');
      expect(passes.reduce((sum, { cloned, split }) => sum + cloned + split, 0)).toBeGreaterThan(native ? 10 : 0);
      expect(passes).toEqual(without.all('density'));
      const names = ['geometry', 'sphericalHarmonics', 'ids', 'parents', 'geometry.m1', 'sphericalHarmonics.m2'];
      for (const name of names) expect(withMaps.last!.tensors[name]).toEqual(without.last!.tensors[name]);
      expect(withMaps.last!.tensors.semantics).not.toEqual(without.last!.tensors.semantics);
      expect(withMaps.last!.semantics).toMatchObject({ joinedAt: 1, entries: ENTRIES });
      expect(without.last!.semantics).toBeNull();
      expect(withMaps.all('joined')).toMatchObject([{ step: 1, entries: ENTRIES }]);
      expect(withMaps.all('progress').at(-1)!.semantics!.crossEntropy).toBeLessThan(Math.log(ENTRIES));
    },
  );

  it.runIf(native)(
    'is taught by labels: splats decode to what they were labelled, and geometry keeps its bits',
    async () => {
      const ids = Uint32Array.from({ length: 20 }, (_, i) => i + 1);
      const [label, entry] = [3, ENTRIES - 1];
      /** share of the splats that descend from the labelled ones and decode to the entry */
      const taughtBy = async (labels: LabelDesk | undefined) => {
        const { last, trainer, all } = await train(fine, { labels, changes: { settleSplats: false } });
        const parents = last!.tensors.ancestry.data;
        const root = (id: number): number => (parents[id] === 0 ? id : root(parents[id]));
        const living = Array.from(last!.tensors.ids.data).filter((id) => root(id) <= ids.length);
        expect(living.length).toBeGreaterThan(10);
        for (const id of living) trainer.send({ type: 'inspect', request: id, id });
        const right = all('inspected').filter(({ readout }) => readout?.entries[0].entry === entry);
        expect(all('inspected').length).toBe(living.length);
        return { share: right.length / living.length, last };
      };
      const desk = new LabelDesk();
      const edits = [
        { nextId: 21, changes: [{ kind: 'assign', layer: 1, label, ids, byHand: true }] },
      ] satisfies FieldEdit[];
      desk.setEdits({ type: 'labels', revision: 1, from: 0, edits, layer: 1 });
      desk.setMeanings({ type: 'teach', meanings: [{ label, name: 'lamp', entries: [entry] }] });
      const [taught, untaught] = [await taughtBy(desk), await taughtBy(undefined)];
      expect(taught.share).toBeGreaterThanOrEqual(0.9);
      expect(untaught.share).toBeLessThan(0.5);
      for (const name of ['geometry', 'sphericalHarmonics', 'ids'])
        expect(taught.last!.tensors[name]).toEqual(untaught.last!.tensors[name]);
    },
  );

  it('moves geometry when it is told to', async () => {
    const steps = { steps: 8 };
    const off = await train(fine, { changes: steps });
    const on = await train(fine, { changes: { ...steps, semanticsMovesGeometry: true } });
    expect(on.failure).toBeNull();
    expect(on.last!.tensors.geometry.data).not.toEqual(off.last!.tensors.geometry.data);
  });

  it('learns colour alone from photos without a map, and takes maps of any size', async () => {
    const odd = (photo: string): IndexMap | null => {
      const number = Number(/\d+/.exec(photo)?.[0]);
      return number % 2 === 0 ? null : stripes(7 + number, 5 + 2 * number);
    };
    const { failure, all, last } = await train(() => Promise.resolve(mapsOf(odd)), {
      // Gaussians start too thin to be given a label by weight.
      changes: { semanticFrom: 15_000, liftInterval: 0, settleSplats: false },
    });
    expect(failure).toBeNull();
    expect(all('warning').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^3 of 7 photos have no index map and teach colour only: view_02\.png, view_04\.png/),
    );
    expect(all('joined')[0].lifted).toBeGreaterThan(0);
    // The steps wait for it, so it says how far it is.
    expect(all('lifting').map(({ photos, of }) => [photos, of])).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 7]));
    expect(last!.semantics!.crossEntropy).toBeGreaterThan(0);
    expect(finite(last!.tensors.semantics.data)).toBe(true);
  });

  it('counts no step of semantics alone while there are no maps, and makes every one when they come', async () => {
    const events: TrainerEvent[] = [];
    let maps: IndexMaps | null = null;
    const trainer = new Trainer({
      openStore: () => Promise.resolve(new MemoryStore()),
      openMaps: () => Promise.resolve(maps),
      publish: (event) => void events.push(event),
    });
    const count = (type: TrainerEvent['type']) => events.filter((event) => event.type === type).length;
    const changes = { ...settings, steps: 6, semanticSteps: 4 };
    const paths = { capture: join(folder, 'tiny'), project: folder };
    trainer.send({ type: 'start', ...paths, settings: changes, resume: false });
    await expect.poll(() => trainer.state, { timeout: 30_000 }).toBe('paused');
    expect(events).toContainEqual({ type: 'awaitsMaps', step: 6, remaining: 4 });
    // Whoever resumes it without maps is told again.
    trainer.send({ type: 'resume' });
    await expect.poll(() => count('awaitsMaps')).toBe(2);
    await expect.poll(() => trainer.state).toBe('paused');
    maps = await fine();
    trainer.send({ type: 'resume' });
    await trainer.ended;
    expect(events).toContainEqual(expect.objectContaining({ type: 'joined', step: 7 }));
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 10, complete: true });
    await trainer.close();
  });

  it('passes over a photo whose map holds no label at all', async () => {
    const blank = (photo: string): IndexMap => {
      const map = stripes(32, 24);
      return photo === 'view_03.png' ? { ...map, indices: new Uint8Array(32 * 24) } : map;
    };
    const { failure, last, all } = await train(() => Promise.resolve(mapsOf(blank)));
    expect(failure).toBeNull();
    expect(all('finished')).toHaveLength(1);
    expect(last!.semantics!.crossEntropy).toBeLessThan(Math.log(ENTRIES));
    expect(finite(last!.tensors.semantics.data)).toBe(true);
  });

  it.each(['normal', 'lift'] as const)(
    'says that no map holds a label, and trains colour as before (%s)',
    async (semanticStart) => {
      const empty = () => Promise.resolve(mapsOf(() => ({ width: 4, height: 3, indices: new Uint8Array(12) })));
      const without = await train(() => Promise.resolve(null));
      const { failure, last, all } = await train(empty, { changes: { semanticStart } });
      expect(failure).toBeNull();
      expect(all('warning').map(({ message }) => message)).toContainEqual(
        expect.stringMatching(/no index map holds a label.*legato codebook/),
      );
      expect(last!.tensors.geometry).toEqual(without.last!.tensors.geometry);
      expect(finite(last!.tensors.semantics.data)).toBe(true);
      expect(last!.semantics!.crossEntropy).toBeNull();
    },
  );

  it('refuses to continue with heads of another codebook, or without one', async () => {
    const store = new MemoryStore();
    await train(fine, { store, changes: { steps: 10 } });
    const other = await train(() => Promise.resolve(mapsOf(() => stripes(32, 24), 'b'.repeat(64))), {
      store,
      resume: true,
    });
    expect(other.failure).toMatchObject({ kind: 'SemanticsError', fault: 'input' });
    expect(other.failure!.message).toMatch(/belong to codebook aaaaaaaa, .*to bbbbbbbb; restore the codebook/);
    const gone = await train(() => Promise.resolve(null), { store, resume: true });
    expect(gone.failure!.message).toMatch(/index maps are gone; restore the codebook/);
  });

  it.each<[string, Partial<TrainingSettings>]>([
    ['lifted once', { semanticStart: 'lift', semanticFrom: 9000, liftInterval: 0 }],
    ['lifted again, with L_G', { semanticStart: 'lift', semanticFrom: 9000, liftInterval: 6000, splatWeight: 1 }],
    ['labels of maps alone', { labelVote: false }],
  ])('continues semantics as if it had not stopped: %s', async (_, changes) => {
    const whole = await train(fine, { changes });
    const half = await stopped(settings.steps! / 2, changes);
    const rest = await train(fine, { store: half, resume: true });
    expect(rest.failure).toBeNull();
    const names = ['geometry', 'semantics', 'decoder.0.kernel', 'smoother.1.kernel', 'semantics.m2'];
    if (changes.labelVote !== false) names.push('splatLabels');
    for (const name of names) expect(rest.last!.tensors[name].data).toEqual(whole.last!.tensors[name].data);
    expect(rest.last!.semantics).toEqual(whole.last!.semantics);
  });

  it('ends in the middle of a lifting without making its step, and continues as if it had not', async () => {
    const changes = { semanticFrom: 15_000, semanticStart: 'lift' } as const;
    const { store, events } = await stoppedAt((event) => event.type === 'lifting' && event.photos === 3, changes);
    expect(events.filter(({ type }) => type === 'lifting')).toHaveLength(3);
    expect(events.some(({ type }) => type === 'joined')).toBe(false);
    expect(store.saved.at(-1)).toMatchObject({ step: settings.steps! / 2, semantics: null });
    const rest = await train(fine, { store, resume: true });
    const whole = await train(fine, { changes });
    expect(rest.failure).toBeNull();
    for (const name of ['geometry', 'semantics', 'splatLabels'])
      expect(rest.last!.tensors[name].data).toEqual(whole.last!.tensors[name].data);
  });

  it('settles before its last step: single Gaussians then answer as the pixels do, and geometry stays', async () => {
    const own = await train(fine, { changes: { settleSplats: false } });
    const settled = await train(fine);
    for (const name of ['geometry', 'sphericalHarmonics', 'decoder.0.kernel'])
      expect(settled.last!.tensors[name].shape).toEqual(own.last!.tensors[name].shape);
    expect(settled.last!.tensors.geometry).toEqual(own.last!.tensors.geometry);
    // Rows whose direction is not the one that the last step would have left: a turn is far more than a step's rate.
    const [a, b] = [settled, own].map(({ last }) => last!.tensors.semantics.data as Float32Array);
    const count = settled.last!.tensors.ids.data.length;
    let turned = 0;
    for (let row = 0; row < count; row++) {
      let distance = 0;
      for (let k = 0; k < 8; k++) distance += (a[9 * row + k] - b[9 * row + k]) ** 2;
      if (Math.sqrt(distance) > 0.1) turned++;
      expect(Math.abs(a[9 * row + 8] - b[9 * row + 8])).toBeLessThan(0.2);
    }
    expect(turned).toBeGreaterThan(0);
    expect(turned).toBeLessThan(count / 2);
    expect(settled.all('lifting').length).toBeGreaterThan(own.all('lifting').length);
  });

  it('ends while it settles without making its last step, and continues as if it had not', async () => {
    const changes = { liftInterval: 0, semanticStart: 'lift' } as const;
    let liftings = 0;
    // Seven photos are lifted from twice: six reports when semantics join, six when Gaussians settle.
    const { store } = await stoppedAt((event) => event.type === 'lifting' && ++liftings === 9, changes);
    expect(store.saved.at(-1)!.step).toBe(settings.steps! - 1);
    const rest = await train(fine, { store, resume: true });
    const whole = await train(fine, { changes });
    expect(rest.failure).toBeNull();
    for (const name of ['geometry', 'semantics', 'semantics.m1'])
      expect(rest.last!.tensors[name].data).toEqual(whole.last!.tensors[name].data);
  });

  it('refuses steps of semantics alone while semantics are off, and ends without them when they are turned off', async () => {
    const { failure } = await train(fine, { changes: { steps: 6, semanticSteps: 4, semanticWeight: 0 } });
    expect(failure).toMatchObject({ kind: 'SettingsError', fault: 'input' });
    expect(failure!.message).toMatch(/semanticSteps: 4 steps of semantics alone .*semanticWeight is 0/);
    const events: TrainerEvent[] = [];
    const trainer = new Trainer({
      openStore: () => Promise.resolve(new MemoryStore()),
      openMaps: () => Promise.resolve(null),
      publish: (event) => void events.push(event),
    });
    const changes = { ...settings, steps: 6, semanticSteps: 4 };
    trainer.send({ type: 'start', capture: join(folder, 'tiny'), project: folder, settings: changes, resume: false });
    await expect.poll(() => trainer.state, { timeout: 30_000 }).toBe('paused');
    trainer.send({ type: 'change', settings: { semanticWeight: 0 } });
    trainer.send({ type: 'resume' });
    await trainer.ended;
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 6, complete: true });
    await trainer.close();
  });

  /** A store whose newest checkpoint is of a step in the middle of the run. */
  async function stopped(at: number, changes: Partial<TrainingSettings>): Promise<MemoryStore> {
    const evaluationInterval = (30_000 * at) / settings.steps!;
    const { store } = await stoppedAt((event) => event.type === 'evaluation' && event.step === at, {
      ...changes,
      evaluationInterval,
    });
    expect(store.saved.at(-1)!.step).toBe(at);
    return store;
  }

  /** A run with its maps that is stopped at the first such event. */
  async function stoppedAt(
    when: (event: TrainerEvent) => boolean,
    changes: Partial<TrainingSettings>,
  ): Promise<{ store: MemoryStore; events: TrainerEvent[] }> {
    const store = new MemoryStore();
    const events: TrainerEvent[] = [];
    const trainer: Trainer = new Trainer({
      openStore: () => Promise.resolve(store),
      openMaps: fine,
      publish: (event) => {
        events.push(event);
        if (when(event)) trainer.send({ type: 'stop', evaluate: false });
      },
    });
    const command = { type: 'start', capture: join(folder, 'tiny'), project: folder, resume: false } as const;
    trainer.send({ ...command, settings: { ...settings, ...changes } });
    await trainer.ended;
    return { store, events };
  }
});

describe('index maps on disk that do not fit', () => {
  const vectors = Float32Array.from({ length: 32 * 4 }, (_, i) => Math.sin(i));
  const shape = { clipWidth: 2, dinoWidth: 2, dinoWeight: 0.5 };
  const hash = codebookHash(shape, vectors);

  /** A project with a codebook of 32 entries and the given map for each photo. */
  async function projectWith(name: string, map: (photo: number) => Buffer | null) {
    const root = join(folder, name);
    const paths = { codebook: join(root, 'codebook.safetensors'), maps: join(root, 'maps') };
    await mkdir(paths.maps, { recursive: true });
    await writeCodebook(paths.codebook, {
      ...{ shape, entries: vectors, size: 32, counts: new Uint32Array(32), settings: {}, names: [], hash },
      ...{ clip: { name: 'clip', hash: 'c' }, dino: { name: 'dino', hash: 'd' } },
    });
    for (let photo = 0; photo < 8; photo++) {
      const png = map(photo);
      if (png) await writeFile(join(paths.maps, `view_0${photo}.png`), png);
    }
    return paths;
  }
  const filled = (label: number, codebook = hash): Buffer =>
    encodeIndexMap(new Uint8Array(32 * 24).fill(label), 32, 24, codebook);

  it('trains on a project that has them', async () => {
    const paths = await projectWith('fine', (photo) => filled(1 + photo));
    const { failure, all } = await train(() => openIndexMaps(paths), { changes: { steps: 6 } });
    expect(failure).toBeNull();
    expect(all('joined')[0]).toMatchObject({ entries: 32 });
  });

  it.each([
    [
      'an index above N',
      (photo: number) => filled(photo === 2 ? 40 : 1),
      /view_02\.png.*index 40 at x 0, y 0 is above the codebook's 32/,
    ],
    [
      'a map of another codebook',
      (photo: number) => filled(1, photo === 5 ? 'other' : hash),
      /view_05\.png.*another codebook.*legato codebook/,
    ],
    [
      'a truncated map',
      (photo: number) => (photo === 1 ? filled(1).subarray(0, 120) : filled(1)),
      /view_01\.png.*truncated or damaged/,
    ],
    [
      'a map that is no PNG',
      (photo: number) => (photo === 1 ? Buffer.from('nothing of the kind, but long enough to be read') : filled(1)),
      /view_01\.png.*not a PNG/,
    ],
  ] as const)('names the file of %s', async (_, map, message) => {
    const paths = await projectWith(`bad ${String(_).slice(0, 8)} ${message.source.slice(5, 7)}`, map);
    const { failure } = await train(() => openIndexMaps(paths), { changes: { steps: 20 } });
    expect(failure).toMatchObject({ kind: 'LanguageError', fault: 'input' });
    expect(failure!.message).toMatch(message);
  });

  it('has no maps to offer while there is no codebook', async () => {
    expect(await openIndexMaps({ codebook: join(folder, 'none.safetensors'), maps: join(folder, 'none') })).toBeNull();
  });
});
