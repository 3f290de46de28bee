/**
 * What labels teach: the codebook entry that stands for each class, by its name. Of the entries whose best name among the classes is this
 * one and whose relevancy comes near the best, it is the one that most cells chose. A class whose name the text encoder does not know, or
 * that no entry answers to, teaches nothing.
 */
import { labelsOf } from '../../labels/index';
import type { Taxonomy } from '../../labels/index';
import type { Asking } from './asking';

export interface Lesson {
  readonly label: number;
  /** 0-based */
  readonly entry: number;
}

/** METHOD §5: from where on a relevancy is an answer, and how near the best one is near. */
const [LEAST, NEAR] = [0.5, 0.9];

/**
 * @param relevancies  [names][entries]; null for a name that is not known
 * @param counts       cells that chose each entry
 * @returns entries by name, null for none
 */
export function entriesFor(
  relevancies: readonly (Float32Array | null)[],
  counts: ArrayLike<number>,
): (number | null)[] {
  return relevancies.map((own, name) => {
    if (!own) return null;
    const mine = Array.from(own.keys()).filter(
      (entry) =>
        own[entry] >= LEAST &&
        counts[entry] > 0 &&
        relevancies.every((other, k) => k === name || !other || other[entry] < own[entry]),
    );
    if (mine.length === 0) return null;
    const best = Math.max(...mine.map((entry) => own[entry]));
    return mine.filter((entry) => own[entry] >= NEAR * best).reduce((a, b) => (counts[b] > counts[a] ? b : a));
  });
}

export class Lessons {
  readonly #asking: Asking | null;
  readonly #teach: (lessons: Lesson[]) => void;
  /** names that lessons were worked out for, and what came of it */
  #known: { names: string; entries: (number | null)[] } | null = null;
  #asked = nothingAsked();
  #latest = 0;

  constructor(asking: Asking | null, teach: (lessons: Lesson[]) => void) {
    this.#asking = asking;
    this.#teach = teach;
  }

  /** Another codebook: everything is worked out anew. */
  anew(taxonomy: Taxonomy): Promise<void> {
    this.#known = null;
    this.#asked = nothingAsked();
    return this.repeat(taxonomy);
  }

  /** Tells the trainer what the classes of now teach. */
  async repeat(taxonomy: Taxonomy): Promise<void> {
    const turn = ++this.#latest;
    const { classes } = taxonomy;
    const names = JSON.stringify(classes.map(({ name }) => name));
    if (this.#known?.names !== names) {
      const entries = classes.length > 0 ? await this.#workOut(classes.map(({ name }) => name)) : [];
      if (turn !== this.#latest) return;
      if (entries) this.#known = { names, entries };
    }
    const entries = this.#known?.names === names ? this.#known.entries : [];
    this.#teach(
      classes.flatMap((one, i) => {
        const entry = entries.at(i) ?? null;
        return entry === null ? [] : labelsOf(one).map((label) => ({ label, entry }));
      }),
    );
  }

  /** Null where words cannot be asked yet. Each name is asked once, so that a class more costs one name more. */
  async #workOut(names: string[]): Promise<(number | null)[] | null> {
    const asked = this.#asked;
    const missing = names.filter((name) => !asked.relevancies.has(name));
    if (missing.length > 0) {
      const answer = await this.#asking?.namesAgainstEntries(missing).catch(() => null);
      if (!answer) return null;
      missing.forEach((name, i) => asked.relevancies.set(name, answer.relevancies[i]));
      asked.counts = answer.counts;
    }
    const relevancies = names.map((name) => asked.relevancies.get(name) ?? null);
    return entriesFor(relevancies, asked.counts);
  }
}

/** What the entries of a codebook are to names. */
interface Asked {
  /** null for a name that is not known */
  readonly relevancies: Map<string, Float32Array | null>;
  counts: ArrayLike<number>;
}

const nothingAsked = (): Asked => ({ relevancies: new Map(), counts: [] });
