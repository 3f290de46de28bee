/**
 * Frames between processes: a pipe of their own beside the messages, `u32 length, bytes` one after another.
 *
 * Over the message channel a frame of megabytes would leave in pieces of the socket's buffer, one for each turn of an event loop that is
 * busy with steps. Here a thread of Node's pool writes it, straight from the trainer's memory.
 */
import { write } from 'node:fs';
import { FRAME_LIMIT } from '#contract/frame';

/** Where a forked trainer finds its end of the pipe; 0 … 2 are the standard streams, 3 carries messages. */
export const FRAME_FD = 4;
const PREFIX = 4;

/** The trainer's end. Bytes are borrowed until the other side has them. */
export class FrameWriter {
  readonly #fd: number;
  #queue: Promise<void> = Promise.resolve();
  #broken = false;

  constructor(fd = FRAME_FD) {
    this.#fd = fd;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const prefix = new Uint8Array(PREFIX);
    new DataView(prefix.buffer).setUint32(0, bytes.byteLength, true);
    this.#queue = this.#queue.then(async () => {
      await this.#write(prefix);
      await this.#write(bytes);
    });
  }

  /** Resolves when everything is written, or the other side is gone. */
  get drained(): Promise<void> {
    return this.#queue;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength && !this.#broken;) {
      at += await new Promise<number>((resolve) =>
        write(this.#fd, bytes, at, bytes.byteLength - at, null, (error, written) => {
          // The owner's end is closed: whoever looked is gone, and the message channel says so too.
          if (error) this.#broken = true;
          resolve(error ? 0 : written);
        }),
      );
    }
  }
}

/** The owner's end: puts frames together from whatever pieces arrive. */
export class FrameReader {
  readonly #deliver: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #prefix = new Uint8Array(PREFIX);
  #prefixed = 0;
  #frame: Uint8Array<ArrayBuffer> | null = null;
  #filled = 0;
  #broken = false;

  constructor(deliver: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#deliver = deliver;
  }

  /** @returns false when what arrives cannot be frames any more */
  push(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.byteLength && !this.#broken;) {
      if (this.#frame) {
        const part = chunk.subarray(at, at + this.#frame.byteLength - this.#filled);
        this.#frame.set(part, this.#filled);
        this.#filled += part.byteLength;
        at += part.byteLength;
      } else {
        this.#prefix[this.#prefixed++] = chunk[at++];
        if (this.#prefixed < PREFIX) continue;
        const length = new DataView(this.#prefix.buffer).getUint32(0, true);
        this.#broken = length > FRAME_LIMIT;
        if (!this.#broken) this.#frame = new Uint8Array(length);
      }
      if (this.#frame && this.#filled === this.#frame.byteLength) {
        const whole = this.#frame;
        this.#frame = null;
        this.#filled = 0;
        this.#prefixed = 0;
        this.#deliver(whole);
      }
    }
    return !this.#broken;
  }
}
