/** Settings of this machine: they change how fast a run goes, not what it learns. */
import { z } from 'zod';
import { integer } from './settingFields';

export const backendNames = ['auto', 'native', 'reference', 'webgpu', 'tensorflow'] as const;

export const machineSettings = {
  backend: z.enum(backendNames).meta({ group: 'machine', description: 'kernels to compute with; auto takes the best' }),
  threads: integer(0, 1024, { group: 'machine', description: 'threads of all kernels together; 0 takes every core' }),
  memory: integer(0, 100_000_000, {
    group: 'machine',
    unit: 'MiB',
    description: 'memory of the trainer: photos take what the Gaussians leave, the photo cache at most; 0 is no bound',
  }),
  photoCache: integer(1, 1_000_000, { group: 'machine', unit: 'MiB', description: 'memory for decoded photos' }),
  prefetch: integer(0, 64, { group: 'machine', unit: 'photos', description: 'photos decoded ahead of their turn' }),
};
