/**
 * A scripted person who knows the truth: sees what labels look like in some pictures, chooses what to mend next, and leads a brush.
 *
 *   picture   a pixel shows the label that most of its light has
 *   patch     connected pixels of one true class that do not show it
 *   choice    the patch that is most of its thing: Σ 1 / (pixels of that class in all pictures), and likewise of the class that it wrongly
 *             shows; a corner of a wall waits for the half of a mug
 *   undo      of a stroke after which the pictures are worse than before; it is not tried again
 *   stroke    a brush as wide as 0.4 of the patch's widest place, led through all of the patch where it fits
 */
import type { LabelRegion } from '#contract/labels';
import { meanIou } from './room';
import type { Look, Room } from './room';

export type Stroke = Extract<LabelRegion, { kind: 'brush' }>;

/** Patches that are too small to be worth a stroke, px. */
const SPECK = 6;
const BRUSH = 0.4;
/** A place counts as painted when the brush's middle came so near, as a share of its radius. */
const PAINTED = 0.6;
const STRAIGHT = 1;
const DIAGONAL = Math.SQRT2;

export interface Patch {
  readonly look: Look;
  /** class number */
  readonly is: number;
  readonly pixels: readonly number[];
  readonly value: number;
}

/** Class numbers that a picture shows, 0 none. @param numbers  of the splats */
export function shownIn({ truth, offsets, rows, weights }: Look, numbers: Uint8Array, classes: number): Uint8Array {
  const sums = new Float32Array(classes);
  const shown = new Uint8Array(truth.length);
  for (let pixel = 0; pixel < truth.length; pixel++) {
    sums.fill(0);
    let best = 0;
    for (let pair = offsets[pixel]; pair < offsets[pixel + 1]; pair++) {
      const number = numbers[rows[pair]];
      sums[number] += weights[pair];
      if (sums[number] > sums[best]) best = number;
    }
    shown[pixel] = best;
  }
  return shown;
}

/** What a look shows by some labels. */
interface Seen {
  /** class numbers of the pixels, 0 none */
  readonly shown: Uint8Array;
  readonly patches: readonly { readonly is: number; readonly pixels: readonly number[] }[];
}

export class Person {
  readonly #room: Room;
  /** pixels of each class in all pictures */
  readonly #sizes: Float64Array;
  /** strokes that changed nothing are not tried again */
  readonly #vain = new Set<string>();
  /** of each look, 1 for splats that it shows */
  readonly #shows: readonly Uint8Array[];
  #numbers: Uint8Array | null = null;
  #seen: Seen[] = [];

  constructor(room: Room) {
    this.#room = room;
    this.#sizes = new Float64Array(room.names.length);
    for (const { truth } of room.looks) for (const is of truth) this.#sizes[is]++;
    this.#shows = room.looks.map(({ rows }) => {
      const shows = new Uint8Array(room.ids.length);
      for (const row of rows) shows[row] = 1;
      return shows;
    });
  }

  /** Looks at all pictures. @param numbers  class numbers of the splats */
  look(numbers: Uint8Array): void {
    const before = this.#numbers;
    const changed = Array.from(numbers.keys()).filter((row) => numbers[row] !== before?.[row]);
    this.#seen = this.#room.looks.map((look, i) => {
      if (before && !changed.some((row) => this.#shows[i][row])) return this.#seen[i];
      const shown = shownIn(look, numbers, this.#room.names.length);
      const patches = [...wrongPatches(look, shown)].filter((pixels) => pixels.length >= SPECK);
      return { shown, patches: patches.map((pixels) => ({ is: look.truth[pixels[0]], pixels })) };
    });
    this.#numbers = numbers.slice();
  }

  /** Mean IoU of what the pictures show. */
  get score(): number {
    const tallies = new Float64Array(3 * this.#room.names.length);
    this.#seen.forEach(({ shown }, i) =>
      this.#room.looks[i].truth.forEach((is, pixel) => {
        if (is === 0) return;
        tallies[3 * is]++;
        if (shown[pixel] === is) tallies[3 * is + 1]++;
        else tallies[3 * shown[pixel] + 2]++;
      }),
    );
    return meanIou(tallies);
  }

  /** What to mend next; null when nothing is left that is worth it. @param wanted  classes that are looked for */
  choose(numbers: Uint8Array, wanted: (is: number) => boolean = () => true): Patch | null {
    this.look(numbers);
    let best: Patch | null = null;
    this.#seen.forEach(({ shown, patches }, i) => {
      for (const { is, pixels } of patches) {
        if (!wanted(is)) continue;
        const value = pixels.reduce((sum, pixel) => sum + (shown[pixel] ? 1 / this.#sizes[shown[pixel]] : 0), 0);
        const patch = { look: this.#room.looks[i], is, pixels, value: value + pixels.length / this.#sizes[is] };
        if (patch.value > (best?.value ?? 0) && !this.#vain.has(nameOf(patch))) best = patch;
      }
    });
    return best;
  }

  /** The largest connected patch that shows what it is. */
  rightPatch(look: Look, shown: Uint8Array): number[] | null {
    const inverse = shown.map((is, pixel) => (is === look.truth[pixel] ? 0 : look.truth[pixel]));
    let best: number[] | null = null;
    for (const pixels of wrongPatches(look, inverse)) if (pixels.length > (best?.length ?? 0)) best = pixels;
    return best;
  }

  /** A stroke over the patch was made; it is not made again, whatever came of it. */
  painted(patch: Patch): void {
    this.#vain.add(nameOf(patch));
  }
}

const nameOf = ({ look, is, pixels }: Patch): string => `${look.name} ${is} ${pixels[0]} ${pixels.length}`;

/** Connected pixels of one true class that show another, four neighbours. */
function* wrongPatches({ truth, camera: { width } }: Look, shown: Uint8Array): Generator<number[]> {
  const left = truth.map((is, pixel) => (shown[pixel] === is ? 0 : is));
  for (let start = 0; start < left.length; start++) {
    const is = left[start];
    if (is === 0) continue;
    const patch = [start];
    left[start] = 0;
    for (const pixel of patch) {
      const x = pixel % width;
      const visit = (next: number, inside: boolean): void => {
        if (!inside || left[next] !== is) return;
        left[next] = 0;
        patch.push(next);
      };
      visit(pixel - 1, x > 0);
      visit(pixel + 1, x < width - 1);
      visit(pixel - width, pixel >= width);
      visit(pixel + width, pixel + width < left.length);
    }
    yield patch;
  }
}

/** Distance of a patch's pixels to what is outside of it, px, in two passes over straight and diagonal neighbours; 0 elsewhere. */
function depthsIn(pixels: readonly number[], width: number, height: number): Float32Array {
  const depths = new Float32Array(width * height);
  for (const pixel of pixels) depths[pixel] = Infinity;
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : depths[y * width + x];
  const sweep = (x: number, y: number, step: 1 | -1): void => {
    const pixel = y * width + x;
    if (depths[pixel] === 0) return;
    depths[pixel] = Math.min(
      depths[pixel],
      at(x - step, y) + STRAIGHT,
      at(x, y - step) + STRAIGHT,
      at(x - step, y - step) + DIAGONAL,
      at(x + step, y - step) + DIAGONAL,
    );
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) sweep(x, y, 1);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) sweep(x, y, -1);
  return depths;
}

/** One stroke through all of a patch that its brush fits into, in pixels of the picture. */
export function strokeThrough({ look: { camera }, pixels }: Patch): Stroke {
  const { width, height } = camera;
  const depths = depthsIn(pixels, width, height);
  const middle = pixels.reduce((a, b) => (depths[b] > depths[a] ? b : a));
  const radius = Math.max(1, BRUSH * depths[middle]);
  const fits = (pixel: number): boolean => depths[pixel] >= Math.min(radius, depths[middle]);
  const open = new Set(pixels.filter(fits));
  const path: number[] = [];
  const to = (pixel: number): void => {
    path.push(pixel);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const reach = Math.max(0.5, PAINTED * radius);
    for (let dy = -Math.floor(reach); dy <= reach; dy++)
      for (let dx = -Math.floor(reach); dx <= reach; dx++)
        if (dx * dx + dy * dy <= reach * reach) open.delete((y + dy) * width + x + dx);
    open.delete(pixel);
  };
  to(middle);
  // To the nearest place that is left, on a way within the patch; places that hang together with no such way are left for later.
  for (;;) {
    const way = wayToOpen(path[path.length - 1], open, fits, width);
    if (!way) break;
    for (const pixel of way) to(pixel);
  }
  return {
    kind: 'brush',
    points: path.map((pixel) => [(pixel % width) + 0.5, Math.floor(pixel / width) + 0.5]),
    radius,
  };
}

/** Pixels whose middle lies within the brush at one of its places. */
export function paintedPixels({ camera: { width, height } }: Look, { points, radius }: Stroke): number[] {
  const found = new Set<number>();
  for (const [x, y] of points)
    for (let py = Math.max(0, Math.floor(y - radius)); py <= Math.min(height - 1, y + radius); py++)
      for (let px = Math.max(0, Math.floor(x - radius)); px <= Math.min(width - 1, x + radius); px++)
        if ((px + 0.5 - x) ** 2 + (py + 0.5 - y) ** 2 <= radius * radius) found.add(py * width + px);
  return [...found];
}

function wayToOpen(
  from: number,
  open: ReadonlySet<number>,
  fits: (pixel: number) => boolean,
  width: number,
): number[] | null {
  if (open.size === 0) return null;
  const before = new Map<number, number>([[from, from]]);
  const queue = [from];
  for (const pixel of queue) {
    if (open.has(pixel)) {
      const way: number[] = [];
      for (let at = pixel; at !== from; at = before.get(at) ?? from) way.unshift(at);
      return way;
    }
    const x = pixel % width;
    const around = [x > 0 ? pixel - 1 : -1, x < width - 1 ? pixel + 1 : -1, pixel - width, pixel + width];
    for (const next of around)
      if (next >= 0 && fits(next) && !before.has(next)) {
        before.set(next, pixel);
        queue.push(next);
      }
  }
  return null;
}
