/**
 * A little-endian cursor over a file, for COLMAP's binary models.
 *
 * It holds one window of the file, whatever the file's size: models of thousands of photos carry gigabytes of
 * observations that are skipped unread. Every value is checked against the file's end, and every count against the bytes
 * that its records need, before anything is allocated for them.
 */
import { CaptureError } from './errors';
import type { ByteSource } from './byteSource';

const WINDOW = 1 << 18;
const REMEDY = 're-export the model, or copy it again';

export class ByteReader {
  /** where the cursor is, in the file's own terms (`image 37 of 97`), for messages */
  where: () => string = () => 'header';
  readonly #source: ByteSource;
  readonly #window: Buffer;
  #view: DataView;
  /** file position of the window's first byte, its valid length, and the cursor inside it */
  #start = 0;
  #length = 0;
  #at = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#window = Buffer.allocUnsafe(Math.min(WINDOW, source.size));
    this.#view = new DataView(this.#window.buffer, this.#window.byteOffset, this.#window.byteLength);
  }

  get offset(): number {
    return this.#start + this.#at;
  }

  get remaining(): number {
    return this.#source.size - this.offset;
  }

  fail(problem: string, offset = this.offset, remedy = REMEDY): CaptureError {
    return new CaptureError({ file: this.#source.file, field: this.where(), offset, problem, remedy });
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** An unsigned 64-bit integer as a number; above 2⁵³ it is rounded, which no check here lets through. */
  u64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  /** A finite double. @throws CaptureError naming `field` on NaN and infinity */
  f64(field: string): number {
    const value = this.#view.getFloat64(this.#take(8), true);
    if (!Number.isFinite(value)) throw this.fail(`${field} is ${value}`, this.offset - 8);
    return value;
  }

  /**
   * A record count, held against the bytes that are left.
   *
   * @param bytesEach  the least that one record takes
   * @param width      bytes of the count itself
   */
  count(what: string, bytesEach: number, limit: number, width: 4 | 8 = 8): number {
    const value = width === 8 ? this.u64() : this.u32();
    const bound = Math.min(limit, Math.floor(this.remaining / bytesEach));
    if (value <= bound) return value;
    const start = this.offset - width;
    // A negative count reads as one near 2⁶⁴.
    if (value >= 2 ** 63) throw this.fail(`the count of ${what} is negative`, start);
    const room =
      value > limit
        ? `Legato reads at most ${limit.toLocaleString('en-US')}`
        : `the file has room for ${bound.toLocaleString('en-US')}`;
    throw this.fail(`${value.toLocaleString('en-US')} ${what} are announced, but ${room}`, start);
  }

  /** A zero-terminated UTF-8 string of at most `limit` bytes. */
  text(field: string, limit: number): string {
    const start = this.offset;
    const bytes: number[] = [];
    for (let byte = this.u8(); byte !== 0; byte = this.u8()) {
      if (bytes.length === limit) throw this.fail(`${field} is longer than ${limit} bytes`, start);
      bytes.push(byte);
    }
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
    } catch {
      throw this.fail(`${field} is not UTF-8`, start);
    }
  }

  /** Moves on without reading. */
  skip(bytes: number): void {
    if (bytes > this.remaining) throw this.fail('truncated', this.#source.size);
    this.#at += bytes;
  }

  /** @throws CaptureError when bytes are left: then some count was wrong */
  end(): void {
    this.where = () => 'end of file';
    if (this.remaining > 0) throw this.fail(`${this.remaining.toLocaleString('en-US')} bytes are left over`);
  }

  /** Makes `bytes` available; returns their place in the window. */
  #take(bytes: number): number {
    if (this.#at + bytes > this.#length) this.#refill(bytes);
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  #refill(bytes: number): void {
    if (bytes > this.remaining) throw this.fail('truncated', this.#source.size);
    this.#start += this.#at;
    this.#at = 0;
    this.#length = Math.min(this.#window.length, this.#source.size - this.#start);
    this.#source.read(this.#window.subarray(0, this.#length), this.#start);
  }
}
