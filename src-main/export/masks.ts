/**
 * Labels of a photo's pixels as pictures of numbers.
 *
 *   up to 256 numbers   indexed PNG, coloured by class
 *   more                16-bit grey PNG
 *
 * What the numbers mean is told beside them; 0 = no label, or too little of the scene is seen there.
 */
import sharp from 'sharp';
import { indexedPng } from './indexedPng';

const MOST_INDEXED = 256;

/** @param numbers  [height, width]; @param colours  by number, sRGB bytes, black for 0 as is usual */
export async function maskPng(
  width: number,
  height: number,
  numbers: Uint16Array,
  colours: readonly (readonly [number, number, number])[],
): Promise<Uint8Array> {
  if (colours.length <= MOST_INDEXED) return indexedPng(width, height, Uint8Array.from(numbers), colours);
  return sharp(numbers, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
}

/** A photo's name as that of its mask; no two photos share one. @param taken  names in use, added to */
export function maskName(photo: string, taken: Set<string>): string {
  const plain = photo.replace(/\.[^./]*$/, '').replace(/[\\/:*?"<>|]/g, '_');
  let name = `${plain}.png`;
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${plain}-${n}.png`;
  taken.add(name.toLowerCase());
  return name;
}
