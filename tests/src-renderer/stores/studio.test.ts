/** What the page offers while words cannot be asked yet. */
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { say } from '../../../src-renderer/language';
import { setGateway } from '../../../src-renderer/gateway/shared';
import { missingOf, useStudio } from '../../../src-renderer/stores/studio';
import { playGateway, runningState } from '../play';

describe('words that cannot be learned', () => {
  beforeEach(() => {
    setActivePinia(createPinia());
    setGateway(playGateway().gateway);
  });

  const failed = (missing: ('clip' | 'dino')[]) => {
    const state = runningState();
    const features = { ...state.stages.features, state: 'failed' as const, reason: 'run `legato models pull x`' };
    const stages = { ...state.stages, features, codebook: { ...features, state: 'off' as const, reason: '' } };
    return { ...state, stages, codebook: null, words: { ready: false, reason: features.reason, missing } };
  };

  it('are offered again where another try may help, and not while an encoder is missing', () => {
    const studio = useStudio();
    studio.hear(failed([]));
    expect([studio.mayLearnWords, studio.encodersMissing]).toEqual([true, null]);
    studio.hear(failed(['dino']));
    expect([studio.mayLearnWords, studio.encodersMissing]).toEqual([false, 'dino']);
    studio.hear(failed(['clip', 'dino']));
    expect([studio.mayLearnWords, studio.encodersMissing]).toEqual([false, 'both']);
  });

  it('name the missing encoder, and no command of a terminal', () => {
    for (const kinds of [['clip'], ['dino'], ['clip', 'dino']] as const) {
      const words = say(`words.missing.${missingOf(kinds)!}`);
      for (const kind of kinds) expect(words).toContain(kind.toUpperCase());
      expect(words).not.toMatch(/`|legato |--/);
    }
  });
});

describe('answers of toy encoders', () => {
  beforeEach(() => {
    setActivePinia(createPinia());
    setGateway(playGateway().gateway);
  });

  it('are said to mean nothing on photos, and not in a demo room', () => {
    const studio = useStudio();
    const state = runningState();
    const codebook = {
      ...{ revision: 1, provisional: false, entries: [], dead: 0, perplexity: null, newestMap: '' },
      ...{ cosineClip: null, cosineDino: null },
    };
    const of = (toys: boolean, truth: boolean) => ({
      ...state,
      codebook: { ...codebook, toys },
      project: state.project && { ...state.project, truth },
    });
    const said = [of(true, false), of(true, true), of(false, false)].map((next) => {
      studio.hear(next);
      return studio.toys;
    });
    expect(said).toEqual([true, false, false]);
  });
});

describe('words that a run never saw', () => {
  beforeEach(() => {
    setActivePinia(createPinia());
    setGateway(playGateway().gateway);
  });

  it('are joined by training on, which the page offers once the run has ended', () => {
    const studio = useStudio();
    const state = runningState();
    const done = { ...state.stages.geometry, state: 'done' as const, reason: '' };
    const trainer = state.trainer && { ...state.trainer, state: 'idle' as const };
    const ended = { ...state, trainer, stages: { ...state.stages, geometry: done, codebook: done } };
    studio.hear({ ...ended, semantics: null });
    expect(studio.semanticsLeft).toBe(true);
    studio.hear({ ...ended, semantics: { joinedAt: 1, crossEntropy: 1, accuracy: 0.5, uncertainty: 0.1 } });
    expect(studio.semanticsLeft).toBe(false);
    studio.hear({ ...state, semantics: null });
    expect(studio.semanticsLeft).toBe(false);
  });
});
