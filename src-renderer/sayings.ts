/** Sentences of the studio in the page's language: those that have a code; the others come in English alone. */
import type { Saying } from '#contract/sayings';
import { isWords, say } from './language';
import type { Words } from './language';
import { count } from './numbers';

function wordsOf({ code }: Pick<Saying, 'code'>): Words | null {
  const own = `said.${code ?? ''}`;
  return isWords(own) ? own : null;
}

/** Whether the page has words of its own for it. */
export const isTranslated = (saying: Pick<Saying, 'code'>): boolean => wordsOf(saying) !== null;

/** What to say; in English where there are no words for it. */
export function sentence({ message, code, values = {} }: Saying): string {
  const own = wordsOf({ code });
  if (own === null) return message;
  const shown = Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? count(value) : value]);
  return say(own, Object.fromEntries(shown) as Record<string, string>);
}

/** Why a stage or words wait; empty for no reason. */
export function reasonWords({ reason, ...parts }: { readonly reason: string } & Omit<Saying, 'message'>): string {
  return reason === '' ? '' : sentence({ message: reason, ...parts });
}

/** The language of what `sentence` says, for screen readers, where it is not the page's. */
export const languageOf = (saying: Pick<Saying, 'code'>): 'en' | undefined => (isTranslated(saying) ? undefined : 'en');
