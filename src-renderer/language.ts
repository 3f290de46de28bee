/**
 * Words by key, in English or Chinese: a typed lookup and nothing more. English defines the keys; the type of `tables`
 * refuses a Chinese table that lacks one, and a test holds the placeholders of both against each other.
 */
import { computed, readonly, ref, watchEffect } from 'vue';
import en from '../resources/locales/en.json';
import zh from '../resources/locales/zh.json';

export type Words = keyof typeof en;
export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

const tables: Record<Language, Record<Words, string>> = { en, zh };
const locales: Record<Language, string> = { en: 'en', zh: 'zh-CN' };
const storageKey = 'legato.language';

function preferred(): Language {
  const stored = localStorage.getItem(storageKey);
  if (stored === 'en' || stored === 'zh') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

const current = ref<Language>(preferred());
export const language = readonly(current);

export function setLanguage(next: Language): void {
  current.value = next;
  localStorage.setItem(storageKey, next);
}

watchEffect(() => {
  document.documentElement.lang = locales[current.value];
});

/** The words for a key, with `{name}` replaced by its value. */
export function say(key: Words, values: Readonly<Record<string, string | number>> = {}): string {
  return tables[current.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const integers = computed(() => new Intl.NumberFormat(locales[current.value]));
const decibels = computed(
  () => new Intl.NumberFormat(locales[current.value], { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
);
const relative = computed(() => new Intl.RelativeTimeFormat(locales[current.value], { numeric: 'auto' }));
const dates = computed(() => new Intl.DateTimeFormat(locales[current.value], { dateStyle: 'medium' }));

export const count = (value: number) => integers.value.format(value);
export const decibel = (value: number) => decibels.value.format(value);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "3 minutes ago" up to a week, the date beyond. */
export function ago(iso: string, now: number): string {
  const then = Date.parse(iso);
  const age = Math.max(0, now - then);
  if (age < MINUTE) return say('time.now');
  if (age < HOUR) return relative.value.format(-Math.floor(age / MINUTE), 'minute');
  if (age < DAY) return relative.value.format(-Math.floor(age / HOUR), 'hour');
  if (age < 7 * DAY) return relative.value.format(-Math.floor(age / DAY), 'day');
  return dates.value.format(then);
}
