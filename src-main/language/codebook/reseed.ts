/**
 * Dead entries start again (an option beyond METHOD §3): an entry that no cell chose in an epoch is put on a cell that is served
 * badly, drawn as in k-means++ from the epoch's last batch. Its moments are forgotten.
 */
import type { CounterRandom } from '../../base/index';
import { assignCells, type CodebookShape } from '../../kernels/index';
import { spread, type Cells } from './start';

/** Cells that are looked at. */
const LOOKED_AT = 4096;

export interface Reseedable {
  readonly shape: CodebookShape;
  /** [N, width] */
  readonly entries: Float32Array;
  forget(entry: number): void;
}

/** @param counts  cells that chose each entry  @returns entries that were moved */
export function reseedDead(learner: Reseedable, counts: Float64Array, batch: Cells, random: CounterRandom): number {
  const dead = Array.from(counts.keys()).filter((entry) => counts[entry] === 0);
  if (dead.length === 0) return 0;
  const { shape, entries } = learner;
  const width = shape.clipWidth + shape.dinoWidth;
  const count = Math.min(LOOKED_AT, batch.count);
  const cells = batch.cells.subarray(0, count * width);
  const served = new Float32Array(count);
  assignCells(cells, entries, shape, { indices: new Int32Array(count), similarity: served });
  const moved = spread({ cells, count }, shape, entries, dead, served, random);
  for (const entry of dead.slice(0, moved)) learner.forget(entry);
  return moved;
}
