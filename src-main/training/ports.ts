/**
 * What training needs from the rooms below it, as interfaces: the project folder implements them, tests use small fakes.
 *
 * A snapshot is everything that a run needs to continue: the parameters and moments in trainer order, the ids, the step that
 * was completed, and the seed (the generator is counter-based, so seed and step are its whole state).
 */
import type { TrainingSettings } from '#contract/settings';

/** Raw values with their shape, row-major. */
export interface SnapshotTensor {
  shape: number[];
  data: Float32Array | Uint32Array;
}

export interface TrainingSnapshot {
  /** Completed steps; the next step is step + 1. */
  step: number;
  settings: TrainingSettings;
  /** Names of the photos that are trained on, in the order that view indices refer to. */
  cameraOrder: string[];
  seed: number;
  /** The next Gaussian id to hand out; ids are never reused. */
  nextId: number;
  /** `geometry` [count, 11], `sphericalHarmonics` [count, 48], `semantics` [count, 9], `ids`, `parents` [count], `NAME.m1`, `NAME.m2`, … */
  tensors: Record<string, SnapshotTensor>;
}

/** Writes are atomic: after a crash in the middle of `save`, `latest` still returns the snapshot before it. */
export interface CheckpointStore {
  save(snapshot: TrainingSnapshot): Promise<void>;
  /** The newest complete snapshot, or null when there is none. */
  latest(): Promise<TrainingSnapshot | null>;
}
