/** Light, dark, or as the system has it. */
import { watchEffect } from 'vue';
import { defineStore } from 'pinia';
import { rememberedChoice } from '../remembered';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const useTheme = defineStore('theme', () => {
  const theme = rememberedChoice<Theme>('theme', 'system', themes);

  /** The tokens follow `color-scheme`. */
  function apply(page: Document): void {
    watchEffect(() => {
      page.documentElement.dataset.theme = theme.value;
    });
  }

  return { theme, apply };
});
