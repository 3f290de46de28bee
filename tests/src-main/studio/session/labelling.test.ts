/**
 * Labelling through the studio's session with nothing in its place: a demo room that trains within seconds, in a trainer of its own
 * process. Gestures label what they should, labels follow splats through density control, undo and redo are whole, and a killed
 * trainer, a reopened project and a run that goes back to a checkpoint lose nothing.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeIO } from '@gltf-transform/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '#contract/frame';
import type { Frame, FrameOf } from '#contract/frame';
import type { PinholeCamera } from '#contract/camera';
import type { StudioCommand, StudioReply, StudioState } from '#contract/studio';
import { ensureBuilt } from '../../../../resources/bin/build.mjs';
import { openProject } from '../../../../src-main/project/index';
import { DemoRoom } from '../../../../src-main/studio/demoRoom';
import type { PageLink } from '../../../../src-main/studio/session/door';
import { exportLabels, labelStatistics } from '../../../../src-main/studio/labelStatistics';
import { StudioSession } from '../../../../src-main/studio/session/studioSession';
import { forkedTrainer } from '../../../../src-main/studio/studio';

const small = {
  wanted: { objects: 12, views: 8, width: 96, height: 72 },
  making: { light: 'quick', threads: 2 },
} as const;

let home: string;
let session: StudioSession;
let page: PageLink;
let state: StudioState;
let trainer: number | null = null;
let overlay: Frame | null = null;
let snapshot: Frame | null = null;

async function open(): Promise<void> {
  session = new StudioSession({
    demo: new DemoRoom(small),
    makeTrainer: async (listener, onFrame) => {
      const host = await forkedTrainer(listener, onFrame);
      trainer = host.pid;
      return host;
    },
  });
  page = session.join({
    event: (event) => {
      if (event.type === 'state') state = event.state;
    },
    frame: (bytes) => {
      const frame = decodeFrame(bytes.slice().buffer);
      if (frame.header.kind === 'snapshot') snapshot = frame;
      if (frame.header.kind === 'overlay') overlay = frame;
      void page.perform({ type: 'taken', sequence: frame.header.sequence });
    },
  });
  await page.perform({ type: 'watch', geometry: true, overlays: ['label'] });
}

const perform = <T extends StudioCommand>(command: T): Promise<StudioReply<T['type']>> =>
  page.perform(command) as Promise<StudioReply<T['type']>>;

async function until(what: string, test: () => boolean, seconds = 60): Promise<void> {
  const end = Date.now() + 1000 * seconds;
  while (!test()) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

type LabelCommand = Extract<StudioCommand, { type: 'label' }>;

/** A gesture; by default it adds what is seen on the surface. */
async function label(
  region: LabelCommand['region'],
  camera: PinholeCamera,
  target: LabelCommand['target'],
  change: Partial<LabelCommand> = {},
): Promise<number> {
  const usual = { through: false, mode: 'add', keepExisting: false } as const;
  const reply = await page.perform({ type: 'label', region, camera, target, ...usual, ...change });
  return (reply as StudioReply<'label'>).splats;
}

const step = (): number => state.trainer?.step ?? 0;
const classes = () => state.labels?.classes ?? [];
const splatsOf = (name: string): number => classes().find((one) => one.name === name)?.splats ?? 0;

beforeAll(async () => {
  ensureBuilt(console.warn);
  home = await mkdtemp(join(tmpdir(), 'legato-labelling-'));
  process.env.LEGATO_HOME = home;
  await open();
  await perform({ type: 'openDemo' });
  await until('some steps', () => step() > 60);
  // On a fast machine the room's own steps would be over before the tests are.
  await perform({ type: 'change', settings: { steps: 100_000 } });
}, 600_000);

afterAll(async () => {
  await session.close();
  delete process.env.LEGATO_HOME;
  await rm(home, { recursive: true, force: true });
}, 60_000);

async function cameraOf(index: number): Promise<PinholeCamera> {
  return (await perform({ type: 'photos' }))[index].camera;
}

const named = (name: string): LabelCommand['target'] => ({ kind: 'named', name });
const brush = (points: [number, number][], radius: number): LabelCommand['region'] => ({
  ...{ kind: 'brush', points, radius },
});

/** Labels by id as the page sees them. */
function seen(): Map<number, number> {
  const ids = snapshot?.sections.get('ids') ?? new Uint32Array(0);
  const labels = overlay?.sections.get('label') ?? new Uint16Array(0);
  return new Map(Array.from(labels, (label, row) => [ids[row], label]));
}

/** The labels of now are on the page, on the rows of its snapshot. */
async function shown(): Promise<Map<number, number>> {
  await until('the labels on the page', () => {
    const header = overlay?.header as FrameOf<'overlay'> | undefined;
    return header?.labels === state.labels?.revision && header?.rows === (snapshot?.header as FrameOf<'snapshot'>).rows;
  });
  return seen();
}

describe('labelling while the room trains', { timeout: 120_000 }, () => {
  it('labels the surface under a brush, makes the class, and says so before a second is over', async () => {
    const camera = await cameraOf(0);
    const begun = Date.now();
    const middle: [number, number] = [camera.width / 2, camera.height / 2];
    const splats = await label(brush([middle], 9), camera, named('thing / 物'));
    expect(splats).toBeGreaterThan(5);
    expect(Date.now() - begun).toBeLessThan(2000);
    await until('the count', () => splatsOf('thing / 物') === splats);
    expect(state.labels).toMatchObject({ undo: 'brush', redo: null, edits: 1 });
    expect(Date.parse(state.labels?.savedAt ?? '')).toBeGreaterThanOrEqual(begun);
    const labels = await shown();
    const own = classes()[0].label;
    expect([...labels.values()].filter((one) => one === own).length).toBeGreaterThanOrEqual(splats);

    // What lies behind the surface is meant only by a gesture that goes through.
    const through = await label(brush([middle], 9), camera, named('behind'), { through: true, keepExisting: true });
    expect(through).toBeGreaterThan(0);
  });

  it('undoes and redoes a gesture as one, and leaves training alone', async () => {
    const before = step();
    const all = await shown();
    expect((await perform({ type: 'undo' })).name).toBe('brush');
    expect((await perform({ type: 'undo' })).name).toBe('brush');
    expect((await perform({ type: 'undo' })).name).toBeNull();
    await until('nothing labelled', () => classes().length === 0);
    const labels = await shown();
    expect([...labels.values()].every((one) => one === 0)).toBe(true);
    expect((await perform({ type: 'redo' })).name).toBe('brush');
    expect((await perform({ type: 'redo' })).name).toBe('brush');
    const again = await shown();
    for (const [id, label] of all) expect(again.get(id) ?? label).toBe(label);
    await until('more steps', () => step() > before);
  });

  it('adds, removes, intersects, protects what is locked or labelled, and gives instances numbers', async () => {
    const camera = await cameraOf(1);
    const { width, height } = camera;
    const rectangle = (right: number): LabelCommand['region'] => ({
      kind: 'rectangle',
      from: [0, 0],
      to: [right, height],
    });
    const [left, whole] = [rectangle(width / 2), rectangle(width)];
    await perform({ type: 'pause' });
    await until('the pause', () => state.trainer?.state === 'paused');
    expect(await label(whole, camera, named('room'))).toBeGreaterThan(50);
    const count = async (name: string): Promise<number> => {
      await shown();
      await until('counts', () => state.labels !== null);
      return splatsOf(name);
    };
    const all = await count('room');
    const kept = await label(left, camera, named('left'), { keepExisting: true });
    // A few splats are seen in half of the picture that the whole of it does not mean, by the pixels that shapes end in.
    expect(kept).toBeLessThan(0.05 * all);
    expect(classes().some(({ name }) => name === 'left')).toBe(kept > 0);
    const half = await label(left, camera, named('left'));
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(all);
    expect((await count('room')) + half).toBe(all);
    const room = classes().find(({ name }) => name === 'room')!;
    await perform({ type: 'showClass', class: room.class, hidden: false, locked: true });
    await expect(label(whole, camera, named('room'))).rejects.toThrow('“room” is locked');
    // All that is seen is locked or has the label already: nothing changes, and there is nothing to undo.
    const { edits } = state.labels!;
    expect(await label(whole, camera, named('left'))).toBe(0);
    expect(state.labels?.edits).toBe(edits);
    await perform({ type: 'showClass', class: room.class, hidden: false, locked: false });
    // Only what is in the left half may stay room: the rest of it goes.
    const cut = await label(left, camera, named('room'), { mode: 'intersect' });
    expect(cut).toBeGreaterThan(0);
    const gone = await label(whole, camera, named('room'), { mode: 'remove' });
    expect(gone).toBe(all - half - cut);
    const target: LabelCommand['target'] = {
      kind: 'newInstance',
      class: classes().find(({ name }) => name === 'left')!.class,
    };
    await label(left, camera, target);
    await label(whole, camera, target);
    await until('two instances', () => classes().find(({ name }) => name === 'left')?.instances.length === 2);
    expect(
      classes()
        .find(({ name }) => name === 'left')
        ?.instances.map(({ number }) => number),
    ).toEqual([1, 2]);
    await perform({ type: 'resume' });
  });

  it('keeps labels on ids through density control', async () => {
    const before = await shown();
    const splats = state.trainer?.splats ?? 0;
    const [from, bound] = [step(), step() + 900];
    await until('density control', () => (state.trainer?.splats ?? 0) !== splats || step() > bound);
    await until('later steps', () => step() > from + 120);
    const after = await shown();
    let [same, changed] = [0, 0];
    for (const [id, label] of before) {
      const now = after.get(id);
      if (now === undefined) continue;
      if (now === label) same++;
      else changed++;
    }
    expect(changed).toBe(0);
    expect(same).toBeGreaterThan(50);
  });

  it('renames, merges and removes classes as edits', async () => {
    const [a, b] = classes();
    const sum = (): number =>
      classes().reduce((all, { splats, instances }) => all + splats + instances.reduce((n, i) => n + i.splats, 0), 0);
    await shown();
    const all = sum();
    await perform({ type: 'renameClass', class: a.class, name: 'renamed' });
    await expect(perform({ type: 'renameClass', class: b.class, name: 'RENAMED' })).rejects.toThrow('already');
    await perform({ type: 'mergeClass', from: b.class, into: a.class });
    await shown();
    await until('the merge', () => !classes().some((one) => one.class === b.class));
    expect(sum()).toBeGreaterThanOrEqual(all);
    await perform({ type: 'removeClass', class: a.class });
    await until('the removal', () => !classes().some((one) => one.class === a.class));
    await perform({ type: 'undo' });
    await until('it is back', () => classes().some(({ name }) => name === 'renamed'));
  });

  it('finds the most uncertain region, and the next one when it was looked at', async () => {
    await until('semantics', () => state.semantics !== null, 120);
    const first = await perform({ type: 'nextUncertain' });
    if (first === null) return expect(state.semantics?.uncertainty).toBeLessThan(0.1);
    expect(first.ids.length).toBeGreaterThan(0);
    expect(first.photo).not.toBeNull();
    await perform({ type: 'review', ids: first.ids, verdict: 'skipped' });
    const second = await perform({ type: 'nextUncertain' });
    expect(second?.ids ?? []).not.toEqual(first.ids);
    if (second) expect(second.ids.filter((id) => first.ids.includes(id))).toEqual([]);
  });

  it('exports a mesh with a node a class while the run goes on, the same figures from the command line', async () => {
    const now = step();
    await perform({ type: 'export', format: 'glb' });
    await expect(perform({ type: 'export', format: 'ply' })).rejects.toThrow('under way');
    await until('the export', () => state.export !== null && state.export.state !== 'running', 120);
    expect(state.export).toMatchObject({ state: 'done', failure: null, format: 'glb' });
    expect(state.export?.step).toBeGreaterThanOrEqual(now);
    expect(state.export?.labelled).toBeGreaterThan(0);
    const document = await new NodeIO().read(state.export?.file ?? '');
    const nodes = document
      .getRoot()
      .listNodes()
      .map((node) => node.getName());
    expect(nodes).toContain('unlabelled');
    const project = join(home, 'Demo room.legato');
    const statistics = await labelStatistics(project, null, () => undefined);
    expect(statistics.edits).toBe(state.labels?.edits);
    expect(statistics.figures.filter(({ instance }) => instance === null).map(({ name }) => name)).toEqual(
      classes().map(({ name }) => name),
    );
    expect(statistics.labelled).toBeGreaterThan(0);
    const out = join(home, 'labels.json');
    const { labelled } = await exportLabels(project, null, out, () => undefined);
    const data = JSON.parse(await readFile(out, 'utf8')) as { labels: { ids: number[] }[] };
    expect(data.labels.reduce((sum, { ids }) => sum + ids.length, 0)).toBe(labelled);

    // Given up half-way: nothing is left but what was there.
    await perform({ type: 'export', format: 'ply-mesh' });
    await until('its beginning', () => state.export?.stage === 'views' && state.export.done > 0, 60);
    await perform({ type: 'cancelExport' });
    await until('the end of it', () => state.export?.state === 'cancelled');
    await new Promise((done) => setTimeout(done, 1500));
    expect((await readdir(join(project, 'exports'))).sort()).toEqual(['Demo room.glb', 'Demo room.glb.json']);
  });

  it('shows the mesh coarsely before it is written, from the newest state, in memory alone', async () => {
    const project = join(home, 'Demo room.legato');
    const files = await readdir(join(project, 'exports'));
    const now = step();
    await perform({ type: 'previewMesh' });
    await until('the preview', () => state.meshPreview !== null && state.meshPreview.state !== 'running', 100);
    expect(state.meshPreview).toMatchObject({ state: 'done', failure: null });
    const first = state.meshPreview!.made!;
    expect(first.step).toBeGreaterThanOrEqual(now);
    expect(first).toMatchObject({ revision: 1, labels: state.labels?.revision, units: 'metre' });
    expect(first.voxel / first.fileVoxel).toBeCloseTo(2);
    const { bytes, type } = (await session.picture('mesh', 'preview', 0))!;
    expect(type).toBe('model/gltf-binary');
    const meshes = (await new NodeIO().readBinary(Uint8Array.from(bytes)))
      .getRoot()
      .listNodes()
      .filter((node) => node.getMesh());
    const triangles = meshes.map((node) => node.getMesh()!.listPrimitives()[0].getIndices()!.getCount() / 3);
    expect(triangles.reduce((sum, count) => sum + count, 0)).toBe(first.triangles);
    expect(meshes.filter((node) => node.getName() !== 'unlabelled')).toHaveLength(first.features);

    // Another one takes its place; one that is given up leaves it.
    await perform({ type: 'previewMesh' });
    await until(
      'its beginning',
      () => state.meshPreview?.stage === 'views' && state.meshPreview.state === 'running',
      60,
    );
    expect(state.meshPreview?.made?.revision).toBe(1);
    await perform({ type: 'cancelPreview' });
    await until('the end of it', () => state.meshPreview?.state === 'cancelled');
    expect(state.meshPreview?.made).toEqual(first);
    expect((await session.picture('mesh', 'preview', 0))?.bytes).toBe(bytes);
    expect(await readdir(join(project, 'exports'))).toEqual(files);
  });

  it('loses nothing with a killed trainer or a closed project: labels, history and where undo stands', async () => {
    await perform({ type: 'save' });
    await until('a checkpoint', () => (state.saved?.step ?? 0) > 0);
    const camera = await cameraOf(2);
    await until('births after the checkpoint', () => step() > (state.saved?.step ?? 0) + 100);
    const path: [number, number][] = [
      [40, 40],
      [60, 40],
    ];
    await label(brush(path, 6), camera, named('late'));
    await perform({ type: 'addClass', name: 'undone' });
    await perform({ type: 'undo' });
    await shown();
    const late = splatsOf('late');
    expect(late).toBeGreaterThan(0);
    const names = classes().map(({ name }) => name);
    process.kill(trainer!, 'SIGKILL');
    await until('the failure', () => state.failure !== null);
    expect(classes().map(({ name }) => name)).toEqual(names);
    await perform({ type: 'resume' });
    await until('it trains again', () => state.trainer?.state === 'running' && state.failure === null, 60);
    await shown();
    // Ancestors stand for splats that were born after the checkpoint: about as many, and never none.
    expect(splatsOf('late')).toBeGreaterThan(late / 4);
    await session.close();
    const stored = await openProject(join(home, 'Demo room.legato'), 'read');
    expect(stored.database.edits().length).toBeGreaterThan(5);
    await stored.close();
    await open();
    await perform({ type: 'openDemo' });
    await until('the project', () => state.labels !== null && state.trainer?.state === 'running');
    expect(classes().map(({ name }) => name)).toEqual(names);
    expect(state.labels?.redo).toBe('addClass');
    await perform({ type: 'redo' });
    await until('the redone class', () => classes().some(({ name }) => name === 'undone'));
  });

  it('refuses to train anew over splats that are labelled', async () => {
    await perform({ type: 'stop' });
    await until('the end', () => state.trainer?.state === 'idle', 120);
    await expect(perform({ type: 'train', settings: {}, resume: false, paused: true })).rejects.toThrow('has labels');
  });
});
