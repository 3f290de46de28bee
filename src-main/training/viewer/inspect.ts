/** The read-out of one splat, from its parameters as they are now. */
import type { SplatReadout } from '#contract/viewerMessages';
import { GEOMETRY, SEMANTICS } from '../../kernels/layout';
import { CODES, decodeWithScores, splatScalars } from '../../semantics/index';
import { answerable, answersOf, scoresOfCodes } from './answers';
import type { Ask } from './answers';
import type { ViewedScene } from './scene';

/** Null when no such splat lives any more. */
export function inspectSplat({ model, semantics }: ViewedScene, id: number, ask: Ask | null): SplatReadout | null {
  const { geometry, semantics: vectors, ids, parents, count } = model.arrays();
  const row = ids.subarray(0, count).indexOf(id);
  if (row < 0) return null;
  const own = geometry.subarray(row * GEOMETRY.columns, (row + 1) * GEOMETRY.columns);
  const meaning = vectors.subarray(row * SEMANTICS.columns, (row + 1) * SEMANTICS.columns);
  const scalars = splatScalars(own, meaning, 1);
  const readout: SplatReadout = {
    id,
    parent: parents[row],
    position: [own[0], own[1], own[2]],
    opacity: scalars.opacity[0],
    scale: Math.exp(Math.max(...own.subarray(GEOMETRY.logScale, GEOMETRY.logScale + 3))),
    uncertainty: null,
    entries: [],
    scores: [],
  };
  if (!semantics) return readout;
  const asked = answerable(semantics, ask);
  const { codes, scores } = decodeWithScores(
    meaning.slice(0, SEMANTICS.dimensions),
    semantics.layers,
    asked?.relevancies ?? new Float32Array(0),
  );
  const entries = Array.from({ length: Math.min(CODES, semantics.entries) }, (_, j) => ({
    entry: codes.entries[j],
    share: codes.shares[j] / 255,
  }));
  const scoresOf = (row: number): Float32Array =>
    asked?.products ? scoresOfCodes(asked, row, semantics.entries, codes) : scores.subarray(row, row + 1);
  const answers = asked ? answersOf(asked, 1, scoresOf, scalars) : [];
  return {
    ...readout,
    uncertainty: scalars.uncertainty[0],
    entries,
    scores: answers.map((one) => Math.min(1, Math.max(0, one[0]))),
  };
}
