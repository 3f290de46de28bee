/**
 * Adaptive density control (METHOD §1; Kerbl et al. 2023, §5): more Gaussians where the picture pulls at them, none where they
 * do nothing.
 *
 *   densify   mean screen gradient > threshold:   max scale ≤ cloneScale·extent → clone, else split in two,
 *             scales ÷ splitDivisor, means drawn from the Gaussian
 *   prune     opacity < pruneOpacity; after the first opacity reset also radius > pruneRadius or scale > pruneScale·extent
 *   budget    of more candidates than `maxSplats` leaves room for, those with the largest gradients
 *
 * Pruning is decided first: a Gaussian that goes is not cloned, and one whose split children would at once be too large just
 * goes. A split replaces its parent, so the parent's radius counts only when there is no room to split it.
 *
 * Identity: a clone's original keeps its id and moments, the copy is new; both children of a split are new. New rows have zero
 * moments and the parent's S_G and u. Survivors keep their order; a split's first child takes the parent's row, all other new
 * rows follow at the end.
 */
import { GEOMETRY, logit } from '../kernels/layout';
import type { DensityStatistics } from './densityStatistics';
import type { GaussianModel } from './model';
import { CounterRandom } from '../base/index';
import { moveRuns, runsOfKept } from './rows';

/** Scales are in camera extents; the training settings have these fields under the same names. */
export interface DensitySettings {
  /** mean screen gradient in NDC */
  gradientThreshold: number;
  cloneScale: number;
  splitDivisor: number;
  pruneOpacity: number;
  /** pixels; 0 is off */
  pruneRadius: number;
  /** 0 is off */
  pruneScale: number;
  maxSplats: number;
}

export interface DensityContext {
  step: number;
  seed: number;
  /** camera extent, world units */
  extent: number;
  /** has an opacity reset happened? */
  afterFirstReset: boolean;
}

/** What a pass did, by which labels and pictures follow. */
export interface DensityAudit {
  cloned: number;
  split: number;
  /** not counting the parents of splits */
  pruned: number;
  countBefore: number;
  count: number;
  /** [countBefore]: the row where each Gaussian is now, −1 for one that is gone (pruned, or replaced by its split) */
  remap: Int32Array;
  /** new Gaussians have the ids firstNewId, firstNewId + 1, … */
  firstNewId: number;
  /** their parents' ids, in the order of the new ids */
  newParents: Uint32Array;
  /** ids that no longer live, in old row order */
  removedIds: Uint32Array;
}

const KEEP = 0;
const PRUNE = 1;
const CLONE = 2;
const SPLIT = 3;

/** Keeps its scratch memory between passes. */
export class DensityControl {
  #actions = new Uint8Array(0);
  #candidates = new Uint32Array(0);
  #gradients = new Float32Array(0);
  #bounds = new Uint32Array(0);

  #reserve(count: number): void {
    if (count <= this.#actions.length) return;
    this.#actions = new Uint8Array(count);
    this.#candidates = new Uint32Array(count);
    this.#gradients = new Float32Array(count);
    this.#bounds = new Uint32Array(count + 2);
  }

  /** Changes the model in place, outside the tape, and starts the statistics afresh. */
  apply(
    model: GaussianModel,
    statistics: DensityStatistics,
    settings: DensitySettings,
    context: DensityContext,
  ): DensityAudit {
    const countBefore = model.count;
    this.#reserve(countBefore);
    statistics.reserve(countBefore);
    const chosen = this.#decide(model, statistics, settings, context);

    const actions = this.#actions;
    const remap = new Int32Array(countBefore);
    const removedIds = new Uint32Array(chosen.pruned + chosen.split);
    let target = 0;
    let removed = 0;
    for (let row = 0; row < countBefore; row++) {
      const action = actions[row];
      const gone = action === PRUNE || action === SPLIT;
      remap[row] = gone ? -1 : target;
      if (gone) removedIds[removed++] = model.ids[row];
      if (action !== PRUNE) target++;
    }

    const runs = runsOfKept(actions, countBefore, PRUNE, this.#bounds);
    model.keepRows(runs);
    moveRuns(actions, 1, runs);
    const firstNewId = model.nextId;
    const newParents = this.#give(model, chosen.cloned, chosen.split, settings, context);
    statistics.reset();
    return { ...chosen, countBefore, count: model.count, remap, firstNewId, newParents, removedIds };
  }

  /** Marks every row with what becomes of it; returns the numbers. */
  #decide(
    model: GaussianModel,
    statistics: DensityStatistics,
    settings: DensitySettings,
    { extent, afterFirstReset }: DensityContext,
  ): { cloned: number; split: number; pruned: number } {
    const { count, geometry } = model.arrays();
    const actions = this.#actions;
    const smallestOpacityLogit = logit(settings.pruneOpacity);
    const logCloneScale = Math.log(settings.cloneScale * extent);
    const logShrink = Math.log(settings.splitDivisor);
    const logLargest = afterFirstReset && settings.pruneScale > 0 ? Math.log(settings.pruneScale * extent) : Infinity;
    const largestRadius = afterFirstReset && settings.pruneRadius > 0 ? settings.pruneRadius : Infinity;

    let candidates = 0;
    let pruned = 0;
    for (let row = 0; row < count; row++) {
      const at = row * GEOMETRY.columns;
      const scale = largestLogScale(geometry, at);
      const tooLarge = scale > logLargest || statistics.maxRadius[row] > largestRadius;
      const gradient = statistics.meanGradient(row);
      let action = KEEP;
      if (geometry[at + GEOMETRY.opacityLogit] < smallestOpacityLogit) action = PRUNE;
      else if (!(gradient > settings.gradientThreshold)) action = tooLarge ? PRUNE : KEEP;
      else if (scale <= logCloneScale) action = tooLarge ? PRUNE : CLONE;
      else action = scale - logShrink > logLargest ? PRUNE : SPLIT;
      actions[row] = action;
      if (action === PRUNE) pruned++;
      else if (action !== KEEP) {
        this.#candidates[candidates] = row;
        this.#gradients[candidates++] = gradient;
      }
    }

    // Each clone and each split adds one row.
    const room = Math.max(0, settings.maxSplats - (count - pruned));
    const totals = { cloned: 0, split: 0, pruned };
    const { cutoff, ties } = this.#cutoff(candidates, room);
    let tiesLeft = ties;
    for (let i = 0; i < candidates; i++) {
      const row = this.#candidates[i];
      const gradient = this.#gradients[i];
      if (gradient > cutoff || (gradient === cutoff && tiesLeft-- > 0)) {
        if (actions[row] === CLONE) totals.cloned++;
        else totals.split++;
        continue;
      }
      const scale = largestLogScale(geometry, row * GEOMETRY.columns);
      const tooLarge = scale > logLargest || statistics.maxRadius[row] > largestRadius;
      actions[row] = tooLarge ? PRUNE : KEEP;
      if (tooLarge) totals.pruned++;
    }
    return totals;
  }

  /** The gradient above which all candidates fit into the room, and how many that equal it fit too. */
  #cutoff(candidates: number, room: number): { cutoff: number; ties: number } {
    if (candidates <= room) return { cutoff: -Infinity, ties: 0 };
    if (room === 0) return { cutoff: Infinity, ties: 0 };
    const sorted = this.#gradients.slice(0, candidates).sort();
    const cutoff = sorted[candidates - room];
    let larger = 0;
    while (larger < room && sorted[candidates - 1 - larger] > cutoff) larger++;
    return { cutoff, ties: room - larger };
  }

  /** Clones and splits the marked rows of the compacted model; returns the parents of the new ids. */
  #give(
    model: GaussianModel,
    cloned: number,
    split: number,
    { splitDivisor, maxSplats }: DensitySettings,
    { step, seed }: DensityContext,
  ): Uint32Array {
    const survivors = model.count;
    const actions = this.#actions;
    const parents = new Uint32Array(cloned + 2 * split);
    const random = new CounterRandom(seed, 'split', step);
    let next = model.extend(cloned + split, maxSplats);
    let born = 0;
    for (let row = 0; row < survivors; row++) {
      if (actions[row] !== CLONE && actions[row] !== SPLIT) continue;
      const parent = model.ids[row];
      const child = next++;
      model.copyRow(row, child);
      parents[born++] = parent;
      if (actions[row] === SPLIT) {
        parents[born++] = parent;
        model.renew(row, parent);
        model.renew(child, parent);
        const geometry = model.groups.geometry.values;
        moveToSample(geometry, row, model.ids[row], random, splitDivisor);
        moveToSample(geometry, child, model.ids[child], random, splitDivisor);
      } else model.renew(child, parent);
    }
    return parents;
  }
}

export function largestLogScale(geometry: Float32Array, at: number): number {
  const scale = at + GEOMETRY.logScale;
  return Math.max(geometry[scale], geometry[scale + 1], geometry[scale + 2]);
}

/**
 * Turns a copy of a Gaussian into a child of its split: mean + R·(scale ∘ n), n ~ N(0, I), then scales ÷ divisor. The draw is
 * keyed by the child's id, so it does not depend on rows or order.
 */
function moveToSample(geometry: Float32Array, row: number, id: number, random: CounterRandom, divisor: number): void {
  const mean = row * GEOMETRY.columns;
  const logScale = mean + GEOMETRY.logScale;
  const quaternion = mean + GEOMETRY.quaternion;
  const x = Math.exp(geometry[logScale]) * random.normal(4 * id);
  const y = Math.exp(geometry[logScale + 1]) * random.normal(4 * id + 1);
  const z = Math.exp(geometry[logScale + 2]) * random.normal(4 * id + 2);
  const squared =
    geometry[quaternion] ** 2 +
    geometry[quaternion + 1] ** 2 +
    geometry[quaternion + 2] ** 2 +
    geometry[quaternion + 3] ** 2;
  const norm = Math.sqrt(squared) || 1;
  const qw = geometry[quaternion] / norm;
  const qx = geometry[quaternion + 1] / norm;
  const qy = geometry[quaternion + 2] / norm;
  const qz = geometry[quaternion + 3] / norm;
  // R·v = v + 2w·(q × v) + 2·q × (q × v)
  const cx = qy * z - qz * y;
  const cy = qz * x - qx * z;
  const cz = qx * y - qy * x;
  geometry[mean] += x + 2 * (qw * cx + qy * cz - qz * cy);
  geometry[mean + 1] += y + 2 * (qw * cy + qz * cx - qx * cz);
  geometry[mean + 2] += z + 2 * (qw * cz + qx * cy - qy * cx);
  const logDivisor = Math.log(divisor);
  for (let axis = 0; axis < 3; axis++) geometry[logScale + axis] -= logDivisor;
}

/**
 * Lowers every opacity to at most `opacity` and forgets its Adam moments, so that Gaussians must earn it anew; the
 * uncertainty u and all other moments are left alone.
 */
export function resetOpacity(model: GaussianModel, opacity: number): void {
  const { values, first, second, columns } = model.groups.geometry;
  const highest = logit(opacity);
  for (let row = 0, at: number = GEOMETRY.opacityLogit; row < model.count; row++, at += columns) {
    if (values[at] > highest) values[at] = highest;
    first[at] = 0;
    second[at] = 0;
  }
}
