/**
 * Labels beside the Gaussians, in the trainer's process: what every row is labelled, which splats a gesture means, where the model is
 * most unsure, and what labels teach. Edits are made and kept elsewhere (labelBook.ts); here they only meet what lives.
 */
import type { PinholeCamera } from '#contract/camera';
import type { labelTrainerCommands, labelTrainerEvents } from '#contract/labels';
import type { z } from 'zod';
import type { GaussianModel } from '../gaussians/index';
import { splatScalars } from '../semantics/index';
import { LabelError } from './errors';
import { LabelField } from './field';
import { savedIdsOf } from './savedIds';
import { frameRegion } from './framing';
import { seenSurface } from './seenSurface';
import type { SeenSurface } from './seenSurface';
import { selectRows } from './selection';
import type { SelectableScene, SplatAnswers } from './selection';
import { uncertainRegions } from './uncertainRegions';

type Command = z.infer<(typeof labelTrainerCommands)[number]>;
type Event = z.infer<(typeof labelTrainerEvents)[number]>;
type CommandOf<Type extends Command['type']> = Extract<Command, { type: Type }>;
export type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

/** What gestures are made on. */
export interface LabelledScene extends SelectableScene {
  /** completed steps */
  readonly step: number;
  /** world units of one camera distance */
  readonly extent: number;
  /** null until semantics have joined */
  readonly semantics: unknown;
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

/** A label without a lesson teaches the entry that so much of its splats answer with. */
const AGREED = 2 / 3;
/** The surface is looked at anew after so many steps, or when rows change. */
const SURFACE_STEPS = 200;

interface KnownSurface extends SeenSurface {
  readonly step: number;
  readonly stamp: string;
}

const stampOf = ({ count, nextId }: GaussianModel): string => `${count} ${nextId}`;

/**
 * Entries (1-based) of labels that no lesson names, since the text encoder does not know their class: the entry that two thirds of their
 * splats answer with. The rest is then held to it, which mends what is ragged; where no entry is so common, what was labelled as one is
 * many things to the model, and to make it one would take from it what it tells apart.
 */
function ownEntries(
  labels: Uint16Array,
  lessons: ReadonlyMap<number, number>,
  answers: SplatAnswers,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  if (!labels.some((label) => label !== 0 && !lessons.has(label))) return found;
  const entries = answers.entries();
  if (!entries) return found;
  const counts = new Map<number, Map<number, number>>();
  labels.forEach((label, row) => {
    if (label === 0 || lessons.has(label)) return;
    let own = counts.get(label);
    if (!own) counts.set(label, (own = new Map<number, number>()));
    own.set(entries[row], (own.get(entries[row]) ?? 0) + 1);
  });
  for (const [label, own] of counts) {
    const [entry, most] = [...own].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
    const all = [...own.values()].reduce((sum, count) => sum + count, 0);
    if (most >= AGREED * all) found.set(label, entry + 1);
  }
  return found;
}

export class LabelDesk {
  readonly #field = new LabelField();
  #revision = 0;
  #layer = 1;
  /** entries (1-based) by label; null until it was said which there are */
  #lessons: ReadonlyMap<number, number> | null = null;
  /** likewise, of labels without a lesson, as of a change */
  #own: { change: number; entries: ReadonlyMap<number, number> } | null = null;
  /** counts changes of edits, layer or lessons */
  #changes = 0;
  #rows: { stamp: string; labels: Uint16Array } | null = null;
  #taught: { stamp: string; taught: Taught | null } | null = null;
  #surface: KnownSurface | null = null;

  /** of the edits, as whoever keeps them counts */
  get revision(): number {
    return this.#revision;
  }

  /** Other Gaussians than before. */
  forget(): void {
    this.#field.restart();
    this.#surface = null;
    this.#changed();
  }

  setEdits({ revision, from, edits, layer }: CommandOf<'labels'>): void {
    this.#field.set(from, edits);
    [this.#revision, this.#layer] = [revision, layer];
    this.#changed();
  }

  setLessons({ entries }: CommandOf<'teach'>): void {
    this.#lessons = new Map(entries.map(({ label, entry }) => [label, entry + 1]));
    this.#changed();
  }

  #changed(): void {
    this.#changes++;
    this.#rows = null;
    this.#taught = null;
  }

  /** Labels of the rows in the active layer, [count]; valid until rows or labels change. */
  labelsOf(model: GaussianModel): Uint16Array {
    const stamp = stampOf(model);
    if (this.#rows?.stamp !== stamp) {
      const { ids, count, nextId, ancestry } = model;
      this.#field.follow({ parents: ancestry.parents, nextId });
      const labels = new Uint16Array(count);
      this.#field.ofRows(this.#layer, ids.subarray(0, count), labels);
      this.#rows = { stamp, labels };
    }
    return this.#rows.labels;
  }

  /** What labels teach now; null for nothing. @param answers  what labels without a lesson go by */
  taught(model: GaussianModel, answers: SplatAnswers): Taught | null {
    const lessons = this.#lessons;
    if (!lessons) return null;
    const change = this.#changes;
    const stamp = `${change} ${stampOf(model)}`;
    if (this.#taught?.stamp !== stamp) {
      const labels = this.labelsOf(model);
      if (this.#own?.change !== change) this.#own = { change, entries: ownEntries(labels, lessons, answers) };
      const own = this.#own.entries;
      const entries = Uint8Array.from(labels, (label) => lessons.get(label) ?? own.get(label) ?? 0);
      const rows = Int32Array.from(entries.keys()).filter((row) => entries[row] > 0);
      this.#taught = { stamp, taught: rows.length > 0 ? { entries, rows, change } : null };
    }
    return this.#taught.taught;
  }

  /** @param savedId  id counter of the checkpoint that a resume would go on from */
  gesture(
    scene: LabelledScene,
    command: CommandOf<'gesture'>,
    answers: SplatAnswers,
    savedId: number,
  ): EventOf<'gestured'> {
    const { request, region, camera, through, outside, only, never } = command;
    const { model, step } = scene;
    const { ids, nextId, count, ancestry } = model;
    const nothing = new Uint32Array(0);
    const answer = { type: 'gestured', request, step, nextId, savedId } as const;
    try {
      const marks = selectRows(scene, region, camera, through, answers);
      const labels = this.labelsOf(model);
      const [allowed, forbidden] = [only && new Set(only), new Set(never)];
      for (let row = 0; row < count; row++) {
        const meant = (marks[row] === 1) !== outside;
        marks[row] = meant && (allowed?.has(labels[row]) ?? true) && !forbidden.has(labels[row]) ? 1 : 0;
      }
      const living = ids.subarray(0, count);
      return {
        ...answer,
        ids: living.filter((_, row) => marks[row] === 1).sort(),
        savedIds:
          savedId >= nextId ? nothing : savedIdsOf(marks, living, { parents: ancestry.parents, nextId }, savedId),
        problem: null,
      };
    } catch (error) {
      if (!(error instanceof LabelError)) throw error;
      return { ...answer, ids: nothing, savedIds: nothing, problem: error.message };
    }
  }

  /** @param cameras  of the photos that are trained on */
  nextUncertain(
    scene: LabelledScene,
    { request }: CommandOf<'nextUncertain'>,
    cameras: readonly { readonly photo: string; readonly camera: PinholeCamera }[],
  ): EventOf<'uncertain'> {
    const nothing = { type: 'uncertain', request, region: null } as const;
    if (scene.semantics === null || cameras.length === 0) return nothing;
    const { model } = scene;
    const { geometry, semantics, ids, count } = model.arrays();
    const labels = this.labelsOf(model);
    const { reviewed } = this.#field;
    const left = Uint8Array.from(labels, (label, row) => (label === 0 && !reviewed[ids[row]] ? 1 : 0));
    const seen = this.#seen(scene, cameras);
    const { uncertainty } = splatScalars(geometry, semantics, count);
    const regions = uncertainRegions(seen, uncertainty, left, scene.extent);
    if (regions.length === 0) return nothing;
    const [{ rows, centre, radius, uncertainty: mean }] = regions;
    const framing = frameRegion(scene, seen, rows, scene.extent);
    return {
      ...{ type: 'uncertain', request },
      region: {
        ids: Array.from(rows, (row) => ids[row]),
        ...{ centre: [...(framing?.focus ?? centre)], radius, uncertainty: mean, waiting: regions.length },
        ...{ photo: framing?.photo ?? null, camera: framing?.camera ?? null },
      },
    };
  }

  #seen(
    scene: LabelledScene,
    cameras: readonly { readonly photo: string; readonly camera: PinholeCamera }[],
  ): SeenSurface {
    const stamp = stampOf(scene.model);
    const known = this.#surface;
    if (known?.stamp === stamp && scene.step - known.step < SURFACE_STEPS) return known;
    this.#surface = { ...seenSurface(scene, cameras), step: scene.step, stamp };
    return this.#surface;
  }

  /** How many splats have each label in the active layer. */
  counts({ model, semantics }: LabelledScene): EventOf<'labelled'> {
    const labels = this.labelsOf(model);
    const arrays = model.arrays();
    const scalars = splatScalars(arrays.geometry, arrays.semantics, arrays.count);
    const tallies = new Map<number, { splats: number; uncertainty: number }>();
    labels.forEach((label, row) => {
      if (label === 0) return;
      let tally = tallies.get(label);
      if (!tally) tallies.set(label, (tally = { splats: 0, uncertainty: 0 }));
      tally.splats++;
      tally.uncertainty += scalars.uncertainty[row];
    });
    return {
      ...{ type: 'labelled', revision: this.#revision },
      counts: [...tallies].map(([label, { splats, uncertainty }]) => ({
        ...{ label, splats },
        uncertainty: semantics === null ? null : Math.min(1, uncertainty / splats),
      })),
    };
  }
}
