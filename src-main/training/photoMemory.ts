/**
 * What photos may take of the memory that a person gives the trainer:
 *
 *   photos = min(photoCache, memory − trainer − Gaussians − decoding),   never under 32 MiB
 *
 * Measured on a capture of 97 photos at 496×372: the trainer alone 150 MiB; a Gaussian, with its moments and gradients, 1.9 KB. A photo of
 * 12 MP that is being decoded is taken for 80 MiB: its 36 MB of pixels and as much again for libvips' buffers. A plan, not a fence: nothing
 * stops a trainer that needs more than this foresees.
 */
import type { TrainingSettings } from '#contract/settings';

const MIB = 2 ** 20;
const TRAINER = 150 * MIB;
const GAUSSIAN = 1900;
const DECODING = 80 * MIB;
const LEAST = 32 * MIB;

export type MemorySettings = Pick<TrainingSettings, 'memory' | 'photoCache' | 'maxSplats' | 'budget'>;

/** Bytes for reduced photos. @param threads  that decode at a time */
export function photoMemory({ memory, photoCache, maxSplats, budget }: MemorySettings, threads: number): number {
  if (memory === 0) return photoCache * MIB;
  const left = memory * MIB - TRAINER - (budget || maxSplats) * GAUSSIAN - threads * DECODING;
  return Math.min(photoCache * MIB, Math.max(LEAST, left));
}
