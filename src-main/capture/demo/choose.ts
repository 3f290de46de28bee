/** Which things a room gets: what every room must show, then as much variety as the number allows. */
import { CounterRandom } from '../../base/index';
import { className, objectKinds, type Adjective, type Kind, type ObjectName } from './catalogue';

export interface Choice {
  readonly kind: Kind & { readonly name: ObjectName };
  readonly adjective: Adjective;
  /** adjective and noun, unique in the room */
  readonly name: string;
}

/** The least that holds what every room must show. */
export const MIN_OBJECTS = 12;
/** The most that the furniture takes. */
export const MAX_OBJECTS = 32;

type ObjectKind = Choice['kind'];

export function kindNamed(name: ObjectName): ObjectKind {
  const kind = objectKinds.find((candidate) => candidate.name === name);
  if (!kind) throw new RangeError(`no object kind ${name}`);
  return kind;
}

/** A stream of draws, each taken once and in order. */
export class Draws {
  readonly #random: CounterRandom;
  #next = 0;

  constructor(seed: number, purpose: string) {
    this.#random = new CounterRandom(seed, purpose);
  }

  uniform(from = 0, to = 1): number {
    return from + (to - from) * this.#random.uniform(this.#next++);
  }

  integer(bound: number): number {
    return this.#random.integer(this.#next++, bound);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)];
  }

  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }
}

/**
 * Two mugs that differ in colour, something of glass, something of metal, thin leaves and stems (a plant, a lamp), something to
 * sit in the armchair; then other kinds, each once before any comes twice in another colour.
 */
export function chooseObjects(seed: number, count: number): Choice[] {
  const draws = new Draws(seed, 'demo objects');
  const chosen: Choice[] = [];
  const names = new Set<string>();
  const add = (kind: ObjectKind, adjective: Adjective): void => {
    const name = className(adjective, kind.name);
    if (names.has(name)) return;
    names.add(name);
    chosen.push({ kind, adjective, name });
  };
  const any = (kind: ObjectKind): Adjective => {
    // Kinds that must be of a material appear once on their own; a second one in colour tells them apart by it.
    const free = kind.adjectives.filter((adjective) => !names.has(className(adjective, kind.name)));
    return draws.pick(free.length > 0 ? free : kind.adjectives);
  };
  const [first, second] = draws.shuffled(kindNamed('mug').adjectives);
  add(kindNamed('mug'), first);
  add(kindNamed('mug'), second);
  add(kindNamed(draws.pick(['bottle', 'vase', 'goblet'] as const)), 'glass');
  add(kindNamed(draws.pick(['teapot', 'ball', 'bowl'] as const)), 'metal');
  add(kindNamed('plant'), 'green');
  for (const name of ['lamp', 'book'] as const) add(kindNamed(name), any(kindNamed(name)));
  const seat = kindNamed(draws.pick(['bear', 'cushion'] as const));
  add(seat, any(seat));
  while (chosen.length < count) {
    const used = new Map<string, number>();
    for (const { kind } of chosen) used.set(kind.name, (used.get(kind.name) ?? 0) + 1);
    // Seats and floors are few.
    const most = (kind: ObjectKind): number =>
      kind.places.some((place) => place === 'top') ? kind.adjectives.length : 1;
    const room = objectKinds.filter((kind) => most(kind) > (used.get(kind.name) ?? 0));
    const least = Math.min(...room.map((kind) => used.get(kind.name) ?? 0));
    const kind = draws.pick(room.filter((candidate) => (used.get(candidate.name) ?? 0) === least));
    add(kind, any(kind));
  }
  // What has fewest places to stand goes first.
  const freedom = ({ kind }: Choice): number => (kind.places.some((place) => place === 'top') ? 1 : 0);
  return chosen.slice(0, count).sort((a, b) => freedom(a) - freedom(b) || b.kind.radius - a.kind.radius);
}
