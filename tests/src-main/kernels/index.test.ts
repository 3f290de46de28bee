/** Choosing a backend: what auto takes and says, and what is refused. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it, vi } from 'vitest';
import {
  BackendUnavailableError,
  KernelArgumentError,
  initKernels,
  nearestNeighbours,
} from '../../../src-main/kernels/index';
import { addon } from './backends';

describe('initKernels', () => {
  it('must come before the kernels are used', async () => {
    await tf.setBackend('cpu');
    expect(() => nearestNeighbours(new Float32Array(6), 2, 1)).toThrow('call initKernels first');
  });

  it('takes native automatically where the addon loads, else the reference, loudly', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const backend = await initKernels({ backend: 'auto' });
    expect(backend.name).toBe(addon ? 'native' : 'reference');
    expect(backend.reason.message).not.toBe('');
    expect(warn).toHaveBeenCalledTimes(addon ? 0 : 1);
    warn.mockRestore();
  });

  it.runIf(addon)('passes the thread count on', async () => {
    expect(await initKernels({ backend: 'native', threads: 1 })).toMatchObject({ threads: 1 });
    expect(await initKernels({ backend: 'native', threads: 2 })).toMatchObject({ threads: 2 });
  });

  it('refuses backends of the future, and odd thread counts', async () => {
    await expect(initKernels({ backend: 'webgpu' })).rejects.toThrow(BackendUnavailableError);
    await expect(initKernels({ backend: 'tensorflow' })).rejects.toThrow('use native, reference or auto');
    await expect(initKernels({ backend: 'reference', threads: 0 })).rejects.toThrow(KernelArgumentError);
  });
});
