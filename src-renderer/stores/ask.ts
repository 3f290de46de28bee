/** The line in the ask box, and what is asked with it. The answer itself is in the studio's state, so that every page shows the same. */
import { computed, ref, watch } from 'vue';
import { defineStore } from 'pinia';
import type { AskRequest, StudioState } from '#contract/studio';
import { joinQuestions, placeOf, splitQuestions } from '../questions';
import type { Channel } from '../viewport/interface';
import { useStudio } from './studio';
import { useView } from './view';

/** METHOD: what an entry must be nearer to the text than. */
export const usualNegatives = ['object', 'things', 'stuff', 'texture'] as const;

export const useAsk = defineStore('ask', () => {
  const studio = useStudio();
  const view = useView();

  const line = ref('');
  const negatives = ref<readonly string[]>(usualNegatives);
  const order = ref<AskRequest['order']>('relevancies');
  /** what the channels were before the question turned them */
  let before: Channel | null = null;
  /** the line as it was last sent, so that a state from another page can be told from our own */
  let sent = '';

  const answer = computed(() => studio.state?.ask ?? null);
  const words = computed((): StudioState['words'] => studio.state?.words ?? { ready: false, reason: '', missing: [] });
  const history = computed(() => studio.project?.history ?? []);
  const questions = computed(() => splitQuestions(line.value));
  const likeness = computed(() => answer.value !== null && answer.value.request === null);
  /** where in the line the problem of the answer is; null while the line was changed since */
  const place = computed(() => {
    const problem = answer.value?.problem;
    return problem == null || line.value !== sent ? null : placeOf(line.value, questions.value, problem);
  });

  // Another page asked, or this one was opened again: its question is ours.
  watch(
    () => answer.value?.request,
    (request) => {
      if (request == null) return;
      negatives.value = request.negatives;
      order.value = request.order;
      const said = joinQuestions(request.questions);
      if (said === joinQuestions(splitQuestions(line.value).map(({ text }) => text)) || line.value !== sent) return;
      line.value = said;
      sent = said;
    },
    { immediate: true },
  );

  function turnTo(channel: Channel): void {
    if (view.shown.some((shown) => shown === 'relevancy' || shown === 'class')) {
      // Between one class and several the channel follows; a split stays as it was set.
      if (view.second === null) view.channel = channel;
      return;
    }
    before ??= view.channel;
    view.channel = channel;
  }

  /** Asks what the line says. @param keep  a person is done with it, rather than typing */
  async function submit(keep: boolean): Promise<void> {
    if (questions.value.length === 0) return clear();
    const request: AskRequest = {
      questions: questions.value.map(({ text }) => text),
      negatives: [...negatives.value],
      order: order.value,
    };
    sent = line.value;
    turnTo(request.questions.length > 1 ? 'class' : 'relevancy');
    view.isolated = null;
    await studio.command({ type: 'ask', ask: request, keep });
  }

  async function clear(): Promise<void> {
    line.value = '';
    sent = '';
    if (before !== null) view.channel = before;
    before = null;
    view.isolated = null;
    if (answer.value !== null) await studio.command({ type: 'ask', ask: null, keep: false });
  }

  async function like(id: number): Promise<void> {
    line.value = '';
    sent = '';
    turnTo('relevancy');
    await studio.command({ type: 'like', id });
  }

  async function setNegatives(next: readonly string[]): Promise<void> {
    negatives.value = [...new Set(next.map((text) => text.trim()).filter((text) => text !== ''))];
    if (questions.value.length > 0) await submit(false);
  }

  async function setOrder(next: AskRequest['order']): Promise<void> {
    order.value = next;
    if (questions.value.length > 0) await submit(false);
  }

  return {
    line,
    negatives,
    order,
    answer,
    words,
    history,
    questions,
    likeness,
    place,
    submit,
    clear,
    like,
    setNegatives,
    setOrder,
  };
});
