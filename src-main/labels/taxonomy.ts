/**
 * The taxonomy: classes with their names and colours, the instances in them, and the layers that splats are labelled in. It is what
 * the active edits make of nothing, one after the other; nothing else changes it.
 *
 * A label is a number of 16 bits that splats hold. Numbers of classes and labels are never given twice in a project, so that an edit
 * that was undone and another one that was made instead do not mean the same number by different things.
 */
import { FIRST_LAYER, FIRST_LAYER_NAME } from '#contract/labels';
import type { LabelOp } from '#contract/labels';
import { said } from '#contract/sayings';
import { LabelError } from './errors';

export interface LabelClass {
  readonly class: number;
  readonly name: string;
  /** #rrggbb */
  readonly colour: string;
  /** label of the class as such */
  readonly label: number;
  /** by number within the class */
  readonly instances: readonly { readonly label: number; readonly number: number }[];
}

export interface LabelLayer {
  readonly layer: number;
  readonly name: string;
}

export interface Taxonomy {
  readonly classes: readonly LabelClass[];
  readonly layers: readonly LabelLayer[];
}

export const emptyTaxonomy: Taxonomy = { classes: [], layers: [{ layer: FIRST_LAYER, name: FIRST_LAYER_NAME }] };

/** The same for names that differ in nothing that a person sees. */
export const nameKey = (name: string): string => name.normalize('NFC').trim().toLowerCase();
const sameName = (a: string, b: string): boolean => nameKey(a) === nameKey(b);

/** The class of that name, whatever its capitals. */
export function classNamed({ classes }: Taxonomy, name: string): LabelClass | null {
  return classes.find((one) => sameName(one.name, name)) ?? null;
}

/** @throws LabelError */
export function classOf({ classes }: Taxonomy, number: number): LabelClass {
  const found = classes.find((one) => one.class === number);
  if (!found) throw new LabelError(said('classGone', { number }));
  return found;
}

/** The class that a label belongs to, as such or as an instance; null for none. */
export function classOfLabel({ classes }: Taxonomy, label: number): LabelClass | null {
  return classes.find((one) => labelsOf(one).includes(label)) ?? null;
}

/** Its own label and those of its instances. */
export function labelsOf({ label, instances }: LabelClass): number[] {
  return [label, ...instances.map((instance) => instance.label)];
}

/** Every label in use. */
export function allLabels({ classes }: Taxonomy): number[] {
  return classes.flatMap(labelsOf);
}

/** @throws LabelError when the change does not fit */
export function applyOp(taxonomy: Taxonomy, op: LabelOp): Taxonomy {
  const { classes, layers } = taxonomy;
  const change = (number: number, by: Partial<LabelClass>): Taxonomy => {
    classOf(taxonomy, number);
    return { ...taxonomy, classes: classes.map((one) => (one.class === number ? { ...one, ...by } : one)) };
  };
  switch (op.type) {
    case 'assign':
      requireLayer(layers, op.layer);
      if (op.label !== 0 && !classOfLabel(taxonomy, op.label))
        throw new LabelError(said('labelGone', { number: op.label }));
      return taxonomy;
    case 'review':
      return taxonomy;
    case 'addClass': {
      freeName(taxonomy, op.name, null);
      freeLabel(taxonomy, op.label);
      if (classes.some((one) => one.class === op.class)) throw new LabelError(said('classThere', { number: op.class }));
      const { class: number, name, colour, label } = op;
      return { ...taxonomy, classes: [...classes, { class: number, name, colour, label, instances: [] }] };
    }
    case 'addInstance': {
      freeLabel(taxonomy, op.label);
      const { instances, name } = classOf(taxonomy, op.class);
      if (instances.some(({ number }) => number === op.number))
        throw new LabelError(said('instanceThere', { name, number: op.number }));
      return change(op.class, { instances: [...instances, { label: op.label, number: op.number }] });
    }
    case 'renameClass':
      freeName(taxonomy, op.name, op.class);
      return change(op.class, { name: op.name });
    case 'recolourClass':
      return change(op.class, { colour: op.colour });
    case 'mergeClass': {
      if (op.from === op.into) throw new LabelError(said('mergedIntoItself'));
      const [from, into] = [classOf(taxonomy, op.from), classOf(taxonomy, op.into)];
      const first = 1 + Math.max(0, ...into.instances.map(({ number }) => number));
      const moved = from.instances.map(({ label }, i) => ({ label, number: first + i }));
      const merged = change(op.into, { instances: [...into.instances, ...moved] });
      return { ...merged, classes: merged.classes.filter((one) => one.class !== op.from) };
    }
    case 'removeClass':
      classOf(taxonomy, op.class);
      return { ...taxonomy, classes: classes.filter((one) => one.class !== op.class) };
    case 'addLayer':
      if (layers.some(({ layer }) => layer === op.layer))
        throw new LabelError(said('layerThere', { number: op.layer }));
      if (layers.some(({ name }) => sameName(name, op.name)))
        throw new LabelError(said('layerTaken', { name: op.name }));
      return { ...taxonomy, layers: [...layers, { layer: op.layer, name: op.name }] };
    case 'renameLayer':
      requireLayer(layers, op.layer);
      if (layers.some(({ layer, name }) => layer !== op.layer && sameName(name, op.name)))
        throw new LabelError(said('layerTaken', { name: op.name }));
      return { ...taxonomy, layers: layers.map((one) => (one.layer === op.layer ? { ...one, name: op.name } : one)) };
    case 'removeLayer':
      requireLayer(layers, op.layer);
      if (layers.length === 1) throw new LabelError(said('lastLayer'));
      return { ...taxonomy, layers: layers.filter(({ layer }) => layer !== op.layer) };
  }
}

function freeName(taxonomy: Taxonomy, name: string, except: number | null): void {
  const taken = classNamed({ ...taxonomy, classes: taxonomy.classes.filter((one) => one.class !== except) }, name);
  if (taken) throw new LabelError(said('classTaken', { name: taken.name }));
}

function freeLabel(taxonomy: Taxonomy, label: number): void {
  if (classOfLabel(taxonomy, label)) throw new LabelError(said('labelInUse', { number: label }));
}

function requireLayer(layers: readonly LabelLayer[], layer: number): void {
  if (!layers.some((one) => one.layer === layer)) throw new LabelError(said('layerGone', { number: layer }));
}
