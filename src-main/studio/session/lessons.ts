/**
 * What labels mean: the codebook entries that stand for each class, by its name. They are those that are nearer to it than to its opposites
 * (METHOD §5), and nearer to it than to any other name, of the classes as of what is asked: an entry that answers to another name could
 * never show this one. Foremost come those that are about as near as the nearest, most common first; the others follow by their nearness.
 *
 * A class whose name the text encoder does not know, or that no entry answers to, has none.
 */
import type { LabelMeaning } from '#contract/labels';
import { labelsOf, nameKey } from '../../labels/index';
import type { Taxonomy } from '../../labels/index';
import type { Asking } from './asking';

/** METHOD §5: from where on a relevancy is an answer, and how near the best one is near. */
const [LEAST, NEAR] = [0.5, 0.9];

/**
 * @param relevancies  [names][entries]; null for a name that is not known
 * @param counts       cells that chose each entry
 * @returns entries by name, 0-based, foremost first
 */
export function entriesFor(relevancies: readonly (Float32Array | null)[], counts: ArrayLike<number>): number[][] {
  return relevancies.map((own, name) => {
    if (!own) return [];
    const mine = Array.from(own.keys()).filter(
      (entry) =>
        own[entry] >= LEAST &&
        counts[entry] > 0 &&
        relevancies.every((other, k) => k === name || !other || other[entry] < own[entry]),
    );
    const near = NEAR * Math.max(0, ...mine.map((entry) => own[entry]));
    const rank = (entry: number): number => (own[entry] >= near ? 1 + counts[entry] : own[entry]);
    return mine.sort((a, b) => rank(b) - rank(a));
  });
}

export class Lessons {
  readonly #asking: Asking | null;
  readonly #teach: (meanings: LabelMeaning[]) => void;
  /** names that meanings were worked out for, and what came of it */
  #known: { names: string; entries: number[][] } | null = null;
  #against = nothingAsked();
  /** names that are asked, whether they are classes or not */
  #asked: readonly string[] = [];
  #latest = 0;

  constructor(asking: Asking | null, teach: (meanings: LabelMeaning[]) => void) {
    this.#asking = asking;
    this.#teach = teach;
  }

  /** Another codebook: everything is worked out anew. */
  anew(taxonomy: Taxonomy): Promise<void> {
    this.#known = null;
    this.#against = nothingAsked();
    return this.repeat(taxonomy);
  }

  /** Other names are asked than before. */
  asked(names: readonly string[], taxonomy: Taxonomy): Promise<void> {
    this.#asked = names;
    return taxonomy.classes.length > 0 ? this.repeat(taxonomy) : Promise.resolve();
  }

  /** Tells the trainer what the classes of now mean. */
  async repeat(taxonomy: Taxonomy): Promise<void> {
    const turn = ++this.#latest;
    const { classes } = taxonomy;
    const own = classes.map(({ name }) => name);
    const others = this.#asked.filter((name) => !own.some((one) => nameKey(one) === nameKey(name)));
    const all = [...own, ...others];
    const names = JSON.stringify([own, others]);
    if (this.#known?.names !== names) {
      const entries = classes.length > 0 ? await this.#workOut(all) : [];
      if (turn !== this.#latest) return;
      if (entries) this.#known = { names, entries };
    }
    const entries = this.#known?.names === names ? this.#known.entries : [];
    this.#teach(
      classes.flatMap((one, i) =>
        labelsOf(one).map((label) => ({ label, name: one.name, entries: entries.at(i) ?? [] })),
      ),
    );
  }

  /** Null where words cannot be asked yet. Each name is asked once, so that a class more costs one name more. */
  async #workOut(names: readonly string[]): Promise<number[][] | null> {
    const against = this.#against;
    const missing = names.filter((name) => !against.relevancies.has(name));
    if (missing.length > 0) {
      const answer = await this.#asking?.namesAgainstEntries(missing).catch(() => null);
      if (!answer) return null;
      missing.forEach((name, i) => against.relevancies.set(name, answer.relevancies[i]));
      against.counts = answer.counts;
    }
    const relevancies = names.map((name) => against.relevancies.get(name) ?? null);
    return entriesFor(relevancies, against.counts);
  }
}

/** What the entries of a codebook are to names. */
interface Against {
  /** null for a name that is not known */
  readonly relevancies: Map<string, Float32Array | null>;
  counts: ArrayLike<number>;
}

const nothingAsked = (): Against => ({ relevancies: new Map(), counts: [] });
