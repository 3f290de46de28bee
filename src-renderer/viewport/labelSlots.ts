/**
 * Label numbers on the graphics card as slots of the palette. Labels have 16 bits and their numbers are never reused; a picture tells
 * 255 apart. Which slot a number has is the page's to say, so that a class that comes or goes rewrites this and no overlay.
 */
import { DataTexture, NearestFilter, RedFormat, UnsignedByteType } from 'three';
import { LABEL_NUMBERS } from './interface';

const ROW = 256;

export class LabelSlots {
  readonly #none = new Uint8Array(LABEL_NUMBERS);
  /** slot / 255 of label number n at column n mod 256, row n div 256 */
  readonly texture = new DataTexture(this.#none, ROW, LABEL_NUMBERS / ROW, RedFormat, UnsignedByteType);
  #slots: Uint8Array<ArrayBuffer> | null = null;

  constructor() {
    this.texture.minFilter = NearestFilter;
    this.texture.magFilter = NearestFilter;
    this.texture.needsUpdate = true;
  }

  /** @param slots [LABEL_NUMBERS] @returns whether they are others than before */
  set(slots: Uint8Array<ArrayBuffer> | null): boolean {
    if (slots === this.#slots) return false;
    this.#slots = slots;
    this.texture.image.data = slots ?? this.#none;
    this.texture.needsUpdate = true;
    return true;
  }

  dispose(): void {
    this.texture.dispose();
  }
}
