/**
 * Photos' cells in a given order, each read while the one before it is used: two buffers take turns, whatever the number of
 * photos. A photo that cannot be read is reported once and left out from then on; the others go on.
 */
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { CellSource, PhotoCells } from '../cells';
import { LanguageError } from '../errors';

export interface ReadPhoto extends PhotoCells {
  readonly photo: number;
}

type Outcome = { cells: PhotoCells; error: null } | { cells: null; error: unknown };

export function widthOf(source: CellSource): number {
  return source.clipWidth + source.dinoWidth;
}

export function cellCount(source: CellSource, photo: number): number {
  const { rows, columns } = source.grid(photo);
  return rows * columns;
}

/** Cells of all photos, those that are not valid included. */
export function totalCells(source: CellSource): number {
  return source.photos.reduce((sum, _, photo) => sum + cellCount(source, photo), 0);
}

export class PhotoReader {
  readonly source: CellSource;
  /** photos that could not be read */
  readonly broken = new Set<number>();
  readonly #warn: (saying: Saying) => void;
  #buffers: [Float32Array, Float32Array] | null = null;

  constructor(source: CellSource, warn: (saying: Saying) => void) {
    this.source = source;
    this.#warn = warn;
  }

  /**
   * What is yielded is good until the next one is asked for.
   *
   * @throws LanguageError when not a single photo of the capture can be read
   */
  async *read(order: ArrayLike<number>): AsyncGenerator<ReadPhoto> {
    const wanted = Array.from(order).filter((photo) => !this.broken.has(photo));
    const buffers = (this.#buffers ??= this.#allocate());
    // What goes wrong with a read is its result, since nobody may be waiting for it any more.
    const start = (at: number): Promise<Outcome> =>
      this.source.read(wanted[at], buffers[at % 2]).then(
        (cells) => ({ cells, error: null }),
        (error: unknown) => ({ cells: null, error }),
      );
    let next = wanted.length > 0 ? start(0) : null;
    for (let at = 0; next !== null; at++) {
      const { cells, error } = await next;
      next = at + 1 < wanted.length ? start(at + 1) : null;
      if (cells !== null) yield { photo: wanted[at], ...cells };
      else if (error instanceof LanguageError) this.#leaveOut(wanted[at], error);
      else throw error;
    }
  }

  #allocate(): [Float32Array, Float32Array] {
    const { photos } = this.source;
    const largest = photos.reduce((most, _, photo) => Math.max(most, cellCount(this.source, photo)), 0);
    const length = largest * widthOf(this.source);
    return [new Float32Array(length), new Float32Array(photos.length > 1 ? length : 0)];
  }

  #leaveOut(photo: number, problem: LanguageError): void {
    this.broken.add(photo);
    this.#warn(said('photoLeftOut', { photo: this.source.photos[photo], problem: problem.message }));
    if (this.broken.size === this.source.photos.length) throw problem;
  }
}
