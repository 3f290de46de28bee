/** Gaussians as words to draw from, and the ranges that those words stand for (pack.reference.ts has the formulas). */
import * as tf from '@tensorflow/tfjs';
import { checkInteger, checkLength } from './checks';
import { BackendUnavailableError, KernelArgumentError } from './errors';
import { HostBackend } from './hostBackend';
import type { HostKernels } from './hostKernels';
import { C0, GEOMETRY, SPHERICAL_HARMONICS } from './layout';
import { HARMONIC_BANDS } from './pack.reference';
import type { PackedWords, PackInput, PackRange } from './pack.reference';

/** Colours beyond these are drawn as these; with harmonics above, degree 0 alone may lie outside 0 … 1. */
const [DARKEST, BRIGHTEST] = [-0.5, 1.5];
/** Scales below the largest by more than this factor, e^12, are drawn as this: no one sees them. */
const SCALE_SPAN = 12;
/** Harmonics beyond so many root mean squares are clamped, so that a stray one does not cost all others their bits. */
const STRAY_HARMONIC = 8;
/** Rows that the middle of the scene is taken from. */
const SAMPLED_ROWS = 4096;

function kernels(op: string): HostKernels {
  const backend = tf.backend();
  if (!(backend instanceof HostBackend)) throw new BackendUnavailableError(`${op}: call initKernels first`);
  return backend.kernels;
}

function check(op: string, { geometry, sphericalHarmonics, count, shDegree }: PackInput): void {
  checkInteger(op, 'count', count, 0, 2 ** 24);
  checkInteger(op, 'shDegree', shDegree, 0, 3);
  for (const [name, array, columns] of [
    ['geometry', geometry, GEOMETRY.columns],
    ['sphericalHarmonics', sphericalHarmonics, SPHERICAL_HARMONICS.columns],
  ] as const)
    if (array.length < count * columns)
      throw new KernelArgumentError(op, name, `${array.length} floats, ${count * columns} are needed`);
}

/** Where the middle half of the splats is: the median of the means, and the distance from it that three quarters keep. */
export function middleOf(geometry: Float32Array, count: number): { centre: [number, number, number]; radius: number } {
  const rows = Math.min(count, SAMPLED_ROWS);
  if (rows === 0) return { centre: [0, 0, 0], radius: 0 };
  const at = (i: number, axis: number): number => geometry[Math.floor((i * count) / rows) * GEOMETRY.columns + axis];
  const centre = [0, 1, 2].map(
    (axis) => Float32Array.from({ length: rows }, (_, i) => at(i, axis)).sort()[rows >> 1],
  ) as [number, number, number];
  const distances = Float32Array.from({ length: rows }, (_, i) =>
    Math.hypot(at(i, 0) - centre[0], at(i, 1) - centre[1], at(i, 2) - centre[2]),
  ).sort();
  return { centre, radius: distances[Math.floor(0.75 * (rows - 1))] };
}

/** The ranges to pack these splats with. @param origin  positions are relative to it */
export function packRange(input: PackInput, origin: readonly [number, number, number]): PackRange {
  const op = 'packRange';
  check(op, input);
  const nothing = { origin, rgbMin: 0, rgbMax: 1, lnScaleMin: -SCALE_SPAN, lnScaleMax: 0 };
  if (input.count === 0) return { ...nothing, sh1Max: 1, sh2Max: 1, sh3Max: 1 };
  const { lnScaleMin, lnScaleMax, dcMin, dcMax, largest, squares } = kernels(op).packExtremes(input);
  const shown = (value: number): number => Math.min(BRIGHTEST, Math.max(DARKEST, 0.5 + C0 * value));
  const [rgbMin, rgbMax] = [shown(dcMin), shown(dcMax)];
  const bandMax = (band: number): number => {
    const rms = Math.sqrt(squares[band] / (input.count * HARMONIC_BANDS[band].values));
    return Math.max(1e-6, Math.min(largest[band], STRAY_HARMONIC * rms));
  };
  return {
    origin,
    rgbMin,
    rgbMax: Math.max(rgbMax, rgbMin + 1e-3),
    lnScaleMin: Math.max(lnScaleMin, lnScaleMax - SCALE_SPAN),
    lnScaleMax: Math.max(lnScaleMax, lnScaleMin + 1e-3),
    sh1Max: bandMax(0),
    sh2Max: bandMax(1),
    sh3Max: bandMax(2),
  };
}

/** Fills the words of all live rows. */
export function packSplats(input: PackInput, range: PackRange, out: PackedWords): void {
  const op = 'packSplats';
  check(op, input);
  checkLength(op, 'splats', out.splats.length, 4 * input.count);
  HARMONIC_BANDS.forEach(({ name, words }, band) => {
    if (band < input.shDegree) checkLength(op, name, out[name]?.length ?? 0, words * input.count);
  });
  if (input.count > 0) kernels(op).packSplats(input, range, out);
}
