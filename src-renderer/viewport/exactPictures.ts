/**
 * Pictures that the trainer rendered at this pose: asked for when the camera has rested for a moment, one channel after the other,
 * dropped as soon as anything moves.
 *
 *   moving ──rest──▶ asking(first channel) ──picture──▶ asking(next) … ──▶ exact
 *      ▲────────────────────── the camera moves, or another channel is shown ──────┘
 *
 * While training goes on, a picture is asked for anew with every snapshot; the last one stays until its successor is here, or until it
 * has stood for LIFE and the live picture is of a later step: what costs the trainer much comes too seldom to follow.
 */
import { DataTexture, LinearFilter, NearestFilter, RedFormat, RGBAFormat, RGFormat, UnsignedByteType } from 'three';
import type { MagnificationTextureFilter, PixelFormat } from 'three';
import { pictureTypes } from '#contract/frame';
import type { Frame, FrameOf, PictureChannel, SectionArray } from '#contract/frame';

export interface ExactPicture {
  readonly header: FrameOf<'picture'>;
  /** when it came, ms of the page's clock */
  readonly since: number;
  /** colours as RGBA, scalars as two bytes, entries as one; classes as one, their relevancy in the next two */
  readonly values: DataTexture;
  readonly alpha: DataTexture;
}

export interface PictureRequest {
  readonly request: number;
  readonly channel: PictureChannel;
}

/** ms */
const LIFE = 6000;

const formats = { u8: RedFormat, u16: RGFormat, u32: RGBAFormat } as const;

/** Classes and their relevancies as one texel a pixel: class, relevancy low and high byte, 0. */
export function classTexels(classes: SectionArray, relevancies: SectionArray): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(classes, (name, i) => name | (relevancies[i] << 8));
}

function byteTexture(
  numbers: SectionArray,
  width: number,
  height: number,
  format: PixelFormat,
  filter: MagnificationTextureFilter,
): DataTexture {
  const bytes = new Uint8Array(numbers.buffer as ArrayBuffer, numbers.byteOffset, numbers.byteLength);
  const texture = new DataTexture(bytes, width, height, format, UnsignedByteType);
  texture.minFilter = filter;
  texture.magFilter = filter;
  texture.needsUpdate = true;
  return texture;
}

export class ExactPictures {
  readonly #ask: (request: PictureRequest) => void;
  readonly #changed: () => void;
  readonly #pictures = new Map<PictureChannel, ExactPicture>();
  #wanted: readonly PictureChannel[] = [];
  /** channels that are not answered yet, the next one first */
  #open: PictureChannel[] = [];
  #pending: PictureRequest | null = null;
  #requests = 0;

  constructor(ask: (request: PictureRequest) => void, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** The camera rests and shows these channels, or there is something newer to see of them. */
  want(channels: readonly PictureChannel[]): void {
    this.#wanted = channels;
    for (const channel of this.#pictures.keys()) if (!channels.includes(channel)) this.#forget(channel);
    this.#open = [...channels];
    // A picture that is under way is waited for; its channel comes again after it.
    if (this.#pending === null || !channels.includes(this.#pending.channel)) this.#next();
  }

  /** The camera moves, or another question was asked: nothing of this is true any more. */
  drop(): void {
    this.#wanted = [];
    this.#open = [];
    this.#pending = null;
    for (const channel of [...this.#pictures.keys()]) this.#forget(channel);
  }

  /** @returns whether it was waited for */
  take({ header, sections }: Frame & { header: FrameOf<'picture'> }): boolean {
    if (this.#pending?.request !== header.request || this.#pending.channel !== header.channel) return false;
    this.#pending = null;
    this.#forget(header.channel);
    const { width, height, channel } = header;
    const filter = channel === 'colour' ? LinearFilter : NearestFilter;
    const sent = sections.get('values') as SectionArray;
    const values =
      channel === 'class'
        ? byteTexture(classTexels(sent, sections.get('relevancy') as SectionArray), width, height, RGBAFormat, filter)
        : byteTexture(sent, width, height, formats[pictureTypes[channel]], filter);
    const alpha = byteTexture(sections.get('alpha') as SectionArray, width, height, RedFormat, filter);
    this.#pictures.set(channel, { header, since: performance.now(), values, alpha });
    this.#changed();
    this.#next();
    return true;
  }

  /** It came, but of a question that is over: what is wanted can be asked for again. */
  miss({ request, channel }: FrameOf<'picture'>): void {
    if (this.#pending?.request !== request || this.#pending.channel !== channel) return;
    this.#pending = null;
  }

  /** @param step  that the live picture of the channel is of */
  giveWay(channel: PictureChannel, step: number): void {
    const picture = this.#pictures.get(channel);
    if (!picture || picture.header.step >= step || performance.now() - picture.since < LIFE) return;
    this.#forget(channel);
    this.#changed();
  }

  get(channel: PictureChannel): ExactPicture | null {
    return this.#pictures.get(channel) ?? null;
  }

  /** live: nothing asked for; exact: every shown channel is the trainer's */
  get state(): 'live' | 'waiting' | 'exact' {
    if (this.#wanted.length === 0) return 'live';
    return this.#wanted.every((channel) => this.#pictures.has(channel)) ? 'exact' : 'waiting';
  }

  #next(): void {
    const channel = this.#open.shift();
    if (channel === undefined) return;
    this.#pending = { request: ++this.#requests, channel };
    this.#ask(this.#pending);
  }

  #forget(channel: PictureChannel): void {
    const picture = this.#pictures.get(channel);
    picture?.values.dispose();
    picture?.alpha.dispose();
    this.#pictures.delete(channel);
  }

  dispose(): void {
    this.drop();
  }
}
