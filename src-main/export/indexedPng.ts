/**
 * PNG pictures whose pixels are numbers with colours of their own (colour type 3, W3C PNG §11): a program reads the index, a person
 * sees the colour. An encoder of our own, because image libraries choose palettes for the eye and renumber them.
 */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MOST_COLOURS = 256;

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/**
 * @param indices  [height, width], below the number of colours
 * @param colours  sRGB bytes, at most 256
 */
export function indexedPng(
  width: number,
  height: number,
  indices: Uint8Array,
  colours: readonly (readonly [number, number, number])[],
): Uint8Array {
  if (colours.length === 0 || colours.length > MOST_COLOURS)
    throw new RangeError(`${colours.length} colours; an indexed picture has 1 … ${MOST_COLOURS}`);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  // Every line is led by its filter: none, as fits numbers that are not amounts.
  const lines = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) lines.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('PLTE', Uint8Array.from(colours.flat())),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', new Uint8Array(0)),
  ];
  return Buffer.concat(parts);
}
