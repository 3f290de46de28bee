/**
 * What a trainer does for whoever looks at it: takes wishes at any time, and serves them between steps.
 *
 * One publication is under way at most, a snapshot, overlays, or both; the next one is made when the last was taken, from what is
 * newest then. Nothing is computed while nobody watches. While a run trains, rhythm.ts says when; at rest everything that is asked
 * for is made until it is as fresh as the parameters.
 */
import type { OverlayName } from '#contract/frame';
import type { TrainerCommand, TrainerEvent } from '#contract/messages';
import { splatScalars } from '../../semantics/index';
import type { SceneLabels, SplatAnswers } from '../ports';
import { answerable, bestOfCodes, overrule, readAsk, saidOf } from './answers';
import type { Ask } from './answers';
import { availableOverlays, FrameBuffer, overlayFrame, snapshotFrame } from './frames';
import type { OverlayParts } from './frames';
import { inspectSplat } from './inspect';
import { needsCodes, pictureFrame } from './pictures';
import type { Look } from './pictures';
import { MeaningCells, PASSING, RESTING } from './meaningCells';
import { PrincipalAxes } from './principalAxes';
import { Rhythm } from './rhythm';
import { RowCodes } from './rowCodes';
import { rowsStamp } from './scene';
import type { ViewedScene } from './scene';

export type SendFrame = (bytes: Uint8Array<ArrayBuffer>) => void;

type CommandOf<T extends TrainerCommand['type']> = Extract<TrainerCommand, { type: T }>;

/** Time for codes in one publication while a run trains, and in one portion at rest, ms. */
const [CODES_TRAINING, CODES_RESTING] = [8, 100];

/** Overlays that are read off the codes of splats. */
const CODED: readonly OverlayName[] = ['entry', 'share', 'relevancy', 'class'];

/** Overlays that labels have a say in. */
const LABELLED: readonly OverlayName[] = ['label', 'relevancy', 'class'];

interface Published {
  /** number of its rows */
  readonly rows: number;
  readonly stamp: string;
  readonly step: number;
}

interface NextLook {
  readonly look: Look;
  /** all that its picture depends on but the parameters */
  readonly subject: string;
  /** its viewer was last shown the same, of earlier parameters */
  readonly renews: boolean;
}

export class TrainerViewer {
  readonly #send: SendFrame;
  readonly #rhythm: Rhythm;
  readonly #labels: SceneLabels | null;
  readonly #codes = new RowCodes();
  #snapshotMemory = new FrameBuffer();
  #overlayMemory = new FrameBuffer();
  #axes = new PrincipalAxes();
  #cells = new MeaningCells();
  #wishes: { geometry: boolean; overlays: readonly OverlayName[] } = { geometry: false, overlays: [] };
  #ask: Ask | null = null;
  #sequence = 0;
  #rows = 0;
  /** sequence of the last frame of the publication under way */
  #underWay: number | null = null;
  #snapshot: Published | null = null;
  /** the newest that lie over `#snapshot` */
  #overlays: { step: number; names: string; ask: number; labels: number; whole: boolean } | null = null;
  /** newest of each viewer */
  readonly #looks = new Map<number, Look>();
  /** what the last picture of each viewer was of */
  readonly #served = new Map<number, string>();
  /** pose and step of the newest picture at rest whose pixels the cells heard of */
  #heardOf = '';
  /** what the cells follow thoroughly already; empty while they are in motion */
  #followed = '';
  /** a wish changed: it is answered without waiting for its turn */
  #urgent = false;

  constructor(send: SendFrame, labels: SceneLabels | null = null, rhythm = new Rhythm()) {
    this.#send = send;
    this.#labels = labels;
    this.#rhythm = rhythm;
  }

  /** Share of the time since the last call that went into what viewers see. */
  takeShare(): number {
    return this.#rhythm.takeShare();
  }

  watch({ geometry, overlays }: CommandOf<'watch'>): void {
    const more = (geometry && !this.#wishes.geometry) || overlays.some((name) => !this.#wishes.overlays.includes(name));
    if (geometry && !this.#wishes.geometry) this.#snapshot = null;
    this.#wishes = { geometry, overlays };
    this.#urgent ||= more;
    if (!geometry && overlays.length === 0 && this.#underWay !== null) {
      // Whoever should have taken the frame is gone; it may still be on its way, so its memory is left to it.
      this.#underWay = null;
      [this.#snapshotMemory, this.#overlayMemory] = [new FrameBuffer(), new FrameBuffer()];
    }
  }

  taken({ sequence }: CommandOf<'taken'>): void {
    if (this.#underWay !== null && sequence >= this.#underWay) this.#underWay = null;
  }

  /** @throws ExpressionError, AskError; what was asked before then stays */
  ask({ ask }: CommandOf<'ask'>): void {
    this.#ask = ask && readAsk(ask);
    this.#urgent = true;
  }

  /** Labels changed, or what they mean: pages that show them, or answers that they overrule, see it without waiting for its turn. */
  relabelled(): void {
    this.#overlays = null;
    this.#urgent ||= this.#wishes.overlays.some((name) => LABELLED.includes(name));
  }

  /** Splats that mean something else at once: these are decoded first, and seen without waiting for their turn. */
  turned(rows: Int32Array): void {
    this.#codes.hurry(rows);
    this.#urgent ||= this.#wishes.overlays.some((name) => CODED.includes(name));
  }

  /** What splats of a scene are, for gestures that mean those with an answer. */
  answers(scene: ViewedScene): SplatAnswers {
    const { semantics, model } = scene;
    const decoded = (): RowCodes => {
      this.#codes.refresh(scene, Infinity);
      return this.#codes;
    };
    return {
      codes: () => (semantics ? decoded().codes : null),
      best: () => {
        const ask = answerable(semantics, this.#ask);
        if (!semantics || !ask) return null;
        const { geometry, semantics: vectors, count } = model.arrays();
        const [relevancy, classes] = [new Uint16Array(count), new Uint8Array(count)];
        const scalars = splatScalars(geometry, vectors, count);
        bestOfCodes(ask, semantics.entries, decoded().codes, scalars, relevancy, classes);
        overrule(saidOf(this.#labels, scene, ask), relevancy, classes);
        return { relevancy, classes };
      },
    };
  }

  /** A newer look of the same viewer replaces one that waits; what was asked for last is served first. */
  look(look: Look): void {
    this.#looks.delete(look.viewer);
    this.#looks.set(look.viewer, look);
  }

  /** The answer to `inspect`; without a scene no splat lives. */
  inspect(scene: ViewedScene | null, { request, id }: CommandOf<'inspect'>): TrainerEvent {
    const begun = performance.now();
    const readout = scene && inspectSplat(scene, id, this.#ask);
    this.#rhythm.spent(performance.now() - begun);
    return { type: 'inspected', request, readout };
  }

  /** Counts what was done for viewers elsewhere. */
  spent(milliseconds: number): void {
    this.#rhythm.spent(milliseconds);
  }

  /** Another scene than before: nothing that was published is of it. */
  forget(): void {
    this.#snapshot = null;
    this.#overlays = null;
    this.#axes = new PrincipalAxes();
    this.#cells = new MeaningCells();
    this.#followed = '';
    this.#served.clear();
    this.#rhythm.begin();
  }

  /** Between two steps: at most one picture and one publication, when their time has come. */
  between(scene: ViewedScene): void {
    const next = this.#nextLook;
    if (next && this.#rhythm.mayLook(next.renews)) this.#picture(scene, next, CODES_TRAINING);
    if (this.#underWay !== null) return;
    const { maySnapshot, mayOverlay } = this.#rhythm;
    const may = { snapshot: maySnapshot, overlays: mayOverlay || this.#urgent };
    if (may.snapshot || may.overlays) this.#publish(scene, CODES_TRAINING, may);
  }

  /** At rest: one portion of what is asked for. @returns whether there may be more to do now */
  attend(scene: ViewedScene): boolean {
    const next = this.#nextLook;
    if (next) {
      this.#picture(scene, next, Infinity);
      return true;
    }
    if (this.#underWay !== null) return false;
    return this.#publish(scene, CODES_RESTING, { snapshot: true, overlays: true });
  }

  /**
   * Publishes what is not fresh; false when all is. Overlays go on lying over a new snapshot whose rows are the same; one whose rows are
   * others takes overlays along.
   *
   * @param may  what has come to its time
   */
  #publish(scene: ViewedScene, codeTime: number, may: { snapshot: boolean; overlays: boolean }): boolean {
    const { geometry, overlays } = this.#wishes;
    const begun = performance.now();
    const before = this.#snapshot;
    const stamp = rowsStamp(scene.model);
    const moved = before?.stamp !== stamp;
    const stale = moved || before.step !== scene.step;
    const renew = geometry && stale && (may.snapshot || (moved && may.overlays));
    let snapshotCost = 0;
    if (renew) {
      if (moved) [this.#rows, this.#overlays] = [this.#rows + 1, null];
      this.#snapshot = { rows: this.#rows, stamp, step: scene.step };
      this.#deliver(snapshotFrame(scene, ++this.#sequence, this.#rows, this.#snapshotMemory));
      snapshotCost = performance.now() - begun;
    }
    const available = availableOverlays(scene, overlays, this.#ask, this.#labels !== null);
    const done = (may.overlays || (renew && moved)) && this.#publishOverlays(scene, available, codeTime);
    if (!renew && !done) return false;
    if (may.overlays) this.#urgent = false;
    const cost = performance.now() - begun;
    if (!done || (renew && moved)) this.#rhythm.published(cost, 0);
    else this.#rhythm.published(snapshotCost, cost - snapshotCost);
    return true;
  }

  #publishOverlays(scene: ViewedScene, names: OverlayName[], codeTime: number): boolean {
    const snapshot = this.#snapshot;
    if (names.length === 0 || snapshot?.stamp !== rowsStamp(scene.model)) return false;
    const ask = this.#ask?.revision ?? 0;
    const last = this.#overlays;
    const labels = this.#labels?.revision ?? 0;
    const coded = names.some((name) => CODED.includes(name));
    const same = last?.step === scene.step && last.names === names.join() && last.ask === ask && last.labels === labels;
    if (same && (last.whole || !coded)) return false;
    if (coded) this.#codes.refresh(scene, codeTime);
    if (names.includes('components')) this.#axes.follow(scene.model.arrays().semantics, scene.model.count);
    if (names.includes('relevancy')) this.#followMeaning(scene, codeTime);
    this.#overlays = {
      step: scene.step,
      names: names.join(),
      ask,
      labels,
      whole: !coded || this.#codes.isFresh(scene),
    };
    this.#deliver(overlayFrame(scene, names, this.#parts, ++this.#sequence, snapshot.rows, this.#overlayMemory));
    return true;
  }

  get #parts(): OverlayParts {
    const [codes, axes, cells, ask, labels] = [this.#codes, this.#axes, this.#cells, this.#ask, this.#labels];
    return { codes, axes, cells, ask, labels };
  }

  /** Cells follow a little at each publication of a run, and further at rest, once for what is new to them. */
  #followMeaning({ model, semantics, step }: ViewedScene, codeTime: number): void {
    if (!semantics) return;
    const { semantics: vectors, count } = model.arrays();
    const resting = codeTime > CODES_TRAINING;
    const known = `${semantics.codebook} ${step} ${rowsStamp(model)} ${this.#heardOf}`;
    if (resting && known === this.#followed) return;
    this.#followed = resting ? known : '';
    this.#cells.follow(vectors, count, semantics.codebook, resting ? RESTING : PASSING);
    this.#cells.decode(semantics.layers, resting ? Infinity : CODES_TRAINING);
  }

  /** The look that came last, of those that somebody waits for if there are such; null when there is none. */
  get #nextLook(): NextLook | null {
    if (this.#looks.size === 0) return null;
    const looks = [...this.#looks.values()].reverse().map((look) => {
      const subject = this.#subjectOf(look);
      return { look, subject, renews: this.#served.get(look.viewer) === subject };
    });
    return looks.find(({ renews }) => !renews) ?? looks[0];
  }

  #subjectOf({ camera, channel, way, unlabelled }: Look): string {
    return JSON.stringify([camera, channel, way, unlabelled, this.#ask?.revision ?? 0, this.#labels?.revision ?? 0]);
  }

  #picture(scene: ViewedScene, { look, subject, renews }: NextLook, codeTime: number): void {
    this.#looks.delete(look.viewer);
    this.#served.set(look.viewer, subject);
    const begun = performance.now();
    if (needsCodes(look)) this.#codes.refresh(scene, codeTime);
    if (look.channel === 'components' && !this.#axes.fitted)
      this.#axes.follow(scene.model.arrays().semantics, scene.model.count);
    if (needsCodes(look) && look.channel !== 'entry' && this.#cells.cells === 0) this.#followMeaning(scene, codeTime);
    this.#send(pictureFrame(scene, look, this.#parts, ++this.#sequence));
    if (look.way === 'decoded' && codeTime === Infinity) this.#hearOf(scene, look);
    this.#rhythm.pictured(performance.now() - begun, renews);
  }

  /** Cells have met the pixels of another pose, or of parameters that moved: at rest the tables are published anew, once. */
  #hearOf({ step }: ViewedScene, { camera, channel }: Look): void {
    const heard = `${step} ${JSON.stringify(camera)}`;
    if ((channel !== 'relevancy' && channel !== 'class') || heard === this.#heardOf) return;
    this.#heardOf = heard;
    this.#overlays = null;
  }

  #deliver(bytes: Uint8Array<ArrayBuffer>): void {
    this.#underWay = this.#sequence;
    this.#send(bytes);
  }
}
