/**
 * Where crops for CLIP are cut (METHOD §2): a deterministic pyramid, or seeded random ones.
 *
 * Pyramid: square tiles of edge t = linspace(0.05, 0.5, 7) photo heights H, zero padding of half a tile, stride at most
 *
 *   s(t) = t · interp(t, [0.05, 0.15], [1, 0.5])        fine levels do not overlap, coarse ones by half
 *
 * With that padding the first tile is centred on the photo's edge. The last one is, too: an axis of length L gets
 * n = ⌈L / s⌉ + 1 tiles with centres at i·L/(n − 1), so that every pixel is covered, whatever the photo's size.
 *
 * Random: edge r·H with r in [0.05, 0.2] and density ∝ 1/r², so that small crops cover as much of the photo as large ones;
 * the centre uniform over the photo, the crop then moved inside. Inverse CDF: r = 1 / (1/a − u·(1/a − 1/b)).
 */
import type { TrainingSettings } from '#contract/settings';
import { CounterRandom } from '../../base/index';
import type { CropBox } from './cropWriter';
import { details } from './detail';

export type CropSettings = Pick<
  TrainingSettings,
  | 'crops'
  | 'featureDetail'
  | 'cropLevels'
  | 'cropScaleMin'
  | 'cropScaleMax'
  | 'randomCrops'
  | 'randomScaleMin'
  | 'randomScaleMax'
  | 'seed'
>;

/** A level: `columns`×`rows` tiles whose centres span the photo from edge to edge. */
export interface PyramidLevel {
  /** edge of its tiles in photo heights */
  readonly scale: number;
  readonly columns: number;
  readonly rows: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** numpy's interp between two points. */
function interpolate(x: number, [x0, x1]: [number, number], [y0, y1]: [number, number]): number {
  const t = Math.min(1, Math.max(0, (x - x0) / (x1 - x0)));
  return y0 + t * (y1 - y0);
}

/** Stride of a level's tiles, in tile edges. @param scale  edge in photo heights */
export function strideRatio(scale: number): number {
  return interpolate(scale, [0.05, 0.15], [1, 0.5]);
}

/** Edges of all levels, finest first, in photo heights. */
export function levelScales(settings: CropSettings): number[] {
  const { cropLevels: count, cropScaleMin: min, cropScaleMax: max } = settings;
  const [low, high] = [Math.min(min, max), Math.max(min, max)];
  return Array.from({ length: count }, (_, i) => (count === 1 ? low : low + ((high - low) * i) / (count - 1)));
}

/** Edges of the levels that the detail keeps. */
export function chosenScales(settings: CropSettings): number[] {
  const { finestLeftOut, levelStep } = details[settings.featureDetail];
  const scales = levelScales(settings);
  return scales.slice(Math.min(finestLeftOut, scales.length - 1)).filter((_, i) => i % levelStep === 0);
}

/** The levels that the detail asks for, finest first. */
export function pyramidLevels({ width, height }: Size, settings: CropSettings): PyramidLevel[] {
  const { strideFactor } = details[settings.featureDetail];
  return chosenScales(settings).map((scale) => {
    const stride = Math.max(1, scale * height * Math.min(1, strideFactor * strideRatio(scale)));
    // The last digits of a product must not add a tile.
    const tiles = (length: number) => Math.ceil(length / stride - 1e-9) + 1;
    return { scale, columns: tiles(width), rows: tiles(height) };
  });
}

/** A level's tiles, row by row; those at the edges lie half outside. */
export function* levelBoxes({ width, height }: Size, { scale, columns, rows }: PyramidLevel): Generator<CropBox> {
  const edge = scale * height;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const left = (column * width) / (columns - 1) - edge / 2;
      yield { left, top: (row * height) / (rows - 1) - edge / 2, width: edge, height: edge };
    }
  }
}

function randomCount({ randomCrops, featureDetail }: CropSettings): number {
  return Math.max(1, Math.round(randomCrops * details[featureDetail].randomShare));
}

/** @param photo  name, which keys the photo's own random numbers */
export function randomBoxes({ width, height }: Size, settings: CropSettings, photo: string): CropBox[] {
  const random = new CounterRandom(settings.seed, `crops of ${photo}`);
  const low = 1 / Math.min(settings.randomScaleMin, settings.randomScaleMax);
  const high = 1 / Math.max(settings.randomScaleMin, settings.randomScaleMax);
  const count = randomCount(settings);
  const inside = (centre: number, edge: number, length: number): number =>
    edge >= length ? (length - edge) / 2 : Math.min(length - edge, Math.max(0, centre - edge / 2));
  return Array.from({ length: count }, (_, i) => {
    const edge = height / (low - random.uniform(3 * i) * (low - high));
    const left = inside(random.uniform(3 * i + 1) * width, edge, width);
    return { left, top: inside(random.uniform(3 * i + 2) * height, edge, height), width: edge, height: edge };
  });
}

/** Every crop of a photo, in the order in which its embeddings are stored. */
export interface PhotoCrops {
  readonly boxes: readonly CropBox[];
  /** of a pyramid; null for random crops */
  readonly levels: readonly PyramidLevel[] | null;
}

/** @param photo  name, which keys random crops */
export function photoCrops(size: Size, settings: CropSettings, photo: string): PhotoCrops {
  if (settings.crops === 'random') return { boxes: randomBoxes(size, settings, photo), levels: null };
  const levels = pyramidLevels(size, settings);
  return { boxes: levels.flatMap((level) => [...levelBoxes(size, level)]), levels };
}

/** How many crops a photo gets, without making them. */
export function cropCount(size: Size, settings: CropSettings): number {
  if (settings.crops === 'random') return randomCount(settings);
  return pyramidLevels(size, settings).reduce((sum, { columns, rows }) => sum + columns * rows, 0);
}

/** What decides where crops lie, for the cache: two settings with the same text cut the same crops. */
export function cropKey(settings: CropSettings): string {
  if (settings.crops === 'pyramid') {
    const { strideFactor } = details[settings.featureDetail];
    return JSON.stringify(['pyramid', chosenScales(settings), strideFactor]);
  }
  const { randomScaleMin, randomScaleMax, seed } = settings;
  return JSON.stringify(['random', randomCount(settings), randomScaleMin, randomScaleMax, seed]);
}
