/**
 * The pixels that a step's semantic loss looks at, and their labels from the photo's index map (nearest, since indices are never
 * interpolated).
 *
 * Pixels come in handfuls of 16 that share a tile of 16×16: what a pixel sees is found by walking its tile's list of splats, and one
 * walk serves a whole vector of pixels. Tiles are drawn one in each cell of a grid over the picture, pixels one in each 4×4 square of
 * their tile, so that every part of the picture is seen.
 */
import { CounterRandom } from '../base/index';

/** Side of the renderer's tiles, px. */
const TILE = 16;
/** Pixels of a tile that are looked at together: 4 × 4 squares of 4 × 4 px. */
const SQUARE = 4;
const HANDFUL = SQUARE * SQUARE;
/** Places in a 4 × 4 square that one random uint32 draws. */
const PLACES = 8;

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
  const across = Math.ceil(width / TILE);
  const down = Math.ceil(height / TILE);
  const tiles = Math.max(1, wanted / HANDFUL);
  const columns = Math.max(1, Math.min(across, Math.round(Math.sqrt((tiles * across) / down))));
  const rows = Math.max(1, Math.min(down, Math.round(tiles / columns)));
  const random = new CounterRandom(seed, 'pixels', step);
  const pixels = new Int32Array(columns * rows * HANDFUL);
  let drawn = 0;
  for (let cell = 0, at = 0; cell < columns * rows; cell++) {
    const column = Math.floor((((cell % columns) + random.uniform(drawn++)) * across) / columns);
    const row = Math.floor(((Math.floor(cell / columns) + random.uniform(drawn++)) * down) / rows);
    const left = Math.min(across - 1, column) * TILE;
    const top = Math.min(down - 1, row) * TILE;
    const [w, h] = [Math.min(TILE, width - left), Math.min(TILE, height - top)];
    let places = 0;
    for (let i = 0; i < HANDFUL; i++) {
      // Four random bits place a pixel in its square of 4 × 4; a number of 32 serves eight.
      places = i % PLACES === 0 ? random.uint32(drawn++) : places >>> 4;
      const x = left + Math.floor((((i % SQUARE) * SQUARE + (places & 3) + 0.5) * w) / TILE);
      const y = top + Math.floor((((i >> 2) * SQUARE + ((places >>> 2) & 3) + 0.5) * h) / TILE);
      pixels[at++] = y * width + x;
    }
  }
  return withLabels(pixels, width, height, map);
}

function withLabels(pixels: Int32Array, width: number, height: number, map: IndexMap): PixelSample {
  const labels = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    const column = pixels[i] % width;
    const x = Math.floor(((column + 0.5) * map.width) / width);
    const y = Math.floor((((pixels[i] - column) / width + 0.5) * map.height) / height);
    labels[i] = map.indices[y * map.width + x];
  }
  return { pixels, labels };
}
