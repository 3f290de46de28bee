/**
 * Lines of a text file, for COLMAP's text models: streamed, any line ending, and bounded.
 *
 * Only the first bytes of a line are kept, 8 KiB unless the reader asks for more: the observation lists that follow an image or
 * a point run to megabytes and are never needed. A hostile file of one endless line therefore costs nothing either.
 */
import { CaptureError } from './errors';
import type { ByteSource } from './byteSource';

const WINDOW = 1 << 18;
const KEPT = 8192;

export class LineReader {
  /** 1-based number of the line that `next` gave last */
  number = 0;
  /** bytes of the file */
  readonly size: number;
  readonly #source: ByteSource;
  readonly #window: Buffer;
  #start = 0;
  #length = 0;
  #at = 0;
  readonly #kept: number;

  /** @param kept  bytes of a line; what follows is dropped */
  constructor(source: ByteSource, kept = KEPT) {
    this.#source = source;
    this.#kept = kept;
    this.size = source.size;
    this.#window = Buffer.allocUnsafe(Math.min(WINDOW, source.size));
  }

  /** The next line without its ending, cut to what is kept; null at the end of the file. @throws CaptureError when not UTF-8 */
  next(): string | null {
    const kept: Buffer[] = [];
    let bytes = 0;
    let any = false;
    for (;;) {
      if (this.#at === this.#length && !this.#refill()) {
        if (!any) return null;
        break;
      }
      any = true;
      const end = this.#window.subarray(0, this.#length).indexOf(10, this.#at);
      const stop = end < 0 ? this.#length : end;
      if (bytes < this.#kept) {
        // Copied, since refilling overwrites the window before the line is complete.
        kept.push(Buffer.from(this.#window.subarray(this.#at, Math.min(stop, this.#at + this.#kept - bytes))));
        bytes += kept[kept.length - 1].length;
      }
      this.#at = end < 0 ? stop : end + 1;
      if (end >= 0) break;
    }
    this.number++;
    return decode(Buffer.concat(kept), this.#kept, this);
  }

  /** The words of the next line that is neither blank nor a comment; null at the end of the file. */
  nextRecord(): string[] | null {
    for (let line = this.next(); line !== null; line = this.next()) {
      const text = line.trim();
      if (text !== '' && !text.startsWith('#')) return text.split(/\s+/);
    }
    return null;
  }

  fail(problem: string, field?: string, remedy = 're-export the model, or copy it again'): CaptureError {
    const where = `line ${this.number}` + (field === undefined ? '' : `, ${field}`);
    return new CaptureError({ file: this.#source.file, field: where, problem, remedy });
  }

  /** A finite number. @throws CaptureError naming line and field */
  finite(word: string | undefined, field: string): number {
    const value = word === undefined || word.length > 64 ? Number.NaN : Number(word);
    if (Number.isFinite(value)) return value;
    throw this.fail(word === undefined ? 'missing value' : `"${word.slice(0, 40)}" is not a finite number`, field);
  }

  /** An integer in 0…limit. @throws CaptureError naming line and field */
  integer(word: string | undefined, field: string, limit: number): number {
    if (word !== undefined && /^\d{1,15}$/.test(word) && Number(word) <= limit) return Number(word);
    throw this.fail(
      word === undefined ? 'missing value' : `"${word.slice(0, 40)}" is not an integer in 0…${limit}`,
      field,
    );
  }

  #refill(): boolean {
    this.#start += this.#length;
    this.#length = Math.min(this.#window.length, this.#source.size - this.#start);
    this.#at = 0;
    if (this.#length === 0) return false;
    this.#source.read(this.#window.subarray(0, this.#length), this.#start);
    return true;
  }
}

function decode(bytes: Buffer, limit: number, reader: LineReader): string {
  // A line cut at the limit may end inside a character; the tail of such a line is never looked at.
  const whole = bytes.length < limit;
  try {
    const text = new TextDecoder('utf-8', { fatal: whole }).decode(bytes);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  } catch {
    throw reader.fail('not UTF-8 text');
  }
}
