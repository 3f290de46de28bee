/**
 * Removing rows from parallel arrays: what stays is a list of runs [start, end), ascending, and every array moves its runs to
 * the front. One pass, a few block moves, nothing allocated per row.
 */

/** Pairs start, end of the rows that stay; the first `count` pairs count. */
export interface RowRuns {
  readonly bounds: Uint32Array;
  readonly count: number;
}

/**
 * The runs of rows whose mark is not `dropped`.
 *
 * @param bounds  scratch, at least count + 2 long
 */
export function runsOfKept(marks: Uint8Array, count: number, dropped: number, bounds: Uint32Array): RowRuns {
  let runs = 0;
  for (let row = 0; row < count;) {
    while (row < count && marks[row] === dropped) row++;
    if (row === count) break;
    bounds[2 * runs] = row;
    while (row < count && marks[row] !== dropped) row++;
    bounds[2 * runs + 1] = row;
    runs++;
  }
  return { bounds, count: runs };
}

/** Moves the runs of a row-major array [rows, columns] to its front; returns the number of rows that stayed. */
export function moveRuns(array: Float32Array | Uint32Array | Uint8Array, columns: number, runs: RowRuns): number {
  let target = 0;
  for (let run = 0; run < runs.count; run++) {
    const start = runs.bounds[2 * run];
    const end = runs.bounds[2 * run + 1];
    if (target !== start) array.copyWithin(target * columns, start * columns, end * columns);
    target += end - start;
  }
  return target;
}
