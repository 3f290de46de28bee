/**
 * What training needs from the rooms below it, as interfaces: the project folder implements them, tests use small fakes.
 *
 * A snapshot is everything that a run needs to continue: the parameters and moments in trainer order, the ids, the step that
 * was completed, and the seed (the generator is counter-based, so seed and step are its whole state).
 */
import type { TrainingSettings } from '#contract/settings';
import type { IndexMap, PositionFrame } from '../semantics/index';

/** Raw values with their shape, row-major. */
export interface SnapshotTensor {
  shape: number[];
  data: Float32Array | Uint32Array;
}

/** What the language half of a run is, besides its tensors. */
export interface SemanticsState {
  /** the first step in which semantics learned */
  readonly joinedAt: number;
  /** hash of the codebook that the decoder's entries belong to */
  readonly codebook: string;
  /** N */
  readonly entries: number;
  readonly frame: PositionFrame;
  /** running cross-entropy in nats; null before the first step */
  readonly crossEntropy: number | null;
}

/** Index maps as supervision, matched by the photo's name. */
export interface IndexMaps {
  /** N */
  readonly entries: number;
  /** hash of the codebook */
  readonly codebook: string;
  /** the entries' vectors, [N, width] */
  readonly vectors: Float32Array;
  /** null for a photo without a map; throws an error that names the file for one that is damaged or of another codebook */
  load(photo: string): Promise<IndexMap | null>;
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
  /** null until semantics have joined; their networks are then among the tensors as `decoder.*` and `smoother.*` */
  semantics: SemanticsState | null;
  /** photos that are not trained on, at present */
  disabled: string[];
}

/** Writes are atomic: after a crash in the middle of `save`, `latest` still returns the snapshot before it. */
export interface CheckpointStore {
  save(snapshot: TrainingSnapshot): Promise<void>;
  /** The newest complete snapshot, or null when there is none. */
  latest(): Promise<TrainingSnapshot | null>;
}
