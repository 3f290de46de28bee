/** Words about the words that a small vocabulary knows. */

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
export function unknownWordMessage(word: string, vocabulary: readonly string[], model: string): string {
  const owner = model.startsWith('toy-') ? 'the toy vocabulary' : `the vocabulary of ${model}`;
  const near = nearWords(word, vocabulary).map((known) => `"${known}"`);
  const suggestion = near.length > 0 ? `did you mean ${near.join(' or ')}? It knows` : 'it knows';
  const sorted = vocabulary.filter((known) => /[\p{L}\p{N}]/u.test(known)).sort();
  const more = sorted.length > SPELLED_OUT ? `, … (${sorted.length} words)` : '';
  return `"${word}" is not in ${owner}; ${suggestion}: ${sorted.slice(0, SPELLED_OUT).join(', ')}${more}`;
}
