/**
 * Words by key, in English or Chinese: a typed lookup and nothing more. English defines the keys; the type of `tables`
 * refuses a Chinese table that lacks one, and a test holds the placeholders of both against each other.
 */
import { computed, watchEffect } from 'vue';
import en from '../resources/locales/en.json';
import zh from '../resources/locales/zh.json';
import { remembered } from './remembered';

export type Words = keyof typeof en;
export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

const tables: Record<Language, Record<Words, string>> = { en, zh };
const locales: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

const chosen = remembered<Language | null>(
  'language',
  null,
  (value) => languages.find((name) => name === value) ?? null,
);

const byBrowser = (): Language => (globalThis.navigator?.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

export const language = computed(() => chosen.value ?? byBrowser());

export function setLanguage(next: Language): void {
  chosen.value = next;
}

/** for Intl */
export const locale = computed(() => locales[language.value]);

/** Names the language to the browser and to screen readers. */
export function announceLanguage(page: Document): void {
  watchEffect(() => {
    page.documentElement.lang = locale.value;
  });
}

/** Whether a key is in the table: for names that come from the studio. */
export const isWords = (key: string): key is Words => key in en;

/** The words for a key, with `{name}` replaced by its value. */
export function say(key: Words, values: Readonly<Record<string, string | number>> = {}): string {
  return tables[language.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
