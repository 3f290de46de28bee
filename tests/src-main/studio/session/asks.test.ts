/** Asking: an answer that was overtaken is dropped, mistakes lie beside their question, and another codebook is asked again. */
import { describe, expect, it } from 'vitest';
import type { AskRequest, StudioState } from '#contract/studio';
import type { AskOrder } from '#contract/viewerMessages';
import { ExpressionError, readQuestions } from '../../../../src-main/semantics/index';
import { QuestionError } from '../../../../src-main/studio/session/asking';
import type { Asking } from '../../../../src-main/studio/session/asking';
import { Asks } from '../../../../src-main/studio/session/asks';
import { emptyState } from '../../../../src-main/studio/session/state';

const request = (...questions: string[]): AskRequest => ({ questions, negatives: ['object'], order: 'relevancies' });

/** An encoder whose answers come when the test says so. */
function slowAsking() {
  const waiting: { revision: number; finish: (error?: Error) => void }[] = [];
  const words = ({ questions }: AskRequest, revision: number): Promise<AskOrder> =>
    new Promise((resolve, reject) => {
      const relevancies = new Float32Array(4);
      const order = { revision, questions, texts: questions, relevancies, products: null, codebook: 'b' };
      waiting.push({ revision, finish: (error) => (error ? reject(error) : resolve(order)) });
    });
  return { asking: { words } as unknown as Asking, waiting };
}

function asksOf() {
  const state: StudioState = emptyState();
  const orders: (number | null)[] = [];
  const asks = new Asks({
    change: (mutate) => mutate(state),
    order: (ask) => orders.push(ask?.revision ?? null),
  });
  return { asks, state, orders };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('asks', () => {
  it('drop an answer that the next question overtook', async () => {
    const { asks, state, orders } = asksOf();
    const { asking, waiting } = slowAsking();
    void asks.words(asking, request('red mug'));
    void asks.words(asking, request('blue mug', 'chair'));
    expect(state.ask).toMatchObject({ revision: 2, pending: true });
    waiting[1].finish();
    waiting[0].finish();
    await settled();
    expect(orders).toEqual([2]);
    expect(state.ask).toMatchObject({ revision: 2, pending: false, problem: null });
    expect(state.ask?.classes.map(({ name }) => name)).toEqual(['blue mug', 'chair']);
    expect(new Set(state.ask?.classes.map(({ colour }) => colour)).size).toBe(2);
  });

  it('put a mistake beside the question and column where it is', async () => {
    const { asks, state, orders } = asksOf();
    const { asking, waiting } = slowAsking();
    void asks.words(asking, request('mug', 'chair AND ('));
    let mistake: unknown;
    try {
      readQuestions(['chair AND (']);
    } catch (error) {
      mistake = error;
    }
    expect(mistake).toBeInstanceOf(ExpressionError);
    waiting[0].finish(new QuestionError(1, mistake as ExpressionError));
    await settled();
    expect(orders).toEqual([]);
    expect(state.ask?.problem).toMatchObject({ question: 1, column: (mistake as ExpressionError).column });
  });

  it('stop answering at once when nothing is asked any more', async () => {
    const { asks, state, orders } = asksOf();
    const { asking, waiting } = slowAsking();
    void asks.words(asking, request('mug'));
    waiting[0].finish();
    await settled();
    await asks.words(asking, null);
    expect(orders).toEqual([1, null]);
    expect(state.ask).toBeNull();
  });

  it('ask the same again of another codebook, and tell another trainer what is asked', async () => {
    const { asks, orders } = asksOf();
    const { asking, waiting } = slowAsking();
    void asks.words(asking, request('mug'));
    waiting[0].finish();
    await settled();
    asks.repeat();
    void asks.again(asking);
    waiting[1].finish();
    await settled();
    expect(orders).toEqual([1, 1, null, 2]);
  });

  it('keep an answer that is asked for again, and try again what failed', async () => {
    const { asks, state, orders } = asksOf();
    const { asking, waiting } = slowAsking();
    void asks.words(asking, request('mug'));
    void asks.words(asking, request('mug'));
    expect(waiting).toHaveLength(1);
    waiting[0].finish();
    await settled();
    await asks.words(asking, request('mug'));
    expect(state.ask).toMatchObject({ revision: 1, pending: false });
    expect(orders).toEqual([1]);
    void asks.words(asking, request('chair'));
    waiting[1].finish(new Error('the model is being downloaded'));
    await settled();
    void asks.words(asking, request('chair'));
    expect(state.ask).toMatchObject({ pending: true, problem: null });
    waiting[2].finish();
    await settled();
    expect(state.ask).toMatchObject({ revision: 3, pending: false, problem: null });
  });

  it('say that nothing is open', async () => {
    const { asks, state } = asksOf();
    await asks.words(null, request('mug'));
    expect(state.ask?.problem?.message).toMatch(/nothing is open/);
  });
});
