/**
 * The pixels that a step's semantic loss looks at: one drawn in each cell of a grid over the picture, so that every part of it is
 * seen, and their labels from the photo's index map (nearest, since indices are never interpolated).
 */
import { CounterRandom } from '../base/index';

/** An index map of a photo: 1 … N, 0 = no label. */
export interface IndexMap {
  width: number;
  height: number;
  /** [height, width] */
  indices: Uint8Array;
}

export interface PixelSample {
  /** y·width + x */
  pixels: Int32Array;
  /** [pixels] 1 … N, 0 = none */
  labels: Uint8Array;
}

/**
 * About `wanted` pixels of a picture; 0, or more than there are, takes every one.
 *
 * @param map  of any size; the picture's pixel centres look it up
 */
export function samplePixels(
  width: number,
  height: number,
  wanted: number,
  map: IndexMap,
  seed: number,
  step: number,
): PixelSample {
  const all = width * height;
  if (wanted === 0 || wanted >= all)
    return withLabels(
      Int32Array.from({ length: all }, (_, i) => i),
      width,
      height,
      map,
    );
  const columns = Math.max(1, Math.min(width, Math.round(Math.sqrt((wanted * width) / height))));
  const rows = Math.max(1, Math.min(height, Math.round(wanted / columns)));
  const random = new CounterRandom(seed, 'pixels', step);
  const pixels = new Int32Array(columns * rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column;
      const x = Math.floor(((column + random.uniform(2 * cell)) * width) / columns);
      const y = Math.floor(((row + random.uniform(2 * cell + 1)) * height) / rows);
      pixels[cell] = Math.min(height - 1, y) * width + Math.min(width - 1, x);
    }
  return withLabels(pixels, width, height, map);
}

function withLabels(pixels: Int32Array, width: number, height: number, map: IndexMap): PixelSample {
  const labels = Uint8Array.from(pixels, (pixel) => {
    const x = Math.floor((((pixel % width) + 0.5) * map.width) / width);
    const y = Math.floor(((Math.floor(pixel / width) + 0.5) * map.height) / height);
    return map.indices[y * map.width + x];
  });
  return { pixels, labels };
}
