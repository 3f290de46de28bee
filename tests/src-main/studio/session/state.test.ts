/** What the pages are told after an event of the trainer. */
import { describe, expect, it } from 'vitest';
import type { FeaturePlan } from '#contract/languageMessages';
import type { TrainerEventOf } from '#contract/messages';
import { said } from '#contract/sayings';
import { afterLanguage, afterTrainer, emptyState, warn } from '../../../../src-main/studio/session/state';

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

describe('what the words say', () => {
  const encoder = { name: 'toy', width: 64, inputWidth: 32, inputHeight: 32, passes: 1, flops: null };
  const plan: FeaturePlan = {
    ...{
      type: 'plan',
      detail: 'coarse',
      crops: 'grid',
      photos: 8,
      cached: 0,
      heldOut: 1,
      clip: encoder,
      dino: encoder,
    },
    ...{ levels: [1], rows: 4, columns: 4, cropsTotal: 800, flops: null, seconds: 60, diskBytes: 1, memoryBytes: 1 },
    ...{ batch: 8, provider: 'cpu', reason: '', threads: 1, preview: 'patches', refusal: null },
  };

  it('has the codebook wait for its features, rather than be off', () => {
    const state = emptyState();
    afterLanguage(state, plan);
    expect(state.stages).toMatchObject({ features: { state: 'running' }, codebook: { state: 'waiting' } });
  });
});

describe('warnings', () => {
  it('stand once, with the time when they were last said', () => {
    const state = emptyState();
    const again = said('otherDescription', { file: 'transforms.json' });
    warn(state, again, new Date(0));
    warn(state, said('noSparsePoints'), new Date(1000));
    warn(state, again, new Date(2000));
    expect(state.warnings.map(({ code, at }) => [code, at])).toEqual([
      ['noSparsePoints', '1970-01-01T00:00:01.000Z'],
      ['otherDescription', '1970-01-01T00:00:02.000Z'],
    ]);
  });
});
