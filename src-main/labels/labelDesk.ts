/**
 * Labels beside the Gaussians, in the trainer's process: what every row is labelled, which splats a gesture means, where the model is
 * most unsure, and what labels teach. Edits are made and kept elsewhere (labelBook.ts); here they only meet what lives.
 */
import type { PinholeCamera } from '#contract/camera';
import type { LabelMeaning, labelTrainerCommands, labelTrainerEvents } from '#contract/labels';
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
import { TaughtEntries } from './taughtEntries';
import type { Taught } from './taughtEntries';
import { nameKey } from './taxonomy';
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

/** The surface is looked at anew after so many steps, or when rows change. */
const SURFACE_STEPS = 200;

interface KnownSurface extends SeenSurface {
  readonly step: number;
  readonly stamp: string;
}

const stampOf = ({ count, nextId }: GaussianModel): string => `${count} ${nextId}`;

export class LabelDesk {
  readonly #field = new LabelField();
  #revision = 0;
  #layer = 1;
  /** null until it was said what labels mean */
  #meanings: readonly LabelMeaning[] | null = null;
  /** counts changes of edits, layer or meanings */
  #changes = 0;
  #rows: { stamp: string; labels: Uint16Array; byHand: Uint16Array } | null = null;
  readonly #taught = new TaughtEntries();
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

  setMeanings({ meanings }: CommandOf<'teach'>): void {
    this.#meanings = meanings;
    this.#changed();
  }

  #changed(): void {
    this.#changes++;
    this.#rows = null;
  }

  /** Labels of the rows in the active layer, [count]; valid until rows or labels change. */
  labelsOf(model: GaussianModel): Uint16Array {
    return this.#rowsOf(model).labels;
  }

  #rowsOf(model: GaussianModel): { labels: Uint16Array; byHand: Uint16Array } {
    const stamp = stampOf(model);
    if (this.#rows?.stamp !== stamp) {
      const { ids, count, nextId, ancestry } = model;
      this.#field.follow({ parents: ancestry.parents, nextId });
      const [labels, byHand] = [new Uint16Array(count), new Uint16Array(count)];
      this.#field.ofRows(this.#layer, ids.subarray(0, count), labels);
      this.#field.byHandOfRows(this.#layer, ids.subarray(0, count), byHand);
      this.#rows = { stamp, labels, byHand };
    }
    return this.#rows;
  }

  /**
   * What a person's own hand says among some names: 1-based, 0 for rows that it says nothing of, [count]; null where that is all of them.
   *
   * @param names  null for what is no name
   */
  said(model: GaussianModel, names: readonly (string | null)[]): Uint8Array | null {
    const places = new Map(names.map((name, i) => [name === null ? null : nameKey(name), i + 1]));
    const asked = new Map<number, number>();
    for (const { label, name } of this.#meanings ?? []) {
      const place = places.get(nameKey(name));
      if (place !== undefined) asked.set(label, place);
    }
    if (asked.size === 0) return null;
    const said = Uint8Array.from(this.#rowsOf(model).byHand, (label) => asked.get(label) ?? 0);
    return said.some((place) => place > 0) ? said : null;
  }

  /** What labels teach now; null for nothing. @param answers  what splats decode to */
  taught(model: GaussianModel, answers: SplatAnswers): Taught | null {
    if (!this.#meanings) return null;
    return this.#taught.of(model, this.#changes, this.labelsOf(model), this.#meanings, () => answers.codes());
  }

  /** @param savedId  id counter of the checkpoint that a resume would go on from */
  gesture(
    scene: LabelledScene,
    command: CommandOf<'gesture'>,
    answers: SplatAnswers,
    savedId: number,
  ): EventOf<'gestured'> {
    const { request, region, camera, through, unlabelled = false, outside, only, never } = command;
    const { model, step } = scene;
    const { ids, nextId, count, ancestry } = model;
    const nothing = new Uint32Array(0);
    const answer = { type: 'gestured', request, step, nextId, savedId } as const;
    try {
      const labels = this.labelsOf(model);
      const select = (): Uint8Array => selectRows(scene, region, camera, through, answers);
      const marks = unlabelled ? model.hiding(labels, select) : select();
      const [allowed, forbidden] = [only && new Set(only), new Set(never)];
      for (let row = 0; row < count; row++) {
        const meant = (marks[row] === 1) !== outside && !(unlabelled && labels[row] !== 0);
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
      const { message: problem, code, values } = error;
      return { ...answer, ids: nothing, savedIds: nothing, problem, code, values };
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
