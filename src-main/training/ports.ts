/**
 * What training needs from the rooms below it, as interfaces: the project folder implements them, tests use small fakes.
 *
 * A snapshot is everything that a run needs to continue: the parameters and moments in trainer order, the ids, the step that
 * was completed, and the seed (the generator is counter-based, so seed and step are its whole state).
 */
import type { PinholeCamera } from '#contract/camera';
import type { TrainerCommand, TrainerEventOf } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import type { SceneFrame } from '../capture/index';
import type { GaussianModel } from '../gaussians/index';
import type { Codes, IndexMap, PositionFrame } from '../semantics/index';

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
  /** the coordinates that the Gaussians are in */
  frame: SceneFrame;
}

/** Writes are atomic: after a crash in the middle of `save`, `latest` still returns the snapshot before it. */
export interface CheckpointStore {
  save(snapshot: TrainingSnapshot): Promise<void>;
  /** The newest complete snapshot, or null when there is none. */
  latest(): Promise<TrainingSnapshot | null>;
}

/** What splats are, as viewers see them. */
export interface SplatAnswers {
  /** best question (1-based, 0 none) and its score in 65535ths, of rows; null when nothing is asked */
  best(): { classes: Uint8Array; relevancy: Uint16Array } | null;
  /** of rows, as they decode now; null until semantics have joined */
  codes(): Codes | null;
}

/** What labels teach: entries of rows, 1-based, 0 = nothing. Another object when anything changed. */
export interface Taught {
  /** [count] */
  readonly entries: Uint8Array;
  /** rows with one, ascending */
  readonly rows: Int32Array;
  /** another one when labels or what they mean changed, not when rows did */
  readonly change: number;
}

/** The Gaussians that labels hang on, between two steps. */
export interface LabelledScene {
  /** completed steps */
  readonly step: number;
  readonly model: GaussianModel;
  readonly antialiased: boolean;
  /** world units of one camera distance */
  readonly extent: number;
  /** null until semantics have joined */
  readonly semantics: unknown;
}

type CommandOf<Type extends TrainerCommand['type']> = Extract<TrainerCommand, { type: Type }>;

/** A photo that is trained on and where it was taken from. */
export interface PhotoCamera {
  readonly photo: string;
  readonly camera: PinholeCamera;
}

/** Labels beside the Gaussians. They follow ids; nothing here changes a Gaussian. */
export interface SceneLabels {
  /** of the edits */
  readonly revision: number;
  /** other Gaussians than before */
  forget(): void;
  setEdits(command: CommandOf<'labels'>): void;
  setMeanings(command: CommandOf<'teach'>): void;
  /** [count], 0 = none; valid until rows or labels change */
  labelsOf(model: GaussianModel): Uint16Array;
  /** question (1-based) that a person's own hand answers rows with, 0 none, [count]; null for no row. @param names  null for no name */
  said(model: GaussianModel, names: readonly (string | null)[]): Uint8Array | null;
  /** @param answers  what splats decode to */
  taught(model: GaussianModel, answers: SplatAnswers): Taught | null;
  /** @param savedId  id counter of the checkpoint that a resume would go on from */
  gesture(
    scene: LabelledScene,
    command: CommandOf<'gesture'>,
    answers: SplatAnswers,
    savedId: number,
  ): TrainerEventOf<'gestured'>;
  nextUncertain(
    scene: LabelledScene,
    command: CommandOf<'nextUncertain'>,
    cameras: readonly PhotoCamera[],
  ): TrainerEventOf<'uncertain'>;
  counts(scene: LabelledScene): TrainerEventOf<'labelled'>;
}
