/**
 * The Gaussians of a scene as training holds them: parameters and Adam moments by capacity, of which the first `count` rows
 * live (layout: kernels/layout.ts), and who each row is.
 *
 * Identity (METHOD §1): an id is a uint32 that is never reused, starting at 1; a parent of 0 means "from the start". Rows move,
 * ids stay: whatever outlives a step refers to ids.
 *
 * Only Adam and density control write in place, and only while no tape is open (DESIGN §2). `hiding` sets back what it writes.
 */
import * as tf from '@tensorflow/tfjs';
import type { Variable } from '@tensorflow/tfjs';
import { GEOMETRY, PROBE, SEMANTICS, SPHERICAL_HARMONICS } from '../kernels/layout';
import { Ancestry } from './ancestry';
import { GaussianError } from './errors';
import { ParameterGroup } from './parameterGroup';
import { moveRuns, type RowRuns } from './rows';

/** Growing by half keeps the copies rare and the slack bounded. */
const GROWTH = 1.5;
const LARGEST_ID = 0xffff_ffff;

/** Opacity logit of what is not drawn: far below the α of 1/255 where drawing ends. */
const INVISIBLE = -30;

/** The parent of a Gaussian that was there from the start. */
export const NO_PARENT = 0;

/** Raw values with their shape, row-major; what checkpoints hold. */
export interface RowTensor {
  shape: number[];
  data: Float32Array | Uint32Array;
}

/** The memory of the live model; rows ≥ count are not to be read. Valid until the model grows. */
export interface GaussianArrays {
  /** [capacity, 11] */
  readonly geometry: Float32Array;
  /** [capacity, 48] */
  readonly sphericalHarmonics: Float32Array;
  /** [capacity, 9] */
  readonly semantics: Float32Array;
  /** [capacity] */
  readonly ids: Uint32Array;
  /** [capacity] ids */
  readonly parents: Uint32Array;
  readonly count: number;
}

export class GaussianModel {
  readonly groups: {
    readonly geometry: ParameterGroup;
    readonly sphericalHarmonics: ParameterGroup;
    readonly semantics: ParameterGroup;
  };
  #probe: Variable;
  #ids: Uint32Array;
  #parents: Uint32Array;
  #ancestry: Ancestry;
  #capacity: number;
  #count = 0;
  #nextId = 1;

  /** An empty model; `dispose` gives its tensors back. @throws GaussianError on a backend whose tensors are not arrays */
  constructor(capacity: number) {
    this.#capacity = Math.max(1, Math.ceil(capacity));
    this.groups = {
      geometry: new ParameterGroup('geometry', GEOMETRY.columns, this.#capacity),
      sphericalHarmonics: new ParameterGroup('sphericalHarmonics', SPHERICAL_HARMONICS.columns, this.#capacity),
      semantics: new ParameterGroup('semantics', SEMANTICS.columns, this.#capacity),
    };
    this.#probe = makeProbe(this.#capacity);
    this.#ids = new Uint32Array(this.#capacity);
    this.#parents = new Uint32Array(this.#capacity);
    this.#ancestry = new Ancestry(this.#capacity);
  }

  get geometry(): Variable {
    return this.groups.geometry.variable;
  }

  get sphericalHarmonics(): Variable {
    return this.groups.sphericalHarmonics.variable;
  }

  get semantics(): Variable {
    return this.groups.semantics.variable;
  }

  /** [capacity, 3] zeros; its gradient carries screen gradients and radii (kernels/layout.ts) */
  get probe(): Variable {
    return this.#probe;
  }

  /** live rows */
  get count(): number {
    return this.#count;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** The id that the next new Gaussian gets. */
  get nextId(): number {
    return this.#nextId;
  }

  get ids(): Uint32Array {
    return this.#ids;
  }

  get parents(): Uint32Array {
    return this.#parents;
  }

  /** Parents of all ids that were ever given. */
  get ancestry(): Ancestry {
    return this.#ancestry;
  }

  arrays(): GaussianArrays {
    const { geometry, sphericalHarmonics, semantics } = this.groups;
    return {
      geometry: geometry.values,
      sphericalHarmonics: sphericalHarmonics.values,
      semantics: semantics.values,
      ids: this.#ids,
      parents: this.#parents,
      count: this.#count,
    };
  }

  /**
   * Does some work, all of it at once, in which some rows are as good as not there; afterwards their opacities are what they were, to the bit.
   *
   * @param hidden  [≥ count], 0 for rows that stay
   */
  hiding<T>(hidden: ArrayLike<number>, work: () => T): T {
    this.#assertOutsideTape();
    const { values, columns } = this.groups.geometry;
    const at = (row: number): number => row * columns + GEOMETRY.opacityLogit;
    const opacities = Float32Array.from({ length: this.#count }, (_, row) => values[at(row)]);
    try {
      for (let row = 0; row < opacities.length; row++) if (hidden[row] !== 0) values[at(row)] = INVISIBLE;
      return work();
    } finally {
      opacities.forEach((opacity, row) => (values[at(row)] = opacity));
    }
  }

  #assertOutsideTape(): void {
    if (tf.engine().isTapeOn()) throw new GaussianError('Gaussians change in place only after the tape is closed');
  }

  /**
   * Makes room for at least `rows` rows; variables, moments and ids are replaced together.
   *
   * @param limit  a count that will never be exceeded, so that growth does not overshoot it
   */
  reserve(rows: number, limit = Infinity): void {
    if (rows <= this.#capacity) return;
    this.#assertOutsideTape();
    const capacity = Math.max(rows, Math.min(limit, Math.ceil(this.#capacity * GROWTH)));
    for (const group of Object.values(this.groups)) group.resize(capacity, this.#count);
    this.#probe.dispose();
    this.#probe = makeProbe(capacity);
    this.#ids = grow(this.#ids, capacity);
    this.#parents = grow(this.#parents, capacity);
    this.#capacity = capacity;
  }

  /**
   * Adds rows at the end whose content, identity and moments the caller writes next (`copyRow`, `renew`).
   *
   * @returns the first new row
   */
  extend(rows: number, limit = Infinity): number {
    this.#assertOutsideTape();
    const first = this.#count;
    this.reserve(first + rows, limit);
    this.#count += rows;
    return first;
  }

  /**
   * Adds rows at the end with new ids and zero moments, whose parameters the caller writes next.
   *
   * @returns the first new row
   */
  append(rows: number): number {
    const first = this.extend(rows);
    for (let row = first; row < this.#count; row++) this.#name(row, NO_PARENT);
    for (const group of Object.values(this.groups)) group.zeroMoments(first, this.#count);
    return first;
  }

  /** Makes a row a new Gaussian: a fresh id, the given parent, zero moments; its parameters stay. */
  renew(row: number, parent: number): void {
    this.#name(row, parent);
    this.groups.geometry.zeroMoments(row, row + 1);
    this.groups.sphericalHarmonics.zeroMoments(row, row + 1);
    this.groups.semantics.zeroMoments(row, row + 1);
  }

  #name(row: number, parent: number): void {
    if (this.#nextId > LARGEST_ID)
      throw new GaussianError('all 4,294,967,295 Gaussian ids are used up; start a new run');
    this.#ancestry.bear(this.#nextId, parent);
    this.#ids[row] = this.#nextId++;
    this.#parents[row] = parent;
  }

  /**
   * Gives the live rows ids from a file, if they are distinct uint32 and none is 0; parents stay unknown.
   *
   * @param ids  [count]
   * @returns whether they were usable; if not, the model keeps its own
   */
  adoptIds(ids: Uint32Array): boolean {
    const largest = ids.reduce((a, b) => Math.max(a, b), 0);
    if (ids.length !== this.#count || largest >= LARGEST_ID || repeatedId(ids, largest + 1) !== null) return false;
    this.#ids.set(ids);
    this.#nextId = largest + 1;
    this.#ancestry = new Ancestry(0);
    return true;
  }

  /** Copies all parameters of a row onto another, whose identity and moments are left alone. */
  copyRow(from: number, to: number): void {
    this.groups.geometry.copyRow(from, to);
    this.groups.sphericalHarmonics.copyRow(from, to);
    this.groups.semantics.copyRow(from, to);
  }

  /** Drops every row outside the runs; parameters, moments, ids and parents move together, order is kept. */
  keepRows(runs: RowRuns): void {
    this.#assertOutsideTape();
    for (const { columns, values, first, second } of Object.values(this.groups))
      for (const array of [values, first, second]) moveRuns(array, columns, runs);
    moveRuns(this.#parents, 1, runs);
    this.#count = moveRuns(this.#ids, 1, runs);
  }

  /**
   * The live rows as named tensors: views, not copies, so they show later changes. Names: the groups', `NAME.m1`, `NAME.m2`,
   * `ids`, `parents`, and `ancestry`: the parents of all ids that were ever given.
   */
  snapshot(): Record<string, RowTensor> {
    const tensors: Record<string, RowTensor> = {};
    const count = this.#count;
    for (const { name, columns, values, first, second } of Object.values(this.groups)) {
      const view = (array: Float32Array) => ({ shape: [count, columns], data: array.subarray(0, count * columns) });
      tensors[name] = view(values);
      tensors[`${name}.m1`] = view(first);
      tensors[`${name}.m2`] = view(second);
    }
    tensors.ids = { shape: [count], data: this.#ids.subarray(0, count) };
    tensors.parents = { shape: [count], data: this.#parents.subarray(0, count) };
    tensors.ancestry = { shape: [this.#nextId], data: this.#ancestry.snapshot(this.#nextId) };
    return tensors;
  }

  /**
   * Takes over a snapshot; other tensors in it are ignored. Nothing changes when it does not fit.
   *
   * @throws GaussianError naming the tensor
   */
  restore(tensors: Readonly<Record<string, RowTensor>>, nextId: number): void {
    this.#assertOutsideTape();
    const count = requireTensor(tensors, 'ids', null).shape[0];
    const groups = Object.values(this.groups);
    const names = groups.flatMap(({ name, columns }) =>
      [name, `${name}.m1`, `${name}.m2`].map((key) => ({ key, columns })),
    );
    for (const { key, columns } of names) requireTensor(tensors, key, [count, columns]);
    requireTensor(tensors, 'parents', [count]);
    const wrongId = repeatedId(tensors.ids.data, nextId);
    if (wrongId !== null)
      throw new GaussianError(`snapshot: id ${wrongId} is repeated, 0, or not below the id counter ${nextId}`);
    const ancestry = Ancestry.restore(tensors.ancestry?.data, nextId, tensors.ids.data, tensors.parents.data);
    if (!ancestry) throw new GaussianError(`snapshot: tensor "ancestry" is not that of ids below ${nextId}`);
    this.reserve(count);
    for (const { name, values, first, second } of groups) {
      values.set(tensors[name].data);
      first.set(tensors[`${name}.m1`].data);
      second.set(tensors[`${name}.m2`].data);
    }
    this.#ids.set(tensors.ids.data);
    this.#parents.set(tensors.parents.data);
    this.#count = count;
    this.#nextId = nextId;
    this.#ancestry = ancestry;
  }

  dispose(): void {
    for (const group of Object.values(this.groups)) group.dispose();
    this.#probe.dispose();
  }
}

function makeProbe(capacity: number): Variable {
  const zeros = tf.zeros([capacity, PROBE.columns]);
  const probe = tf.variable(zeros);
  zeros.dispose();
  return probe;
}

function grow(old: Uint32Array, capacity: number): Uint32Array {
  const array = new Uint32Array(capacity);
  array.set(old);
  return array;
}

/** A tensor of the snapshot with this shape; `null` asks for any one-dimensional one. */
function requireTensor(tensors: Readonly<Record<string, RowTensor>>, name: string, shape: number[] | null): RowTensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new GaussianError(`snapshot: tensor "${name}" is missing`);
  const wanted = shape ?? [tensor.data.length];
  if (tensor.shape.join() !== wanted.join() || tensor.data.length !== wanted.reduce((a, b) => a * b, 1))
    throw new GaussianError(`snapshot: tensor "${name}" has shape [${tensor.shape}], expected [${wanted}]`);
  const integers = name === 'ids' || name === 'parents' || name === 'ancestry';
  if (tensor.data instanceof Uint32Array !== integers)
    throw new GaussianError(`snapshot: tensor "${name}" must hold ${integers ? 'uint32' : 'float32'} values`);
  return tensor;
}

/** An id that is 0, repeated, or not below the counter; null when there is none. */
function repeatedId(ids: Float32Array | Uint32Array, nextId: number): number | null {
  const sorted = ids.slice().sort();
  for (let i = 0; i < sorted.length; i++)
    if (sorted[i] === NO_PARENT || sorted[i] >= nextId || (i > 0 && sorted[i] === sorted[i - 1])) return sorted[i];
  return null;
}
