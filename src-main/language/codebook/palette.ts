/**
 * Colours for categories: as many as asked for, as different from each other as possible, also to people who do not tell red from
 * green. Colours are picked one by one from a lattice of OKLab, each the farthest from those before it; the distance of two
 * colours is the smallest of what normal, protanopic and deuteranopic eyes see. So the first colours, which the fullest
 * entries get, differ the most.
 *
 * OKLab: Ottosson 2020. Deficiencies: Machado, Oliveira & Fernandes 2009 (both through culori).
 */
import { filterDeficiencyDeuter, filterDeficiencyProt, oklab, rgb } from 'culori';
import { CounterRandom } from '../../base/index';

/** sRGB bytes */
export type Colour = readonly [number, number, number];

/** #rrggbb */
export const hexOf = (colour: Colour): string =>
  `#${colour.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;

type Point = readonly [number, number, number];

interface Candidate {
  readonly colour: Colour;
  /** OKLab as seen with normal, protanopic and deuteranopic eyes */
  readonly seen: readonly [Point, Point, Point];
}

const LIGHTNESS = { from: 0.5, to: 0.88, step: 0.04 };
const CHROMA = { from: -0.14, to: 0.14, step: 0.02 };
/** Greyish colours vanish over photos. */
const LEAST_CHROMA = 0.05;
/** Calm beside the room's greys and over photos: pure red is 0.26, pure blue 0.31. */
const MOST_CHROMA = 0.14;

const views = [null, filterDeficiencyProt(1), filterDeficiencyDeuter(1)] as const;

function candidates(): Candidate[] {
  const found: Candidate[] = [];
  for (let l = LIGHTNESS.from; l <= LIGHTNESS.to; l += LIGHTNESS.step)
    for (let a = CHROMA.from; a <= CHROMA.to; a += CHROMA.step)
      for (let b = CHROMA.from; b <= CHROMA.to; b += CHROMA.step) {
        const chroma = Math.hypot(a, b);
        if (chroma < LEAST_CHROMA || chroma > MOST_CHROMA) continue;
        const colour = rgb({ mode: 'oklab', l, a, b });
        const channels = [colour.r, colour.g, colour.b];
        if (channels.some((value) => value < 0 || value > 1)) continue;
        const seen = views.map((view) => {
          const { l: lightness, a: green, b: blue } = oklab(view === null ? colour : view(colour));
          return [lightness, green, blue] as const;
        });
        found.push({
          colour: channels.map((value) => Math.round(255 * value)) as unknown as Colour,
          seen: seen as unknown as Candidate['seen'],
        });
      }
  return found;
}

function distance(a: Candidate, b: Candidate): number {
  let least = Infinity;
  for (let view = 0; view < 3; view++) {
    const [p, q] = [a.seen[view], b.seen[view]];
    // What only lightness tells apart is harder to find again on a photo than a hue.
    least = Math.min(least, Math.hypot(0.8 * (p[0] - q[0]), p[1] - q[1], p[2] - q[2]));
  }
  return least;
}

let ordered: Colour[] | null = null;

/** Colours, the most different first: the first is the farthest from grey. */
function farthestFirst(count: number): Colour[] {
  if (ordered !== null && ordered.length >= count) return ordered;
  const pool = candidates();
  const grey: Point = [0.6, 0, 0];
  const nearest = Float64Array.from(pool, (candidate) =>
    distance(candidate, { ...candidate, seen: [grey, grey, grey] }),
  );
  const chosen: Colour[] = [];
  while (chosen.length < count) {
    let farthest = 0;
    for (let i = 0; i < pool.length; i++) if (nearest[i] > nearest[farthest]) farthest = i;
    chosen.push(pool[farthest].colour);
    for (let i = 0; i < pool.length; i++) nearest[i] = Math.min(nearest[i], distance(pool[i], pool[farthest]));
  }
  return (ordered = chosen);
}

/** Few categories are shuffled among more colours than they need: two of two would come back as they were every other time. */
const LEAST_SHUFFLED = 16;

/**
 * A colour for every category.
 *
 * @param importance  fuller categories get the more different colours; null: in the order of the categories
 * @param shuffle     0: as they come; else a seed that hands them out anew, few categories also colours beyond their own
 * @returns [count], sRGB
 */
export function categoricalPalette(count: number, importance: ArrayLike<number> | null = null, shuffle = 0): Colour[] {
  const colours = farthestFirst(255);
  const order = Array.from({ length: count }, (_, category) => category);
  if (shuffle !== 0) {
    const permutation = new CounterRandom(shuffle, 'palette').permutation(Math.max(count, LEAST_SHUFFLED));
    return order.map((category) => colours[permutation[category]]);
  }
  if (importance !== null) order.sort((a, b) => importance[b] - importance[a]);
  const palette: Colour[] = new Array<Colour>(count);
  order.forEach((category, rank) => (palette[category] = colours[rank]));
  return palette;
}
