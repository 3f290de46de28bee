/** Words about the words that a small vocabulary knows. */
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';

/** Longest list that an error spells out. */
const SPELLED_OUT = 80;
const SUGGESTIONS = 3;

/**
 * Edits (insert, delete, replace, swap of neighbours) between two words: the optimal string alignment distance, by dynamic
 * programming over three rows.
 */
export function editDistance(a: string, b: string): number {
  const first = [...a];
  const second = [...b];
  let beforeLast: number[] = [];
  let last = Array.from({ length: second.length + 1 }, (_, j) => j);
  for (let i = 1; i <= first.length; i++) {
    const row = [i];
    for (let j = 1; j <= second.length; j++) {
      const same = first[i - 1] === second[j - 1];
      let best = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && first[i - 1] === second[j - 2] && first[i - 2] === second[j - 1];
      if (swapped) best = Math.min(best, beforeLast[j - 2] + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[second.length];
}

/**
 * The nearest words of a vocabulary, nearest first: at most a third of the letters away, or one that contains the other. A word
 * of one or two letters is near to nothing.
 */
export function nearWords(word: string, vocabulary: readonly string[]): string[] {
  const wanted = word.toLowerCase();
  const reach = Math.floor([...wanted].length / 3);
  return vocabulary
    .map((known) => {
      const contains = known.length > 2 && (wanted.includes(known) || (wanted.length > 2 && known.includes(wanted)));
      return { known, distance: Math.min(editDistance(wanted, known), contains ? reach : Infinity) };
    })
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance || (a.known < b.known ? -1 : 1))
    .slice(0, SUGGESTIONS)
    .map(({ known }) => known);
}

/** `"zebra" is not in the toy vocabulary; did you mean …? It knows: …` @param model  the model's name */
export function unknownWord(word: string, vocabulary: readonly string[], model: string): Saying {
  const near = nearWords(word, vocabulary).map((known) => `"${known}"`);
  const sorted = vocabulary.filter((known) => /[\p{L}\p{N}]/u.test(known)).sort();
  const known = sorted.slice(0, SPELLED_OUT).join(', ') + (sorted.length > SPELLED_OUT ? ', …' : '');
  const values = {
    word,
    vocabulary: model.startsWith('toy-') ? 'the toy vocabulary' : `the vocabulary of ${model}`,
    known,
  };
  return near.length > 0 ? said('unknownWordNear', { ...values, near: near.join(', ') }) : said('unknownWord', values);
}
