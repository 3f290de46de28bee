/** What the pages are told after an event of the trainer. */
import { describe, expect, it } from 'vitest';
import type { TrainerEventOf } from '#contract/messages';
import { afterTrainer, emptyState } from '../../../../src-main/studio/session/state';

const prepared: TrainerEventOf<'prepared'> = {
  ...{ type: 'prepared', photos: 48, heldOut: 12, splats: 10_000, width: 320, height: 240, step: 3000, nextId: 10_001 },
  ...{ backend: 'native', reason: { message: 'test' }, instructionSet: 'avx2', threads: 2, memoryBytes: 200_000_000 },
};

describe('what a trainer says', () => {
  it('tells the memory of a run that is opened complete, which makes no progress any more', () => {
    const state = emptyState();
    afterTrainer(state, prepared);
    afterTrainer(state, {
      ...{ type: 'finished', step: 3000, splats: 10_000, complete: true },
      ...{ wallSeconds: 1, cpuSeconds: 1, peakMemoryBytes: 250_000_000 },
    });
    expect(state.trainer?.memoryBytes).toBe(200_000_000);
  });

  it('counts no memory of a process that died', () => {
    const state = emptyState();
    afterTrainer(state, prepared);
    const failure = { kind: 'crash', message: 'gone', fault: 'internal' } as const;
    afterTrainer(state, { type: 'failed', step: 3000, failure, checkpointStep: 3000 });
    expect(state.trainer).toMatchObject({ state: 'failed', memoryBytes: 0 });
  });
});
