/** Which panels are there. Remembered by this browser. */
import { computed, ref } from 'vue';
import { defineStore } from 'pinia';
import { rememberedChoice, rememberedFlag } from '../remembered';

export const sideTabs = ['classes', 'labels', 'entries', 'photos', 'inspect'] as const;
export type SideTab = (typeof sideTabs)[number];

/** What lies over the page, one at a time. */
export const overlays = ['palette', 'keys', 'settings', 'models', 'export', 'classes'] as const;
export type Overlay = (typeof overlays)[number];

export const useLayout = defineStore('layout', () => {
  const tab = rememberedChoice<SideTab>('tab', 'classes', sideTabs);
  // In a narrow window it would lie over the picture.
  const side = rememberedFlag('side', !(globalThis.matchMedia?.('(max-width: 860px)').matches ?? false));
  const tools = rememberedFlag('tools', true);
  const training = rememberedFlag('training', true);
  /** all of them, for the picture alone; a visit begins with panels */
  const alone = ref(false);
  const overlay = ref<Overlay | null>(null);

  const shown = computed(() => ({
    side: side.value && !alone.value,
    tools: tools.value && !alone.value,
    training: training.value && !alone.value,
    bars: !alone.value,
  }));

  function show(next: SideTab): void {
    tab.value = next;
    side.value = true;
    alone.value = false;
  }

  function toggleOverlay(which: Overlay): void {
    overlay.value = overlay.value === which ? null : which;
  }

  return { tab, side, tools, training, alone, overlay, shown, show, toggleOverlay };
});
