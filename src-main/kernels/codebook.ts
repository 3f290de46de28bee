/**
 * Op `codebookLoss`: the quantisation loss of dense features against a codebook (METHOD §3; codebook.reference.ts has the formulas).
 *
 * Under a tape the forward kernel computes loss and gradient in one call, since both need every similarity; the gradient kernel
 * only scales by dy. The gradient goes to the codebook alone. What needs no tape (assignment, similarities, index maps) works on
 * plain arrays.
 */
import * as tf from '@tensorflow/tfjs';
import { checkInteger, checkLength, checkTensor } from './checks';
import type { CodebookShape, CodebookWeights, MapShape } from './codebook.reference';
import { BackendUnavailableError, KernelArgumentError } from './errors';
import { HostBackend } from './hostBackend';
import type { HostKernels } from './hostKernels';
import { runKernel } from './runKernel';

export const CODEBOOK_LOSS_KERNEL = 'LegatoCodebookLoss';
export const CODEBOOK_LOSS_GRADIENT_KERNEL = 'LegatoCodebookLossGradient';

/** Most entries of a codebook: an index and "no label" fit a byte. */
export const MAX_ENTRIES = 255;

/** Filled by `codebookLoss`. */
export interface CodebookStatistics {
  /** m, [≥ P] */
  assigned: Int32Array;
  /** cells of each entry, [N] */
  counts: Int32Array;
  /** mean cosine of the CLIP halves of cells and their entries */
  cosineClip: number;
  cosineDino: number;
  /** L_lb */
  balance: number;
}

export interface CodebookLossAttributes {
  shape: CodebookShape;
  weights: CodebookWeights;
  statistics: CodebookStatistics;
  /** where the forward kernel leaves ∂L/∂codebook for the gradient kernel, which takes it; null while no tape runs */
  state: { gradient: Float32Array | null } | null;
}

export type CodebookLossOptions = CodebookShape & CodebookWeights;

function widthOf(op: string, { clipWidth, dinoWidth, dinoWeight }: CodebookShape): number {
  checkInteger(op, 'clipWidth', clipWidth, 0, 65_536);
  checkInteger(op, 'dinoWidth', dinoWidth, 0, 65_536);
  if (clipWidth + dinoWidth === 0) throw new KernelArgumentError(op, 'clipWidth, dinoWidth', 'both are 0');
  if (!(dinoWeight >= 0)) throw new KernelArgumentError(op, 'dinoWeight', `${dinoWeight}, expected 0 or more`);
  return clipWidth + dinoWidth;
}

/** Room for what `codebookLoss` reports, to be reused from step to step. */
export function codebookStatistics(cells: number, entries: number): CodebookStatistics {
  const assigned = new Int32Array(cells);
  return { assigned, counts: new Int32Array(entries), cosineClip: 0, cosineDino: 0, balance: 0 };
}

/**
 * L_q = λ_cos·L_cos + λ_lb·L_lb.
 *
 * @param cells       F, [P, clipWidth + dinoWidth]; halves need not be of unit length
 * @param codebook    S, [N, clipWidth + dinoWidth]
 * @param statistics  filled on the way
 * @returns scalar; 0 for no cells
 */
export function codebookLoss(
  cells: tf.Tensor2D,
  codebook: tf.Tensor2D,
  { clipWidth, dinoWidth, dinoWeight, cosineWeight, balanceWeight, temperature }: CodebookLossOptions,
  statistics: CodebookStatistics = codebookStatistics(cells.shape[0], codebook.shape[0]),
): tf.Scalar {
  const op = 'codebookLoss';
  const shape = { clipWidth, dinoWidth, dinoWeight };
  const width = widthOf(op, shape);
  checkTensor(op, 'cells', cells, [null, width]);
  checkTensor(op, 'codebook', codebook, [null, width]);
  checkInteger(op, 'entries', codebook.shape[0], 1, MAX_ENTRIES);
  if (!(temperature > 0)) throw new KernelArgumentError(op, 'temperature', `${temperature}, expected more than 0`);
  checkInteger(op, 'statistics.assigned.length', statistics.assigned.length, cells.shape[0], Number.MAX_SAFE_INTEGER);
  checkLength(op, 'statistics.counts', statistics.counts.length, codebook.shape[0]);
  const weights = { cosineWeight, balanceWeight, temperature };
  const state = tf.engine().isTapeOn() ? { gradient: null } : null;
  const attributes: CodebookLossAttributes = { shape, weights, statistics, state };
  return runKernel<tf.Scalar>(CODEBOOK_LOSS_KERNEL, { cells, codebook }, attributes);
}

tf.registerGradient({
  kernelName: CODEBOOK_LOSS_KERNEL,
  inputsToSave: ['codebook'],
  gradFunc: (dy, saved, attrs) => ({
    codebook: () =>
      runKernel<tf.Tensor>(CODEBOOK_LOSS_GRADIENT_KERNEL, { dy: dy as tf.Tensor, codebook: saved[0] }, attrs),
    // Features are given: nothing may ask for their gradient.
    cells: () => {
      throw new KernelArgumentError('codebookLoss', 'cells', 'has no gradient; only the codebook learns');
    },
  }),
});

function hostKernels(op: string): HostKernels {
  const backend = tf.backend();
  if (!(backend instanceof HostBackend)) throw new BackendUnavailableError(`${op}: call initKernels first`);
  return backend.kernels;
}

function rowsOf(op: string, name: string, data: Float32Array, width: number): number {
  if (data.length % width !== 0)
    throw new KernelArgumentError(op, name, `length ${data.length}, expected a multiple of ${width}`);
  return data.length / width;
}

/**
 * Nearest entry per cell.
 *
 * @param cells     [P, width]
 * @param codebook  [N, width]
 * @param out       indices [≥ P] receives m (0-based, the lowest on ties); similarity [≥ P] receives D_m
 */
export function assignCells(
  cells: Float32Array,
  codebook: Float32Array,
  shape: CodebookShape,
  out: { indices: Int32Array; similarity?: Float32Array },
): void {
  const op = 'assignCells';
  const width = widthOf(op, shape);
  const count = rowsOf(op, 'cells', cells, width);
  const entries = rowsOf(op, 'codebook', codebook, width);
  checkInteger(op, 'entries', entries, 1, MAX_ENTRIES);
  checkInteger(op, 'indices.length', out.indices.length, count, Number.MAX_SAFE_INTEGER);
  const { clipWidth, dinoWidth, dinoWeight } = shape;
  const input = { cells, count, codebook, entries, clipWidth, dinoWidth, dinoWeight };
  hostKernels(op).assignCells(input, out.indices, out.similarity ?? null);
}

/** D of every cell with every entry. @param out  [P, N] */
export function cellSimilarities(
  cells: Float32Array,
  codebook: Float32Array,
  shape: CodebookShape,
  out: Float32Array,
): void {
  const op = 'cellSimilarities';
  const width = widthOf(op, shape);
  const count = rowsOf(op, 'cells', cells, width);
  const entries = rowsOf(op, 'codebook', codebook, width);
  checkInteger(op, 'entries', entries, 1, MAX_ENTRIES);
  checkInteger(op, 'out.length', out.length, count * entries, Number.MAX_SAFE_INTEGER);
  const { clipWidth, dinoWidth, dinoWeight } = shape;
  hostKernels(op).cellSimilarities({ cells, count, codebook, entries, clipWidth, dinoWidth, dinoWeight }, out);
}

/**
 * Index map of a photo from the similarities of its grid: D upsampled bilinearly, argmax per pixel.
 *
 * @param similarity  [rows·columns, N]
 * @param out         [height, width] receives 0 … N − 1
 */
export function upsampledArgmax(similarity: Float32Array, shape: MapShape, out: Uint8Array): void {
  const op = 'upsampledArgmax';
  const { rows, columns, entries, width, height } = shape;
  for (const [name, side] of Object.entries({ rows, columns, width, height })) checkInteger(op, name, side, 1, 32_768);
  checkInteger(op, 'entries', entries, 1, MAX_ENTRIES);
  checkInteger(op, 'similarity.length', similarity.length, rows * columns * entries, Number.MAX_SAFE_INTEGER);
  checkInteger(op, 'out.length', out.length, width * height, Number.MAX_SAFE_INTEGER);
  hostKernels(op).upsampledArgmax(similarity, { rows, columns, entries, width, height }, out);
}
