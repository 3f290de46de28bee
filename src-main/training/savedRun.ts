/** What the newest checkpoint of a run has of it: whether it holds the run as it is, and which splats a resume would know. */
import type { TrainerEventOf } from '#contract/messages';
import type { CheckpointStore } from './ports';
import type { TrainingRun } from './run';

export class SavedRun {
  readonly store: CheckpointStore;
  #step: number | null = null;
  #nextId = 0;
  /** a person changed the run since: a run that is killed must not forget it */
  #edited = false;

  constructor(store: CheckpointStore) {
    this.store = store;
  }

  /** of the newest checkpoint; null before there is one */
  get step(): number | null {
    return this.#step;
  }

  /** id counter of what a resume would go on from */
  get nextId(): number {
    return this.#nextId;
  }

  /** The run is ready: new, or as its newest checkpoint has it. */
  begin({ step, viewed }: TrainingRun): void {
    this.#nextId = viewed.model.nextId;
    if (step > 0) this.#step = step;
  }

  /** A person changed the run. */
  edited(): void {
    this.#edited = true;
  }

  /** Whether the newest checkpoint holds the run as it is. */
  holds(run: TrainingRun): boolean {
    return !this.#edited && this.#step === run.step;
  }

  /** Writes a checkpoint. @throws FileError and whatever else the store does */
  async save(run: TrainingRun): Promise<TrainerEventOf<'checkpoint'>> {
    const begun = performance.now();
    const snapshot = run.snapshot();
    this.#edited = false;
    await this.store.save(snapshot);
    this.#nextId = snapshot.nextId;
    this.#step = run.step;
    const seconds = (performance.now() - begun) / 1000;
    return { type: 'checkpoint', step: run.step, splats: run.splats, seconds };
  }
}
