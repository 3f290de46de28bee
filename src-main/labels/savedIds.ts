/**
 * The splats of an edit as a checkpoint knows them. Those born after it will be given other ids when the run goes on from it; their
 * ancestors then stand for them, each when at least half of its living descendants are meant.
 */
import type { Lineage } from './field';

/**
 * @param marks    1 for rows that are meant, [count]
 * @param ids      of the living rows, [count]
 * @param savedId  id counter of the checkpoint
 * @returns ascending ids below `savedId`
 */
export function savedIdsOf(marks: Uint8Array, ids: Uint32Array, { parents }: Lineage, savedId: number): Uint32Array {
  const found = new Map<number, { meant: number; alive: number }>();
  for (let row = 0; row < marks.length; row++) {
    let id = ids[row];
    while (id >= savedId) id = parents[id];
    if (id === 0) continue;
    const tally = found.get(id);
    if (tally) {
      tally.alive++;
      tally.meant += marks[row];
    } else found.set(id, { meant: marks[row], alive: 1 });
  }
  const meant = [...found].filter(([, tally]) => tally.meant > 0 && 2 * tally.meant >= tally.alive);
  return Uint32Array.from(meant, ([id]) => id).sort();
}
