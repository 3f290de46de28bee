/** Colours on the screen, and back from them to the numbers that they stand for. */
import sharp from 'sharp';
import { colourMapBytes } from '../../../src-renderer/viewport/colourMaps';
import type { ColourMap } from '../../../src-renderer/viewport/interface';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** red, green, blue … */
  readonly rgb: Buffer;
}

export async function pixelsOf(png: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

export const pixelAt = ({ width, rgb }: Pixels, x: number, y: number): [number, number, number] => {
  const at = 3 * (y * width + x);
  return [rgb[at], rgb[at + 1], rgb[at + 2]];
};

/**
 * The share 0 … 1 that a pixel's colour stands for: the level of the map that comes nearest once it is laid over a grey background.
 *
 * @param alpha  how much of the pixel is the scene's @param background  level of the grey behind it
 */
export function shareAt(pixels: Pixels, pixel: number, map: ColourMap, alpha: number, background: number): number {
  const bytes = colourMapBytes(map);
  let best = 0;
  let least = Infinity;
  for (let level = 0; level < 256; level++) {
    let distance = 0;
    for (let k = 0; k < 3; k++)
      distance += Math.abs(alpha * bytes[4 * level + k] + (1 - alpha) * background - pixels.rgb[3 * pixel + k]);
    if (distance >= least) continue;
    least = distance;
    best = level;
  }
  return best / 255;
}
