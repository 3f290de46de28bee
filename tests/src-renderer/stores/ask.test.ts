import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, describe, expect, it } from 'vitest';
import { setGateway } from '../../../src-renderer/gateway/shared';
import { useAsk, usualNegatives } from '../../../src-renderer/stores/ask';
import { useStudio } from '../../../src-renderer/stores/studio';
import { useView } from '../../../src-renderer/stores/view';
import { playGateway, runningState } from '../play';

const answerTo = (questions: string[], revision = 1) => ({
  ...runningState(),
  ask: {
    revision,
    request: { questions, negatives: [...usualNegatives], order: 'relevancies' as const },
    classes: questions.map((name) => ({ name, colour: '#4e79a7' })),
    pending: false,
    problem: null,
  },
});

describe('asking', () => {
  let played: ReturnType<typeof playGateway>;
  beforeEach(() => {
    setActivePinia(createPinia());
    played = playGateway();
    setGateway(played.gateway);
    useStudio().hear(runningState());
  });

  it('sends the questions of the line with the negatives, and shows the mask', async () => {
    const [ask, view] = [useAsk(), useView()];
    view.channel = 'depth';
    ask.line = 'red mug';
    await ask.submit(true);
    expect(played.commands).toEqual([
      {
        type: 'ask',
        ask: { questions: ['red mug'], negatives: [...usualNegatives], order: 'relevancies' },
        keep: true,
      },
    ]);
    expect(view.channel).toBe('relevancy');
    ask.line = 'red mug, chair';
    await ask.submit(false);
    expect(view.channel).toBe('class');
    useStudio().hear(answerTo(['red mug', 'chair']));
    await ask.clear();
    expect(played.commands.at(-1)).toEqual({ type: 'ask', ask: null, keep: false });
    expect(view.channel).toBe('depth');
  });

  it('takes up what another page asked, but not while a person is typing', async () => {
    const ask = useAsk();
    useStudio().hear(answerTo(['lamp']));
    await nextTick();
    expect(ask.line).toBe('lamp');
    ask.line = 'lamp and';
    useStudio().hear(answerTo(['chair'], 2));
    await nextTick();
    expect(ask.line).toBe('lamp and');
  });

  it('asks again when the negatives change, each once', async () => {
    const ask = useAsk();
    ask.line = 'mug';
    await ask.setNegatives(['object', ' cup ', 'object', '']);
    expect(ask.negatives).toEqual(['object', 'cup']);
    expect(played.commands.at(-1)).toMatchObject({ type: 'ask', ask: { negatives: ['object', 'cup'] } });
  });

  it('asks again in the published order when a person turns it on', async () => {
    const ask = useAsk();
    await ask.setOrder('features');
    expect(played.commands).toEqual([]);
    ask.line = 'mug';
    await ask.submit(true);
    expect(played.commands.at(-1)).toMatchObject({ ask: { order: 'features' } });
    await ask.setOrder('relevancies');
    expect(played.commands.at(-1)).toMatchObject({ ask: { order: 'relevancies' }, keep: false });
  });

  it('marks a problem only in the line that has it', async () => {
    const ask = useAsk();
    ask.line = 'chair AND zxqq';
    await ask.submit(true);
    const state = answerTo(['chair AND zxqq']);
    const problem = { message: 'unknown', question: 0, column: 10 };
    useStudio().hear({ ...state, ask: { ...state.ask, problem } });
    expect(ask.place).toEqual({ from: 10, to: 14 });
    ask.line = 'chair AND mug';
    expect(ask.place).toBeNull();
  });
});
