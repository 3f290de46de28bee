/** What photos may take of a trainer's memory. */
import { describe, expect, it } from 'vitest';
import { photoMemory } from '../../../src-main/training/photoMemory';

const MIB = 2 ** 20;
const settings = { memory: 1000, photoCache: 500, maxSplats: 100_000, budget: 0 };

describe('the memory of photos', () => {
  it('is the cache that was asked for where no bound is set', () => {
    expect(photoMemory({ ...settings, memory: 0 }, 2)).toBe(500 * MIB);
  });

  it('is what the trainer, its Gaussians and the photos that are being decoded leave', () => {
    expect(photoMemory({ ...settings, memory: 700 }, 2)).toBe((700 - 150 - 2 * 80) * MIB - 100_000 * 1900);
    // A budget is what the run will have, whatever the limit.
    expect(photoMemory({ ...settings, memory: 700, budget: 10_000 }, 1)).toBe((700 - 150 - 80) * MIB - 10_000 * 1900);
  });

  it('is never more than the cache and never so little that training stands still', () => {
    expect(photoMemory({ ...settings, memory: 64_000 }, 2)).toBe(500 * MIB);
    expect(photoMemory({ ...settings, memory: 100 }, 8)).toBe(32 * MIB);
  });
});
