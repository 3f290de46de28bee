/**
 * Overlays on the graphics card: a texture each, SPLAT_ROW texels a row, texel i the number of row i of the shown snapshot. They
 * grow by capacity and are written over, never made anew, as long as the snapshot fits.
 */
import {
  ClampToEdgeWrapping,
  DataTexture,
  NearestFilter,
  RedIntegerFormat,
  RGBAFormat,
  UnsignedByteType,
  UnsignedShortType,
} from 'three';
import { overlayTypes } from '#contract/frame';
import type { OverlayName, SectionArray } from '#contract/frame';
import { SPLAT_ROW } from './splatShader';

/** Texels for `count` splats with room to grow: whole rows, at least one. */
export function capacityFor(count: number): number {
  return Math.max(1, Math.ceil((count * 1.25) / SPLAT_ROW)) * SPLAT_ROW;
}

function makeTexture(name: OverlayName, capacity: number): DataTexture {
  const height = capacity / SPLAT_ROW;
  const texture =
    overlayTypes[name] === 'u32'
      ? new DataTexture(new Uint8Array(4 * capacity), SPLAT_ROW, height, RGBAFormat, UnsignedByteType)
      : overlayTypes[name] === 'u16'
        ? new DataTexture(new Uint16Array(capacity), SPLAT_ROW, height, RedIntegerFormat, UnsignedShortType)
        : new DataTexture(new Uint8Array(capacity), SPLAT_ROW, height, RedIntegerFormat, UnsignedByteType);
  if (overlayTypes[name] === 'u16') texture.internalFormat = 'R16UI';
  if (overlayTypes[name] === 'u8') texture.internalFormat = 'R8UI';
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  texture.wrapS = ClampToEdgeWrapping;
  texture.wrapT = ClampToEdgeWrapping;
  texture.needsUpdate = true;
  return texture;
}

export class OverlayTextures {
  readonly #textures = new Map<OverlayName, DataTexture>();

  /** The texture to read from; one texel of zeros' worth of rows before anything was written. */
  texture(name: OverlayName): DataTexture {
    return this.#textures.get(name) ?? this.#make(name, SPLAT_ROW);
  }

  /** Takes one number a splat; a copy of memory, nothing per splat. */
  write(name: OverlayName, numbers: SectionArray): void {
    let texture = this.texture(name);
    const perSplat = overlayTypes[name] === 'u32' ? 4 : 1;
    const room = texture.image.data?.length ?? 0;
    if (numbers.length * perSplat > room) texture = this.#make(name, capacityFor(numbers.length));
    const data = texture.image.data;
    if (data instanceof Uint16Array) data.set(numbers);
    else if (data instanceof Uint8Array)
      data.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    texture.needsUpdate = true;
  }

  #make(name: OverlayName, capacity: number): DataTexture {
    this.#textures.get(name)?.dispose();
    const texture = makeTexture(name, capacity);
    this.#textures.set(name, texture);
    return texture;
  }

  dispose(): void {
    for (const texture of this.#textures.values()) texture.dispose();
    this.#textures.clear();
  }
}
