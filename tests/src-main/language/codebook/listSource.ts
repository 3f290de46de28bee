/** A source of cells that were made beforehand, for tests that know every cell. */
import type { CellSource, FeatureGrid, PhotoCells } from '../../../../src-main/language/cells';
import { LanguageError } from '../../../../src-main/language/errors';

export interface ListedPhoto extends FeatureGrid {
  readonly name: string;
  /** null: cannot be read */
  readonly cells: Float32Array | null;
  readonly valid?: Uint8Array;
}

export class ListSource implements CellSource {
  readonly clipWidth: number;
  readonly dinoWidth: number;
  readonly photos: readonly string[];
  /** how often each photo was read */
  readonly reads: number[];
  readonly #listed: readonly ListedPhoto[];

  constructor(clipWidth: number, dinoWidth: number, listed: readonly ListedPhoto[]) {
    this.clipWidth = clipWidth;
    this.dinoWidth = dinoWidth;
    this.#listed = listed;
    this.photos = listed.map(({ name }) => name);
    this.reads = listed.map(() => 0);
  }

  grid(photo: number): FeatureGrid {
    return this.#listed[photo];
  }

  async read(photo: number, into?: Float32Array): Promise<PhotoCells> {
    this.reads[photo]++;
    await Promise.resolve();
    const { name, rows, columns, cells, valid } = this.#listed[photo];
    if (cells === null) throw new LanguageError(`${name}.features`, 'damaged at byte 12; run legato features again');
    const out = into ?? new Float32Array(cells.length);
    out.set(cells);
    return { rows, columns, cells: out, valid: valid ?? null };
  }
}

/** Photos of one-wide halves whose cells are numbered, so that each can be told apart: cell i of photo p is (p, i). */
export function numberedSource(
  sizes: readonly number[],
  invalid: (photo: number, cell: number) => boolean = () => false,
) {
  return new ListSource(
    1,
    1,
    sizes.map((size, photo) => ({
      name: `${photo}.jpg`,
      rows: 1,
      columns: size,
      cells: Float32Array.from({ length: 2 * size }, (_, i) => (i % 2 === 0 ? photo : i >> 1)),
      valid: Uint8Array.from({ length: size }, (_, cell) => (invalid(photo, cell) ? 0 : 1)),
    })),
  );
}
