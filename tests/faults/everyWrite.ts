/**
 * The jobs of a project, each done over and over on a disk that fills up one write later every time, until none fails:
 *
 *   node --import tsx tests/faults/everyWrite.ts FOLDER CONTROL    under fullDisk.c
 *
 * Each time the disk gets room again afterwards, and the job's own check says what is wrong with what is left: that must be the state
 * before the job or after it, whole, and the job must work now. A line of JSON a job: how many writes it has, what a person was told,
 * and what was wrong.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { presets } from '#contract/presets';
import { OWN_FRAME } from '../../src-main/capture/index';
import { FileError } from '../../src-main/base/index';
import { CheckpointFolder, createProject, openProject, projectPaths } from '../../src-main/project/index';
import { Studio } from '../../src-main/studio/studio';
import type { TrainingSnapshot } from '../../src-main/training/ports';
import { DiskControl } from './fullDisk';

export interface JobReport {
  readonly job: string;
  /** that the job has */
  readonly writes: number;
  /** message of each failure, paths cut to the project's name */
  readonly told: readonly string[];
  readonly wrong: readonly string[];
}

interface Job {
  readonly name: string;
  /** makes what the job starts from */
  prepare(project: string): Promise<void>;
  /** @returns messages that were told without failing */
  run(project: string): Promise<readonly string[]>;
  /** @returns what is wrong with what is left. @param done  the job came to its end */
  check(project: string, done: boolean): Promise<readonly string[]>;
}

const [folder, control] = process.argv.slice(2);
const disk = new DiskControl(control);

function snapshot(step: number): TrainingSnapshot {
  const values = Float32Array.from({ length: 11 * 5000 }, (_, i) => Math.fround(Math.sin(i + step)));
  const tensors = { geometry: { shape: [5000, 11], data: values }, ids: { shape: [2], data: Uint32Array.of(5, step) } };
  return {
    step,
    settings: presets.legato,
    cameraOrder: ['a.jpg'],
    seed: 1,
    nextId: 77,
    disabled: [],
    frame: OWN_FRAME,
    tensors,
    semantics: null,
  };
}

const checkpointsOf = (project: string) => new CheckpointFolder(projectPaths(project).checkpoints, () => undefined);

async function newest(project: string): Promise<string> {
  const found = await checkpointsOf(project).latest();
  return JSON.stringify(found && [found.step, [...found.tensors.geometry.data]]);
}

const content = (step: number): string => JSON.stringify([step, [...snapshot(step).tensors.geometry.data]]);

async function start(project: string): Promise<void> {
  await (await createProject(project, '/captures/room')).close();
}

function addClass(studio: Studio, number: number): void {
  const { label, name, colour } = { label: number, name: `class ${number}`, colour: '#112233' };
  studio.labels.commit({
    ...{ name: 'addClass', at: new Date(0).toISOString(), step: 7, nextId: 4, saved: null },
    ops: [{ type: 'addClass', class: number, label, name, colour }],
  });
}

/** Names of the classes in a project, and that one more can be added. */
async function classesOf(project: string): Promise<number> {
  const studio = await Studio.open(project);
  const found = studio.labels.edits.length;
  addClass(studio, found + 1);
  await studio.close();
  return found;
}

const jobs: readonly Job[] = [
  {
    name: 'a checkpoint',
    async prepare(project) {
      await start(project);
      for (const step of [100, 200]) await checkpointsOf(project).save(snapshot(step));
    },
    async run(project) {
      await checkpointsOf(project).save(snapshot(300));
      return [];
    },
    async check(project, done) {
      const wrong: string[] = [];
      const left = await newest(project);
      if (left !== content(300) && (done || left !== content(200)))
        wrong.push(`the newest checkpoint is ${left.slice(0, 20)}`);
      await checkpointsOf(project).save(snapshot(400));
      if ((await newest(project)) !== content(400)) wrong.push('the next checkpoint is not the newest');
      return wrong;
    },
  },
  {
    name: 'a new project',
    prepare: () => Promise.resolve(),
    async run(project) {
      await start(project);
      return [];
    },
    async check(project) {
      await start(project).catch(async (error: unknown) => {
        if (!(error instanceof FileError) || error.code !== 'exists') throw error;
      });
      const opened = await openProject(project, 'write');
      const capture = opened.capturePath;
      await opened.close();
      return capture === '/captures/room' ? [] : [`it is of the capture ${capture}`];
    },
  },
  {
    name: 'opening a project, and what a run is remembered by',
    prepare: start,
    async run(project) {
      const opened = await openProject(project, 'write');
      try {
        const run = opened.database.startRun({ settings: {}, backend: 'native', firstStep: 0 });
        opened.database.recordMetrics(run, 1, { loss: 1 });
        opened.database.updateRun(run, 'finished', 1);
      } finally {
        await opened.close();
      }
      return [];
    },
    async check(project, done) {
      const opened = await openProject(project, 'write');
      const runs = opened.database.runs();
      opened.database.startRun({ settings: {}, backend: 'native', firstStep: 2 });
      const after = opened.database.runs().length;
      await opened.close();
      const wrong = after === runs.length + 1 ? [] : ['the next run is not remembered'];
      if (done && runs[0]?.status !== 'finished') wrong.push('the run is not remembered');
      return wrong;
    },
  },
  {
    name: 'two labels',
    async prepare(project) {
      await start(project);
      const studio = await Studio.open(project);
      addClass(studio, 1);
      await studio.close();
    },
    async run(project) {
      const studio = await Studio.open(project);
      const told: string[] = [];
      try {
        for (const number of [2, 3]) {
          const before = studio.labels.edits.length;
          try {
            addClass(studio, number);
          } catch (error) {
            // What is not on the disk is not shown as if it were.
            if (studio.labels.edits.length !== before) throw new Error('shown, but not kept', { cause: error });
            throw error;
          }
        }
      } finally {
        await studio.close();
      }
      return told;
    },
    async check(project, done) {
      const found = await classesOf(project);
      const again = await classesOf(project);
      const wrong = again === found + 1 ? [] : ['the next label is not kept'];
      if (found < 1 || (done && found !== 3)) wrong.push(`${found} labels are left`);
      return wrong;
    },
  },
];

async function everyWrite(job: Job): Promise<JobReport> {
  const told: string[] = [];
  const wrong: string[] = [];
  for (let from = 1; ; from++) {
    const project = join(folder, 'room.legato');
    await rm(project, { recursive: true, force: true });
    disk.heal();
    await job.prepare(project);
    disk.fail({ from });
    let done = true;
    try {
      told.push(...(await job.run(project)));
    } catch (error) {
      done = false;
      const message = error instanceof Error ? error.message : String(error);
      told.push(message);
      if (!(error instanceof FileError) || !/free some space/.test(message))
        wrong.push(`write ${from}: told ${error instanceof Error ? error.name : ''} ${message}`);
    }
    const { calls } = disk;
    disk.heal();
    try {
      wrong.push(...(await job.check(project, done)).map((problem) => `write ${from}: ${problem}`));
    } catch (error) {
      wrong.push(`write ${from}: afterwards ${error instanceof Error ? error.message : String(error)}`);
    }
    if (calls < from) return { job: job.name, writes: from - 1, told, wrong };
  }
}

for (const job of jobs) {
  const report = await everyWrite(job);
  const named = (text: string): string => text.replaceAll(`${folder}/`, '');
  const told = [...new Set(report.told.map(named))];
  process.stdout.write(`${JSON.stringify({ ...report, told, wrong: report.wrong.map(named) } satisfies JobReport)}\n`);
}
disk.close();
