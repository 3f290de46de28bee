/** Colour maps as 256 colours of four bytes: viridis, and cividis for those who see reds and greens alike. */
import { interpolateCividis, interpolateViridis } from 'd3-scale-chromatic';
import type { ColourMap } from './interface';

const interpolators: Record<ColourMap, (t: number) => string> = {
  viridis: interpolateViridis,
  cividis: interpolateCividis,
};

const made = new Map<ColourMap, Uint8Array<ArrayBuffer>>();

/** red, green, blue, 255 of 256 levels */
export function colourMapBytes(name: ColourMap): Uint8Array<ArrayBuffer> {
  const known = made.get(name);
  if (known) return known;
  const bytes = new Uint8Array(4 * 256);
  for (let level = 0; level < 256; level++) {
    const colour = parseColour(interpolators[name](level / 255));
    bytes.set([...colour, 255], 4 * level);
  }
  made.set(name, bytes);
  return bytes;
}

/** The colour of a share 0 … 1, as drawn: the nearest of the 256. */
export function colourOf(name: ColourMap, share: number): [number, number, number] {
  const level = Math.round(Math.min(1, Math.max(0, share)) * 255);
  const [r, g, b] = colourMapBytes(name).subarray(4 * level, 4 * level + 3);
  return [r, g, b];
}

/** The two forms that come here: #rrggbb and rgb(r, g, b). */
export function parseColour(text: string): [number, number, number] {
  if (text.startsWith('#')) {
    const whole = Number.parseInt(text.slice(1), 16);
    return [whole >> 16, (whole >> 8) & 255, whole & 255];
  }
  const [r, g, b] = text.match(/[\d.]+/g)?.map(Number) ?? [];
  return [Math.round(r), Math.round(g), Math.round(b)];
}
