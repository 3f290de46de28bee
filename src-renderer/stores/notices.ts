/** What the page has to say about a command that did not work: shown over the picture until it is closed or overtaken. */
import { shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { CommandRefused, LinkExpired, LinkLost } from '../gateway';
import { say } from '../language';

export interface Notice {
  readonly id: number;
  readonly tone: 'bad' | 'warn' | 'ok';
  readonly message: string;
}

/** More would hide the picture; the oldest goes. */
const LIMIT = 3;

export const useNotices = defineStore('notices', () => {
  const list = shallowRef<readonly Notice[]>([]);
  let next = 0;

  function add(tone: Notice['tone'], message: string): void {
    const others = list.value.filter((notice) => notice.message !== message);
    list.value = [...others, { id: next++, tone, message }].slice(-LIMIT);
  }

  function close(id: number): void {
    list.value = list.value.filter((notice) => notice.id !== id);
  }

  /** Words for whatever a command failed with. */
  function describe(error: unknown): string {
    if (error instanceof CommandRefused) return error.failure.message;
    if (error instanceof LinkLost || error instanceof LinkExpired) return say('notice.lost');
    return error instanceof Error ? error.message : String(error);
  }

  function fail(error: unknown): void {
    add('bad', describe(error));
  }

  return { list, add, close, describe, fail };
});
