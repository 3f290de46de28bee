/** What the page has to say about a command that did not work: shown over the picture until it is closed or overtaken. */
import { shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { CommandRefused, LinkExpired, LinkLost } from '../gateway';
import { language, say } from '../language';
import { refusalWords } from '../picture/failureWords';
import { isTranslated, sentence } from '../sayings';

export interface Notice {
  readonly id: number;
  readonly tone: 'bad' | 'warn' | 'ok';
  readonly message: string;
  /** what the studio said itself, in English; null where `message` says it all */
  readonly detail: string | null;
}

/** More would hide the picture; the oldest goes. */
const LIMIT = 3;

export const useNotices = defineStore('notices', () => {
  const list = shallowRef<readonly Notice[]>([]);
  let next = 0;

  function add(tone: Notice['tone'], message: string, detail: string | null = null): void {
    const others = list.value.filter((notice) => notice.message !== message || notice.detail !== detail);
    list.value = [...others, { id: next++, tone, message, detail }].slice(-LIMIT);
  }

  function close(id: number): void {
    list.value = list.value.filter((notice) => notice.id !== id);
  }

  /** Words for whatever a command failed with. */
  function describe(error: unknown): string {
    if (error instanceof CommandRefused) {
      const { failure } = error;
      if (language.value === 'en') return failure.message;
      return isTranslated(failure) ? sentence(failure) : `${refusalWords(failure)} ${failure.message}`;
    }
    if (error instanceof LinkLost || error instanceof LinkExpired) return say('notice.lost');
    return error instanceof Error ? error.message : String(error);
  }

  /** What the studio says in English alone stands beneath the kind of fault in the page's language. */
  function fail(error: unknown): void {
    if (!(error instanceof CommandRefused) || language.value === 'en') add('bad', describe(error));
    else add('bad', refusalWords(error.failure), isTranslated(error.failure) ? null : error.failure.message);
  }

  return { list, add, close, describe, fail };
});
