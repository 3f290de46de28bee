/**
 * Names as vectors, so that a graphics card can blend them. Blending ids would make names out of nothing (half of 2 and 6 is not 4);
 * blending a unit vector per name and taking the nearest vector afterwards is the argmax of the blended weight:
 *
 *   v = Σ w·c(name),   name of the pixel = argmax_n ⟨v, c(n)⟩
 *
 * Up to ONE_HOT names each has an axis of its own, and the answer is exact. Beyond, codes are the 256 words of the Nordstrom–Robinson
 * code as ±1 in 16 dimensions (the Gray image of the octacode, Forney, Sloane & Trott 1993): any two agree in at most 10 of 16
 * places, cosine ≤ 0.25, so a name with most of the weight wins. Names that are few but close to a tie may lose to each other.
 */

/** names, at most, that get an axis each: eight targets of three numbers */
export const ONE_HOT = 24;
export const CODE_WORDS = 256;
const LENGTH = 16;

const OCTACODE = [
  [3, 3, 2, 3, 1, 0, 0, 0],
  [3, 0, 3, 2, 3, 1, 0, 0],
  [3, 0, 0, 3, 2, 3, 1, 0],
  [3, 0, 0, 0, 3, 2, 3, 1],
] as const;
const GRAY = [
  [1, 1],
  [1, -1],
  [-1, -1],
  [-1, 1],
] as const;

/** Words as ±1, [256, 16]. The second half are the first half's opposites, so that up to 128 names have none. */
export function nordstromRobinson(): Int8Array {
  const words: number[][] = [];
  for (let message = 0; message < CODE_WORDS; message++) {
    const digits = [0, 2, 4, 6].map((shift) => (message >> shift) & 3);
    words.push(
      Array.from({ length: 8 }, (_, place) => {
        const sum = digits.reduce((total, digit, row) => total + digit * OCTACODE[row][place], 0);
        return GRAY[sum & 3];
      }).flat(),
    );
  }
  const seen = new Set<string>();
  const half = words.filter((word) => {
    seen.add(word.join());
    return !seen.has(word.map((x) => -x).join());
  });
  return Int8Array.from([...half.flat(), ...half.flat().map((x) => -x)]);
}

export interface CodeBook {
  readonly names: number;
  /** targets of three numbers each */
  readonly targets: number;
  /** of name n in target t at 4·(t·CODE_WORDS + n): three numbers and 0; a texture of CODE_WORDS × targets texels */
  readonly texels: Float32Array<ArrayBuffer>;
}

let words: Int8Array | undefined;

/** @param names how many, 1 … 256 */
export function codesFor(names: number): CodeBook {
  const oneHot = names <= ONE_HOT;
  const dimensions = oneHot ? Math.max(1, names) : LENGTH;
  const targets = Math.ceil(dimensions / 3);
  const texels = new Float32Array(4 * CODE_WORDS * targets);
  if (!oneHot) words ??= nordstromRobinson();
  for (let name = 0; name < names; name++) {
    for (let d = 0; d < dimensions; d++) {
      const value = oneHot ? Number(d === name) : (words?.[LENGTH * name + d] ?? 0) / Math.sqrt(LENGTH);
      texels[4 * (Math.floor(d / 3) * CODE_WORDS + name) + (d % 3)] = value;
    }
  }
  return { names, targets, texels };
}

/** The readable form of what the resolving shader does. @param blended Σ w·code, [3·targets] */
export function nearestName({ names, targets, texels }: CodeBook, blended: ArrayLike<number>): number {
  let best = -1;
  let most = 0;
  for (let name = 0; name < names; name++) {
    let score = 0;
    for (let d = 0; d < 3 * targets; d++)
      score += blended[d] * texels[4 * (Math.floor(d / 3) * CODE_WORDS + name) + (d % 3)];
    if (score > most) {
      most = score;
      best = name;
    }
  }
  return best;
}
