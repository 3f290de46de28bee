/**
 * A codebook while it is learned, as a person can look at it: one photo's index map by the entries as they are now, their names, and
 * how many cells chose each. A look is a pass over one photo; it waits until it costs at most a fiftieth of the time.
 */
import type { CodebookShape } from '../../kernels/index';
import type { CellSource } from '../cells';
import { LanguageError } from '../errors';
import type { Codebook, EntryName } from './codebookFile';
import { Encoder, type PhotoFrame } from './encode';
import { encodeIndexMap } from './indexMap';
import { cellCount, widthOf } from './photoReader';

/** Looks are at least so far apart, s, and the time between two is at least so many times what one takes. */
const SECONDS = 1;
const PATIENCE = 50;
/** What stands in such a map for the codebook's hash, which it has only when it is done. */
export const NO_HASH = 'forming';

export interface FormingCodebook {
  readonly photo: string;
  /** the map's file, which ends with the job */
  readonly file: string;
  /** [N] cells that chose each entry */
  readonly counts: readonly number[];
  /** empty without words */
  readonly names: readonly EntryName[];
}

export interface FormingInputs {
  readonly source: CellSource;
  readonly shape: CodebookShape;
  readonly frame: (photo: number) => Promise<PhotoFrame>;
  readonly name: ((codebook: Pick<Codebook, 'entries' | 'shape'>) => Promise<EntryName[]>) | null;
  /** keeps the map, in place of the one before it, and says where */
  readonly keep: (png: Uint8Array) => Promise<string>;
}

export class FormingLooks {
  readonly #inputs: FormingInputs;
  readonly #photo: number;
  readonly #tell: (forming: FormingCodebook) => void;
  #cells: Float32Array | null = null;
  #next = performance.now() + 1000 * SECONDS;

  /** @param tell  hears of every look */
  constructor(inputs: FormingInputs, tell: (forming: FormingCodebook) => void) {
    this.#inputs = inputs;
    // One photo all along, so that the eye can follow it.
    this.#photo = inputs.source.photos.length >> 1;
    this.#tell = tell;
  }

  /** Looks, when it is time. @param entries  [N, width] @param counts  [N] @throws FileError */
  async look(entries: Float32Array, counts: ArrayLike<number>): Promise<void> {
    const began = performance.now();
    if (began < this.#next) return;
    try {
      await this.#look(entries, counts);
    } catch (error) {
      // A photo that cannot be read is told of where it is learned from; here there is nothing to look at.
      if (!(error instanceof LanguageError)) throw error;
      this.#next = Infinity;
      return;
    }
    const now = performance.now();
    this.#next = now + Math.max(1000 * SECONDS, PATIENCE * (now - began));
  }

  async #look(entries: Float32Array, counts: ArrayLike<number>): Promise<void> {
    const { source, shape, frame, name, keep } = this.#inputs;
    const photo = this.#photo;
    this.#cells ??= new Float32Array(cellCount(source, photo) * widthOf(source));
    const whole = await frame(photo);
    const read = await source.read(photo, this.#cells);
    const indices = new Encoder(entries, shape).encode(read, whole);
    const file = await keep(encodeIndexMap(indices, whole.width, whole.height, NO_HASH));
    const names = name === null ? [] : await name({ entries, shape });
    this.#tell({ photo: source.photos[photo], file, counts: Array.from(counts), names });
  }
}
