/**
 * Entries name themselves: the CLIP half of an entry, at unit length, against the text vectors of a word list; the word with the
 * largest cosine is its name. A name says what an entry looks like to CLIP, not what it is: the cosine stands beside it.
 */
import type { CodebookShape } from '../../kernels/index';
import { LanguageError } from '../errors';
import type { EntryName } from './codebookFile';
import { dot, unitHalves } from './halves';

/** Text to vectors of CLIP's space. */
export interface WordEncoder {
  /** @returns [texts, clipWidth]; any length but 0 */
  encode(texts: readonly string[]): Promise<Float32Array>;
}

/**
 * @param entries  [N, clipWidth + dinoWidth]
 * @returns one an entry
 * @throws LanguageError when the text vectors are not of the width of the codebook's CLIP half
 */
export async function nameEntries(
  entries: Float32Array,
  shape: CodebookShape,
  words: readonly string[],
  encoder: WordEncoder,
): Promise<EntryName[]> {
  if (words.length === 0) return [];
  const { clipWidth, dinoWidth } = shape;
  const vectors = (await encoder.encode(words)).slice();
  if (vectors.length !== words.length * clipWidth) {
    const width = vectors.length / words.length;
    throw new LanguageError(
      null,
      `text vectors are ${width} wide, the codebook's CLIP half ${clipWidth}: another model`,
    );
  }
  const texts = unitHalves(vectors, { clipWidth, dinoWidth: 0, dinoWeight: 0 });
  const units = unitHalves(entries, shape);
  const width = clipWidth + dinoWidth;
  return Array.from({ length: entries.length / width }, (_, entry) => {
    let best = { name: words[0], similarity: -Infinity };
    words.forEach((name, word) => {
      const similarity = dot(units, entry * width, texts, word * clipWidth, clipWidth);
      if (similarity > best.similarity) best = { name, similarity };
    });
    return best;
  });
}
