/**
 * Labelling in the open project: gestures become edits. The trainer, which has the splats, says which ones a gesture means; the edit is
 * kept here, where a crash of the trainer does not reach it, and then told to the trainer.
 *
 * Gestures are worked off one after the other, so that each meets what the one before left. Edits of a run that went back to a checkpoint
 * are set back with it (labels/edits.ts).
 */
import type { EditName, LabelMode, LabelOp, LabelRegion, LabelTarget, UncertainRegion } from '#contract/labels';
import type { LabelsState } from '#contract/labels';
import type { PinholeCamera } from '#contract/camera';
import type { TrainerEventOf } from '#contract/messages';
import { said, SaidError } from '#contract/sayings';
import type { StudioState } from '#contract/studio';
import { SerialQueue } from '../../base/index';
import { allLabels, classNamed, classOf, LabelError, labelsOf } from '../../labels/index';
import type { Edit, LabelBook, LabelClass } from '../../labels/index';
import type { Project } from '../../project/index';
import type { ViewerCommand } from '../studio';
import { classColours } from './entries';
import { readLabelView, writeLabelView } from './labelView';
import type { LabelView } from './labelView';
import { Lessons } from './lessons';
import type { Asking } from './asking';
import type { TrainerRequests } from './requests';

/** A gesture that the trainer could not work out. */
class GestureError extends SaidError {
  override name = 'InputError';
}

export interface LabellingPorts {
  readonly project: Project;
  readonly book: LabelBook;
  readonly asking: Asking | null;
  readonly requests: TrainerRequests;
  readonly send: (command: ViewerCommand) => void;
  readonly change: (mutate: (state: StudioState) => void) => void;
}

export interface Gesture {
  readonly region: LabelRegion;
  readonly camera: PinholeCamera | null;
  readonly through: boolean;
  readonly mode: LabelMode;
  readonly target: LabelTarget;
  readonly keepExisting: boolean;
  /** only splats without a label were shown, and are meant */
  readonly unlabelled?: boolean;
}

/** Colours are handed out from a palette that tells so many classes apart, then again from its beginning. */
const COLOURS = 24;

const gestureNames: Record<LabelRegion['kind'], EditName> = {
  rectangle: 'rectangle',
  lasso: 'lasso',
  brush: 'brush',
  splats: 'pick',
  answer: 'answer',
  entry: 'entry',
};

export class Labelling {
  readonly #ports: LabellingPorts;
  #view: LabelView;
  readonly #lessons: Lessons;
  #revision = 1;
  #savedAt: string | null;
  #counts: TrainerEventOf<'labelled'>['counts'] = [];
  #step = 0;
  #nextId = 1;
  readonly #queue = new SerialQueue();

  constructor(ports: LabellingPorts) {
    this.#ports = ports;
    this.#view = readLabelView(ports.project.database);
    this.#savedAt = ports.book.edits.at(-1)?.at ?? null;
    this.#lessons = new Lessons(ports.asking, (meanings) => ports.send({ type: 'teach', meanings }));
  }

  // ---- gestures

  /** @throws LabelError, GestureError, NoTrainerError, what the disk says */
  label(gesture: Gesture): Promise<{ splats: number }> {
    return this.#queue.next(async () => {
      const { region, camera, through, mode, target, keepExisting, unlabelled } = gesture;
      const { book, requests } = this.#ports;
      const { layer } = this.#layer();
      const { made, labels, label } = this.#target(target, mode);
      const adds = mode === 'add';
      const { taxonomy } = book;
      const locked = taxonomy.classes.filter(({ class: number }) => this.#view.locked.includes(number));
      const only = adds ? (keepExisting ? [0] : null) : labels;
      const never = [...locked.flatMap(labelsOf), ...(adds ? [label] : [])];
      const answer = await requests.ask('gestured', (request) =>
        this.#ports.send({
          ...{ type: 'gesture', request, region, camera, through, layer, outside: mode === 'intersect' },
          ...{ only, never, unlabelled },
        }),
      );
      if (answer.problem !== null) throw new GestureError({ ...answer, message: answer.problem });
      const { ids, step, nextId, savedId, savedIds } = answer;
      [this.#step, this.#nextId] = [step, nextId];
      if (ids.length === 0) return { splats: 0 };
      const name = adds ? gestureNames[region.kind] : mode === 'remove' ? 'erase' : 'keepInside';
      const saved = savedId < nextId ? { nextId: savedId, ids: savedIds } : null;
      this.#commit(name, [...made, { type: 'assign', layer, label: adds ? label : 0, ids }], saved);
      return { splats: ids.length };
    });
  }

  review(ids: number[], verdict: 'accepted' | 'skipped'): Promise<void> {
    return this.#edit('review', () => [{ type: 'review', verdict, ids: Uint32Array.from(ids).sort() }]);
  }

  async nextUncertain(): Promise<UncertainRegion | null> {
    const { layer } = this.#layer();
    const { region } = await this.#ports.requests.ask('uncertain', (request) =>
      this.#ports.send({ type: 'nextUncertain', request, layer }),
    );
    return region;
  }

  // ---- classes and layers

  addClass(name: string): Promise<void> {
    return this.#edit('addClass', () => [this.#newClass(name)]);
  }

  renameClass(number: number, name: string): Promise<void> {
    return this.#edit('renameClass', () => [{ type: 'renameClass', class: number, name }]);
  }

  recolourClass(number: number, colour: string): Promise<void> {
    return this.#edit('recolourClass', () => [{ type: 'recolourClass', class: number, colour }]);
  }

  mergeClass(from: number, into: number): Promise<void> {
    return this.#edit('mergeClass', () => [{ type: 'mergeClass', from, into }]);
  }

  removeClass(number: number): Promise<void> {
    return this.#edit('removeClass', () => [{ type: 'removeClass', class: number }]);
  }

  showClass(number: number, hidden: boolean, locked: boolean): void {
    classOf(this.#ports.book.taxonomy, number);
    const put = (list: readonly number[], on: boolean): number[] =>
      on ? [...new Set([...list, number])] : list.filter((one) => one !== number);
    this.#setView({ hidden: put(this.#view.hidden, hidden), locked: put(this.#view.locked, locked) });
    this.#tell();
  }

  addLayer(name: string): Promise<void> {
    return this.#edit('addLayer', () => [{ type: 'addLayer', layer: this.#ports.book.fresh().layer, name }]);
  }

  renameLayer(layer: number, name: string): Promise<void> {
    return this.#edit('renameLayer', () => [{ type: 'renameLayer', layer, name }]);
  }

  removeLayer(layer: number): Promise<void> {
    return this.#edit('removeLayer', () => [{ type: 'removeLayer', layer }]);
  }

  selectLayer(layer: number): void {
    if (!this.#ports.book.taxonomy.layers.some((one) => one.layer === layer))
      throw new LabelError(said('layerGone', { number: layer }));
    this.#setView({ layer });
    this.#send(this.#ports.book.felt.length);
    this.#tell();
  }

  // ---- undo

  undo(): Promise<EditName | null> {
    return this.#queue.next(() => {
      const name = this.#ports.book.undo();
      if (name !== null) this.#changed(this.#ports.book.felt.length);
      return name;
    });
  }

  redo(): Promise<EditName | null> {
    return this.#queue.next(() => {
      const name = this.#ports.book.redo();
      if (name !== null) this.#changed(this.#ports.book.felt.length - 1);
      return name;
    });
  }

  // ---- what the trainer says

  /** A run is there, new or continued: it is told everything. */
  prepared({ step, nextId }: TrainerEventOf<'prepared'>): void {
    [this.#step, this.#nextId] = [step, nextId];
    this.#send(0);
    void this.#lessons.repeat(this.#ports.book.taxonomy);
    this.#tell();
  }

  /** Semantics joined, or another codebook came: labels teach by other entries. */
  learned(): void {
    void this.#lessons.anew(this.#ports.book.taxonomy);
  }

  /** Other names are asked: what a class means depends on what it is told from. */
  asked(names: readonly string[]): void {
    void this.#lessons.asked(names, this.#ports.book.taxonomy);
  }

  counted({ counts }: TrainerEventOf<'labelled'>): void {
    this.#counts = counts;
    this.#tell();
  }

  stepped(step: number): void {
    this.#step = step;
  }

  get state(): LabelsState {
    const { book } = this.#ports;
    const { classes, layers } = book.taxonomy;
    const { hidden, locked } = this.#view;
    const splatsOf = (label: number): number => this.#counts.find((one) => one.label === label)?.splats ?? 0;
    return {
      ...{ revision: this.#revision, layers: [...layers], layer: this.#layer().layer },
      classes: classes.map(({ class: number, name, colour, label, instances }) => ({
        ...{ class: number, name, colour, label },
        ...{ hidden: hidden.includes(number), locked: locked.includes(number), splats: splatsOf(label) },
        instances: instances.map((instance) => ({ ...instance, splats: splatsOf(instance.label) })),
        uncertainty: this.#uncertaintyOf([label, ...instances.map((instance) => instance.label)]),
      })),
      ...{ undo: book.undoable, redo: book.redoable, edits: book.edits.length, savedAt: this.#savedAt },
    };
  }

  #uncertaintyOf(labels: readonly number[]): number | null {
    const found = this.#counts.filter(({ label, uncertainty }) => labels.includes(label) && uncertainty !== null);
    const splats = found.reduce((sum, one) => sum + one.splats, 0);
    if (splats === 0) return null;
    return found.reduce((sum, one) => sum + (one.uncertainty ?? 0) * one.splats, 0) / splats;
  }

  // ---- edits

  /** The active layer, if it is still there. */
  #layer(): { layer: number } {
    const { layers } = this.#ports.book.taxonomy;
    return layers.find(({ layer }) => layer === this.#view.layer) ?? layers[0];
  }

  /** What has to be made for a target, the labels that it stands for, and the one that splats get. */
  #target(target: LabelTarget, mode: LabelMode): { made: LabelOp[]; labels: number[]; label: number } {
    const { book } = this.#ports;
    const { taxonomy } = book;
    if (target.kind === 'instance') {
      if (!allLabels(taxonomy).includes(target.label))
        throw new LabelError(said('labelGone', { number: target.label }));
      const owner = taxonomy.classes.find((one) => labelsOf(one).includes(target.label));
      if (owner) this.#refuseLocked(owner);
      return { made: [], labels: [target.label], label: target.label };
    }
    const known = target.kind === 'named' ? classNamed(taxonomy, target.name) : classOf(taxonomy, target.class);
    if (known) this.#refuseLocked(known);
    if (!known) {
      if (target.kind !== 'named' || mode !== 'add') throw new LabelError(said('noSuchClass'));
      const made = this.#newClass(target.name);
      return { made: [made], labels: [made.label], label: made.label };
    }
    if (target.kind !== 'newInstance' || mode !== 'add')
      return { made: [], labels: labelsOf(known), label: known.label };
    const { label } = book.fresh();
    const number = 1 + Math.max(0, ...known.instances.map((instance) => instance.number));
    return { made: [{ type: 'addInstance', class: known.class, label, number }], labels: [label], label };
  }

  #refuseLocked({ class: number, name }: LabelClass): void {
    if (this.#view.locked.includes(number)) throw new LabelError(said('classLocked', { name }));
  }

  #newClass(name: string): Extract<LabelOp, { type: 'addClass' }> {
    const { book } = this.#ports;
    const { class: number, label } = book.fresh();
    const colours = classColours(COLOURS, 0);
    const taken = new Set(book.taxonomy.classes.map(({ colour }) => colour));
    const colour = colours.find((one) => !taken.has(one)) ?? colours[number % COLOURS];
    return { type: 'addClass', class: number, label, name: name.trim(), colour };
  }

  #edit(name: EditName, make: () => LabelOp[]): Promise<void> {
    return this.#queue.next(() => {
      this.#commit(name, make(), null);
    });
  }

  #commit(name: EditName, ops: LabelOp[], saved: Edit['saved']): void {
    const at = new Date().toISOString();
    const { book } = this.#ports;
    book.commit({ name, at, step: this.#step, nextId: this.#nextId, ops, saved });
    this.#changed(book.felt.length - 1);
  }

  /** @param from  the first edit that is another */
  #changed(from: number): void {
    this.#revision++;
    this.#savedAt = new Date().toISOString();
    this.#send(from);
    void this.#lessons.repeat(this.#ports.book.taxonomy);
    this.#tell();
  }

  #send(from: number): void {
    const edits = this.#ports.book.felt.slice(from);
    const { layer } = this.#layer();
    this.#ports.send({ type: 'labels', revision: this.#revision, from, edits, layer });
  }

  #setView(by: Partial<LabelView>): void {
    this.#view = { ...this.#view, ...by };
    writeLabelView(this.#ports.project.database, this.#view);
  }

  #tell(): void {
    this.#ports.change((state) => (state.labels = this.state));
  }
}
