/** The ask box's list by keyboard: what is offered, marked and taken. */
import { createPinia, setActivePinia } from 'pinia';
import { effectScope, nextTick } from 'vue';
import { beforeEach, describe, expect, it } from 'vitest';
import { setGateway } from '../../../src-renderer/gateway/shared';
import { useCompletion } from '../../../src-renderer/picture/completion';
import { useAsk } from '../../../src-renderer/stores/ask';
import { useStudio } from '../../../src-renderer/stores/studio';
import { playGateway, runningState } from '../play';

describe('completing the line', () => {
  let focused = true;
  const begin = () => effectScope().run(() => useCompletion(() => focused))!;

  beforeEach(() => {
    setActivePinia(createPinia());
    setGateway(playGateway().gateway);
    focused = true;
    const state = runningState();
    useStudio().hear({ ...state, project: { ...state.project!, history: ['red mug', 'lamp', 'red chair'] } });
  });

  it('offers lines when somebody writes, and marks them in a circle', () => {
    const { open, found, choice, offer, move } = begin();
    expect(open.value).toBe(false);
    offer();
    expect(open.value).toBe(true);
    expect(found.value.map(({ line }) => line).slice(0, 3)).toEqual(['red mug', 'lamp', 'red chair']);
    expect(choice.value).toBeNull();
    const last = found.value.at(-1)!.line;
    move(-1);
    expect(choice.value).toBe(last);
    move(1);
    expect(choice.value).toBe('red mug');
    move(1);
    expect(choice.value).toBe('lamp');
  });

  it('opens with the first arrow, and is closed without a mark', () => {
    const { open, choice, move, close } = begin();
    move(1);
    expect([open.value, choice.value]).toEqual([true, null]);
    move(1);
    expect(choice.value).toBe('red mug');
    close();
    expect([open.value, choice.value]).toEqual([false, null]);
  });

  it('marks nothing of other lines, and offers nothing to who writes elsewhere', async () => {
    const { open, found, marked, choice, offer, move } = begin();
    offer();
    move(1);
    useAsk().line = 'cha';
    await nextTick();
    expect(found.value.map(({ line }) => line)).toContain('red chair');
    expect([marked.value, choice.value]).toEqual([-1, null]);
    focused = false;
    useAsk().line = 'red';
    expect(open.value).toBe(false);
  });
});
