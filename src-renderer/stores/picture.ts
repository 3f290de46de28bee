/** The viewport as the rest of the page sees it: its handle, and what it says of itself. */
import { ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { Picked, ViewportHandle, ViewportProblem, ViewportState } from '../viewport/interface';

export const usePicture = defineStore('picture', () => {
  const handle = shallowRef<ViewportHandle | null>(null);
  const state = shallowRef<ViewportState | null>(null);
  const hover = shallowRef<Picked>(null);
  /** what keeps the picture away; null when nothing does */
  const problem = shallowRef<ViewportProblem['kind'] | null>(null);
  /** share of the width left of the edge of the photo that the picture is compared with */
  const compareDivider = ref(0.5);

  return { handle, state, hover, problem, compareDivider };
});
