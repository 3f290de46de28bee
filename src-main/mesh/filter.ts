/**
 * Splats that are no surface: left out before depth is rendered.
 *
 *   faint     opacity below a least value: mist between surfaces
 *   floaters  d_i > max(4·largest deviation of i, median d · 8),  d_i the mean distance to the 8 nearest splats that are not faint:
 *             small splats by themselves, far from everything. Large ones by themselves may be a bare wall and stay.
 */
import { nearestNeighbours } from '../kernels/index';
import { GEOMETRY, sigmoid } from '../kernels/layout';

const NEIGHBOURS = 8;
const OWN_SIZES = 4;
const TYPICAL = 8;
/** Its sigmoid is below 1/255, so that no kernel draws it. */
const INVISIBLE_LOGIT = -20;

export interface Filtered {
  /** [count, 11]: a copy in which what was left out is invisible, so that rows stay where they are */
  readonly geometry: Float32Array;
  readonly faint: number;
  readonly floaters: number;
}

/** @param geometry  [≥ count, 11] */
export function withoutFloaters(geometry: Float32Array, count: number, leastOpacity: number): Filtered {
  const { columns, mean, logScale, opacityLogit } = GEOMETRY;
  const kept = geometry.slice(0, count * columns);
  const solid: number[] = [];
  for (let row = 0; row < count; row++) {
    if (sigmoid(kept[row * columns + opacityLogit]) >= leastOpacity) solid.push(row);
    else kept[row * columns + opacityLogit] = INVISIBLE_LOGIT;
  }
  const points = new Float32Array(3 * solid.length);
  solid.forEach((row, i) => points.set(kept.subarray(row * columns + mean, row * columns + mean + 3), 3 * i));
  let floaters = 0;
  // With fewer there is no telling what is usual.
  if (solid.length > NEIGHBOURS) {
    const { meanDistances } = nearestNeighbours(points, solid.length, NEIGHBOURS);
    const typical = meanDistances.slice().sort()[solid.length >> 1];
    solid.forEach((row, i) => {
      const largest = Math.exp(Math.max(...kept.subarray(row * columns + logScale, row * columns + logScale + 3)));
      if (meanDistances[i] <= Math.max(OWN_SIZES * largest, TYPICAL * typical)) return;
      kept[row * columns + opacityLogit] = INVISIBLE_LOGIT;
      floaters++;
    });
  }
  return { geometry: kept, faint: count - solid.length, floaters };
}
