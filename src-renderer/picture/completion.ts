/**
 * Completing the line of the ask box: which lines are offered while it is written, and which of them the arrow keys have marked.
 *
 *   typing, or an arrow ──▶ offered, none marked ──arrow──▶ marked ──Enter──▶ taken;  Esc: offered no more
 */
import { computed, ref, watch } from 'vue';
import { useAsk } from '../stores/ask';
import { useStudio } from '../stores/studio';
import { suggestions } from './suggestions';

/** @param focused  whether the line is being written */
export function useCompletion(focused: () => boolean) {
  const ask = useAsk();
  const studio = useStudio();
  const offered = ref(false);
  /** index; -1: none */
  const marked = ref(-1);

  const found = computed(() => suggestions(ask.line, ask.history, studio.state?.codebook?.entries ?? []));
  const open = computed(() => focused() && offered.value && found.value.length > 0);
  /** the line that is marked; null: none */
  const choice = computed(() =>
    open.value && marked.value >= 0 ? (found.value.at(marked.value)?.line ?? null) : null,
  );

  function offer(): void {
    marked.value = -1;
    offered.value = true;
  }

  function close(): void {
    offered.value = false;
    marked.value = -1;
  }

  /** Marks the next line or the one before, in a circle. @param by  1 or -1 */
  function move(by: number): void {
    if (!open.value) {
      offered.value = true;
      return;
    }
    const { length } = found.value;
    marked.value = (marked.value + by + length + (marked.value < 0 && by < 0 ? 1 : 0)) % length;
  }

  watch(found, () => {
    marked.value = -1;
  });

  return { found, open, marked, choice, offer, close, move };
}
