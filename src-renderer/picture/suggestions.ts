/** What the ask box offers: what was asked before, then names of codebook entries, both narrowed by what is typed. */
import type { CodebookEntry } from '#contract/studio';

export interface Suggestion {
  /** the whole line when it is taken */
  readonly line: string;
  readonly from: 'history' | 'entries';
}

const LIMIT = 8;

/** Entries complete the last question of the line; the ones with most cells come first. */
export function suggestions(
  line: string,
  history: readonly string[],
  entries: readonly Pick<CodebookEntry, 'name' | 'share'>[],
): Suggestion[] {
  const typed = line.trim().toLowerCase();
  const before = history
    .filter((text) => text.toLowerCase().includes(typed) && text.toLowerCase() !== typed)
    .map((text): Suggestion => ({ line: text, from: 'history' }));
  const cut = Math.max(line.lastIndexOf(','), line.lastIndexOf(';'), line.lastIndexOf('，'), line.lastIndexOf('；'));
  const head = line.slice(0, cut + 1);
  const last = line
    .slice(cut + 1)
    .trim()
    .toLowerCase();
  const names = new Map<string, number>();
  for (const { name, share } of entries) if (name !== null) names.set(name, (names.get(name) ?? 0) + share);
  const completed = [...names]
    .filter(([name]) => name.toLowerCase().startsWith(last) && name.toLowerCase() !== last)
    .sort((a, b) => b[1] - a[1])
    .map(([name]): Suggestion => ({ line: head === '' ? name : `${head} ${name}`, from: 'entries' }));
  const taken = new Set<string>();
  return [...before.slice(0, LIMIT / 2), ...completed]
    .filter((suggestion) => !taken.has(suggestion.line) && taken.add(suggestion.line))
    .slice(0, LIMIT);
}
