/**
 * A run in parts, between which a person changes settings, leaves photos out and pauses, and whose trainer is killed now and then:
 * each time it goes on from its newest checkpoint, as the studio does. Processes, files and signals are real.
 */
import { CounterRandom } from '../../../src-main/base/random';
import type { SettingsChange, TrainerEvent, TrainerEventOf } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import { CheckpointFolder, projectPaths } from '../../../src-main/project/index';
import { Studio } from '../../../src-main/studio/studio';
import type { TrainingSnapshot } from '../../../src-main/training/ports';

export interface Part {
  /** the step that it ends with */
  readonly until: number;
  /** what a person changes before its first step */
  readonly change?: SettingsChange;
  /** photos that are left out from then on */
  readonly disabled?: readonly string[];
  /** SIGKILLs */
  readonly kills?: number;
}

export interface Survived {
  readonly snapshot: TrainingSnapshot;
  /** the step that each killed trainer had reached, and the one that it went on from */
  readonly kills: { step: number; from: number }[];
  readonly checkpoints: number;
  /** s, written while training */
  readonly checkpointSeconds: number;
  /** s of training, pauses left out, of the lives that ended by themselves */
  readonly trainingSeconds: number;
}

const sleep = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds));

/** Trains a new project through all parts, or goes on with one. */
export async function trainInParts(
  project: string,
  capture: string,
  settings: Partial<TrainingSettings>,
  parts: readonly Part[],
  seed: number,
): Promise<Survived> {
  const random = new CounterRandom(seed, 'interruptions');
  let drawn = 0;
  const draw = (): number => random.uniform(drawn++);
  const kills: Survived['kills'] = [];
  const figures = { checkpoints: 0, checkpointSeconds: 0, trainingSeconds: 0 };
  const events: TrainerEvent[] = [];
  const newest = <T extends TrainerEvent['type']>(type: T): TrainerEventOf<T> | undefined =>
    events.findLast((event): event is TrainerEventOf<T> => event.type === type);
  const studio = (await Studio.exists(project)) ? await Studio.open(project) : await Studio.create(project, capture);
  const heard = (...types: TrainerEvent['type'][]) =>
    new Promise<TrainerEvent>((resolve) => {
      const stop = studio.subscribe((event) => {
        if (!types.includes(event.type)) return;
        stop();
        resolve(event);
      });
    });
  const reached = (step: number) =>
    new Promise<void>((resolve) => {
      const stop = studio.subscribe((event) => {
        if (event.type !== 'progress' || event.step < step) return;
        stop();
        resolve();
      });
    });
  studio.subscribe((event) => {
    events.push(event);
    if (event.type === 'checkpoint') {
      figures.checkpoints++;
      figures.checkpointSeconds += event.seconds;
    }
    if (event.type === 'finished') figures.trainingSeconds += event.wallSeconds;
  });
  const pausedNow = async (): Promise<void> => {
    while (studio.state !== 'paused') await heard('state', 'failed');
  };
  let begun = 0;
  for (const { until, change = {}, disabled, kills: wanted = 0 } of parts) {
    let left = wanted;
    for (;;) {
      const resume = begun > 0 || (await Studio.isTrained(project));
      const prepared = heard('prepared', 'failed');
      const options = resume ? { ...change, steps: until } : { ...settings, ...change, steps: until };
      await studio.start({ settings: options, resume, paused: true });
      const first = await prepared;
      if (first.type !== 'prepared') throw new Error(`part until ${until}: ${JSON.stringify(first)}`);
      await pausedNow();
      if (kills.length > 0 && kills.at(-1)!.from < 0) kills.at(-1)!.from = first.step;
      if (disabled && first.step === begun) {
        const saved = heard('checkpoint', 'failed');
        studio.send({ type: 'disable', photos: [...disabled] });
        await saved;
      }
      const ended = heard('finished', 'failed');
      studio.resume();
      if (left > 0) {
        const target = first.step + (until - first.step) * draw();
        await Promise.race([reached(target), ended]);
        // Anywhere, while a checkpoint is written, or some time after one.
        const when = draw();
        if (when > 1 / 3 && studio.state === 'running') {
          const saved = heard('checkpoint', 'finished', 'failed');
          studio.checkpoint();
          if (when > 2 / 3) await saved;
          await sleep(0.02 * draw());
        }
        if (studio.state === 'running' && studio.pid !== null) process.kill(studio.pid, 'SIGKILL');
      }
      const last = await ended;
      if (last.type === 'finished') break;
      if (last.type === 'failed' && last.failure.kind !== 'crash') throw new Error(JSON.stringify(last.failure));
      kills.push({ step: newest('progress')?.step ?? 0, from: -1 });
      left--;
    }
    begun = until;
  }
  await studio.close();
  const snapshot = await new CheckpointFolder(projectPaths(project).checkpoints, () => undefined).latest();
  if (!snapshot) throw new Error(`${project}: no checkpoint`);
  return { snapshot, kills, ...figures };
}

/** Names of what differs between two states of a run, to the bit; empty when nothing does. */
export function differences(a: TrainingSnapshot, b: TrainingSnapshot): string[] {
  const found: string[] = [];
  for (const field of ['step', 'seed', 'nextId', 'settings', 'cameraOrder', 'disabled', 'semantics'] as const)
    if (JSON.stringify(a[field]) !== JSON.stringify(b[field])) found.push(field);
  for (const name of new Set([...Object.keys(a.tensors), ...Object.keys(b.tensors)])) {
    const [one, other] = [a.tensors[name]?.data, b.tensors[name]?.data];
    const bytes = (data: typeof one): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (!one || !other || !bytes(one).equals(bytes(other))) found.push(name);
  }
  return found;
}
