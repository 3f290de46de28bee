/** A volume that depth pictures are fused into, and the surface in it (volume.reference.ts, marching.reference.ts). */
import * as tf from '@tensorflow/tfjs';
import { checkFiniteNumbers, checkInteger } from './checks';
import { BackendUnavailableError, KernelArgumentError } from './errors';
import { HostBackend } from './hostBackend';
import type { HostVolume } from './hostKernels';
import type { MarchedSurface } from './marching.reference';
import type { Observation, VoxelBlocks, VolumeOptions } from './volume.reference';

const OP = 'volume';

/** Owns its voxels until `dispose`. */
export class Volume {
  readonly #kernels: HostVolume;

  /** @throws KernelArgumentError, BackendUnavailableError */
  constructor(options: VolumeOptions) {
    const { voxel, truncation, maxBlocks } = options;
    checkFiniteNumbers(OP, 'voxel and truncation', [voxel, truncation]);
    if (voxel <= 0) throw new KernelArgumentError(OP, 'voxel', `${voxel}, expected a positive length`);
    if (truncation < voxel)
      throw new KernelArgumentError(OP, 'truncation', `${truncation}, expected at least a voxel, ${voxel}`);
    checkInteger(OP, 'maxBlocks', maxBlocks, 1, 2 ** 24);
    const backend = tf.backend();
    if (!(backend instanceof HostBackend)) throw new BackendUnavailableError(`${OP}: call initKernels first`);
    this.#kernels = backend.kernels.volume(options);
  }

  get blocks(): number {
    return this.#kernels.blocks;
  }

  get memoryBytes(): number {
    return this.#kernels.memoryBytes;
  }

  /** @throws VolumeFullError when the voxels are too small for `maxBlocks`; KernelArgumentError */
  integrate(view: Observation): void {
    const { width, height } = view.camera;
    const size = width * height;
    const planes = { depth: 1, confidence: 1, rgb: 3, labels: 1, uncertainty: 1 } as const;
    for (const name of Object.keys(planes) as (keyof typeof planes)[])
      if (view[name].length < planes[name] * size)
        throw new KernelArgumentError(OP, name, `${view[name].length} values, ${planes[name] * size} are needed`);
    this.#kernels.integrate(view);
  }

  /** @param leastWeight  voxels must have been seen by more than this weight */
  surface(leastWeight: number): MarchedSurface {
    return this.#kernels.surface(leastWeight);
  }

  /** Copies of all voxels. */
  read(): VoxelBlocks {
    return this.#kernels.read();
  }

  dispose(): void {
    this.#kernels.dispose();
  }
}
