/** Labels teach a run of the command line: what the trainer is told when it is prepared, and again when semantics join. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrainerCommand, TrainerEvent } from '#contract/messages';
import { Studio } from '../../../src-main/studio/studio';
import { teachFromLabels } from '../../../src-main/studio/teaching';
import { NAMES, writeSemanticProject } from './semanticProject';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-teaching-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('tells the trainer of edits, and of the entries that stand for each class that the text encoder knows', async () => {
  const { project } = await writeSemanticProject(folder);
  const sent: TrainerCommand[] = [];
  let hear: (event: TrainerEvent) => void = () => undefined;
  const studio = await Studio.open(project, (listener) => {
    hear = listener;
    return {
      pid: null,
      send: (command) => void sent.push(command),
      close: () => Promise.resolve(),
      kill: () => undefined,
    };
  });
  const names = [NAMES[1], 'qzxv', NAMES[2]];
  names.forEach((name, i) =>
    studio.labels.commit({
      ...{ name: 'addClass', at: new Date(0).toISOString(), step: 7, nextId: 4, saved: null },
      ops: [
        { type: 'addClass', class: i + 1, label: i + 1, name, colour: '#112233' },
        { type: 'assign', layer: 1, label: i + 1, ids: Uint32Array.of(i + 1) },
      ],
    }),
  );
  const end = teachFromLabels(studio);
  await studio.start({ settings: {}, resume: true });
  const prepared: TrainerEvent = {
    type: 'prepared',
    ...{ photos: 4, heldOut: 2, splats: 3, width: 48, height: 36, step: 7, nextId: 4 },
    ...{ backend: 'native', reason: { message: '' }, instructionSet: 'generic', threads: 1, memoryBytes: 1 },
  };
  const taught = (): TrainerCommand[] => sent.filter(({ type }) => type === 'teach');
  hear(prepared);
  await expect.poll(taught, { timeout: 20_000 }).toHaveLength(1);
  expect(sent.find(({ type }) => type === 'labels')).toMatchObject({ from: 0, layer: 1, edits: [{}, {}, {}] });
  // Entries are those of the names, in their order; a word that no encoder knows teaches nothing, or no entry answers to it.
  const [lesson] = taught() as Extract<TrainerCommand, { type: 'teach' }>[];
  expect(lesson.meanings).toEqual([
    { label: 1, name: names[0], entries: [1] },
    { label: 2, name: 'qzxv', entries: [] },
    { label: 3, name: names[2], entries: [2] },
  ]);
  hear({ type: 'joined', step: 8, entries: 4, lifted: 0 });
  await expect.poll(taught, { timeout: 20_000 }).toHaveLength(2);
  await end();
  await studio.close();
});
