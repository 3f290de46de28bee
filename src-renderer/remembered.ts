/** A small thing that this browser keeps between visits. What was stored is read with suspicion: it may be from another version. */
import { customRef } from 'vue';
import type { Ref } from 'vue';

const PREFIX = 'legato.';

/** Absent in tests, and refused to pages in some private windows. */
function storage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

function read(key: string): unknown {
  try {
    const text = storage()?.getItem(PREFIX + key);
    return text == null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param accept  turns what was stored into a value, or gives null when it is not one
 */
export function remembered<T>(key: string, initial: T, accept: (stored: unknown) => T | null): Ref<T> {
  const stored = read(key);
  let value = (stored === undefined ? null : accept(stored)) ?? initial;
  return customRef((track, trigger) => ({
    get() {
      track();
      return value;
    },
    set(next) {
      value = next;
      trigger();
      try {
        storage()?.setItem(PREFIX + key, JSON.stringify(next));
      } catch {
        // A full or forbidden store costs the memory of a preference, nothing else.
      }
    },
  }));
}

export const rememberedFlag = (key: string, initial: boolean): Ref<boolean> =>
  remembered(key, initial, (stored) => (typeof stored === 'boolean' ? stored : null));

export const rememberedNumber = (key: string, initial: number, min: number, max: number): Ref<number> =>
  remembered(key, initial, (stored) => (typeof stored === 'number' && stored >= min && stored <= max ? stored : null));

export const rememberedChoice = <T extends string>(key: string, initial: T, choices: readonly T[]): Ref<T> =>
  remembered<T>(key, initial, (stored) => choices.find((choice) => choice === stored) ?? null);
