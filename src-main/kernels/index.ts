/**
 * The door of the kernels: choose a backend once, then use the ops under tfjs.
 *
 *   native     C++ on the tensors' own arrays, with its own threads
 *   reference  readable float64 TypeScript: the oracle of the tests, the fallback without a compiler
 *
 * tfjs comes whole, because its core alone lacks the gradients: 0.36 s of CPU time once, 0.2 s of it for parts not used.
 */
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { loadAddon } from './addon';
import { checkInteger, checkLength } from './checks';
import { AddonError, BackendUnavailableError } from './errors';
import { HostBackend } from './hostBackend';
import type { HostKernels } from './hostKernels';
import { registerHostBackend } from './hostOps';
import { NativeKernels } from './native';
import { referenceKernels } from './reference';

export { adamStep, type AdamOptions } from './adam';
export {
  assignCells,
  cellSimilarities,
  codebookLoss,
  codebookStatistics,
  MAX_ENTRIES,
  upsampledArgmax,
  type CodebookLossOptions,
  type CodebookStatistics,
} from './codebook';
export type { CodebookShape, MapShape } from './codebook.reference';
export * from './errors';
export { expose, EXPOSURE_SHAPE } from './expose';
export * from './layout';
export { gatherPixels, gatherRows } from './gather';
export { decodeLoss, decodeRows, decodeTop, network, type Layer, type LayerArrays } from './network';
export type { DecodedRows, DecodeReport, DecodeWeights, TopCodes } from './network.reference';
export { middleOf, packRange, packSplats } from './pack';
export type { PackedWords, PackInput, PackRange } from './pack.reference';
export { rotation } from './algebra.reference';
export { photoToTensor } from './photo';
export { photometricLoss } from './photometric';
export { render, type RenderFrame, type RenderInputs, type RenderOptions } from './render';
export { sampleSemantics, sampleWeights, type LabelVote } from './sample';
export type { SampleWeights } from './sample.reference';
export type { MarchedSurface } from './marching.reference';
export { surfacePicture, surfacePlanes } from './surface';
export type { SurfacePicture, SurfaceSplats } from './surface.reference';
export { Volume } from './volume';
export type { Observation, VolumeOptions, VoxelBlocks } from './volume.reference';
export { smoothnessLoss, smoothnessWeight, type SmoothnessOptions } from './smoothness';
export { stopGradient } from './stopGradient';

export type BackendName = 'native' | 'reference' | 'webgpu' | 'tensorflow';

/** The backend that computes, and why it was taken. */
export interface KernelBackend {
  name: BackendName;
  reason: Saying;
  instructionSet: string;
  threads: number;
}

export interface KernelOptions {
  backend: 'auto' | BackendName;
  /** of this process; all cores by default */
  threads?: number;
}

let native: NativeKernels | undefined;

function nativeKernels(threads: number): NativeKernels {
  native ??= new NativeKernels(loadAddon());
  native.addon.setThreads(threads);
  return native;
}

async function use(name: 'native' | 'reference', kernels: HostKernels, reason: Saying): Promise<KernelBackend> {
  const backendName = `legato-${name}`;
  registerHostBackend(backendName, kernels);
  await tf.setBackend(backendName);
  return { name, reason, instructionSet: kernels.instructionSet, threads: kernels.threads };
}

/**
 * Makes a backend the current one of tfjs. `auto` takes the fastest that works here, and says so on the console when
 * that is the reference.
 *
 * @throws AddonError if `native` was asked for and does not load, BackendUnavailableError for those that do not exist yet
 */
export async function initKernels({ backend, threads }: KernelOptions): Promise<KernelBackend> {
  if (threads !== undefined) checkInteger('initKernels', 'threads', threads, 1, 1024);
  const pool = threads ?? availableParallelism();
  switch (backend) {
    case 'native':
      return use('native', nativeKernels(pool), said('kernelsAsked'));
    case 'reference':
      return use('reference', referenceKernels, said('kernelsAsked'));
    case 'auto':
      try {
        return await use('native', nativeKernels(pool), said('kernelsNative'));
      } catch (error) {
        if (!(error instanceof AddonError)) throw error;
        console.warn(`Legato runs on its reference kernels, a hundred times slower. ${error.message}`);
        return use('reference', referenceKernels, said('kernelsReference', { problem: error.message }));
      }
    default:
      throw new BackendUnavailableError(
        `backend ${backend}: not available in this version; use native, reference or auto`,
      );
  }
}

/** Another number of threads for the native kernels, between two of their calls; the reference has one whatever is asked for. */
export function resizePool(threads = availableParallelism()): void {
  checkInteger('resizePool', 'threads', threads, 1, 1024);
  const backend = tf.backend();
  if (backend instanceof HostBackend && backend.kernels === native) native.addon.setThreads(threads);
}

/**
 * Mean distance of every point to its k nearest others (neighbours.reference.ts).
 *
 * @param points [count, 3]  @returns meanDistances [count], 0 for a lone point
 */
export function nearestNeighbours(points: Float32Array, count: number, k: number): { meanDistances: Float32Array } {
  checkLength('nearestNeighbours', 'points', points.length, 3 * count);
  checkInteger('nearestNeighbours', 'k', k, 1, 1024);
  const backend = tf.backend();
  if (!(backend instanceof HostBackend)) throw new BackendUnavailableError('nearestNeighbours: call initKernels first');
  const meanDistances = new Float32Array(count);
  backend.kernels.neighbours(points, count, k, meanDistances);
  return { meanDistances };
}
