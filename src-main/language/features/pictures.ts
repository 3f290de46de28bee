/**
 * Features as pictures: the first three principal components over all photos become red, green and blue, so that what looks
 * alike is alike to the encoders, in every photo. Cells without label are transparent. One PNG a photo, a pixel a cell.
 *
 * Colours span the 1st to the 99th percentile of each component over a seeded sample of cells.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { CounterRandom, writeFileAtomically } from '../../base/index';
import type { PhotoCells } from '../cells';
import { LanguageError } from '../errors';
import type { JobContext } from '../worker/languageProcess';
import { FeatureSource } from './featureSource';
import { principalComponents, type PrincipalComponents } from './principalComponents';

/** Cells that the components are computed from. */
const SAMPLE = 6144;

/** Writes FOLDER/PHOTO.png for every photo with features. @throws LanguageError when there are none */
export async function writePictures(
  features: string,
  folder: string,
  heldOut: boolean,
  { publish, signal }: JobContext,
): Promise<void> {
  const source = await FeatureSource.open(features, { heldOut });
  const width = source.clipWidth + source.dinoWidth;
  const sample = new Float32Array(SAMPLE * width);
  const each = Math.max(1, Math.floor(SAMPLE / source.photos.length));
  const broken = new Set<number>();
  let rows = 0;
  for (let photo = 0; photo < source.photos.length && rows + each <= SAMPLE; photo++) {
    if (signal.aborted) return;
    try {
      rows += takeSample(await source.read(photo), each, sample.subarray(rows * width), width, photo);
    } catch (error) {
      if (!(error instanceof LanguageError)) throw error;
      broken.add(photo);
      publish({ type: 'warning', message: error.message, photo: source.photos[photo] });
    }
  }
  if (rows === 0) throw new LanguageError(features, 'no photo has a cell with features to draw');
  const components = principalComponents(sample, rows, width, 3);
  const ranges = components.axes.map((_, k) => percentiles(sample, rows, width, components, k));
  for (const [photo, name] of source.photos.entries()) {
    if (signal.aborted || broken.has(photo)) continue;
    const cells = await source.read(photo);
    const file = join(folder, `${name}.png`);
    await mkdir(dirname(file), { recursive: true });
    const raw = { width: cells.columns, height: cells.rows, channels: 4 as const };
    const png = await sharp(colours(cells, width, components, ranges), { raw })
      .png()
      .toBuffer();
    await writeFileAtomically(file, [png]);
    publish({ type: 'picture', photo: name, file });
  }
}

function takeSample(cells: PhotoCells, count: number, into: Float32Array, width: number, photo: number): number {
  const random = new CounterRandom(0, 'feature pictures', photo);
  const order = random.permutation(cells.rows * cells.columns);
  let taken = 0;
  for (const cell of order) {
    if (taken === count) break;
    if (cells.valid && cells.valid[cell] === 0) continue;
    into.set(cells.cells.subarray(cell * width, (cell + 1) * width), taken * width);
    taken++;
  }
  return taken;
}

function score(values: Float32Array, at: number, { mean, axes }: PrincipalComponents, k: number): number {
  let sum = 0;
  const axis = axes[k];
  for (let i = 0; i < axis.length; i++) sum += (values[at + i] - mean[i]) * axis[i];
  return sum;
}

function percentiles(
  sample: Float32Array,
  rows: number,
  width: number,
  components: PrincipalComponents,
  k: number,
): [number, number] {
  const scores = Float32Array.from({ length: rows }, (_, row) => score(sample, row * width, components, k)).sort();
  return [scores[Math.floor(0.01 * (rows - 1))], scores[Math.ceil(0.99 * (rows - 1))]];
}

function colours(
  { cells, valid, rows, columns }: PhotoCells,
  width: number,
  components: PrincipalComponents,
  ranges: readonly (readonly [number, number])[],
): Uint8Array {
  const rgba = new Uint8Array(4 * rows * columns);
  for (let cell = 0; cell < rows * columns; cell++) {
    if (valid && valid[cell] === 0) continue;
    for (const [k, [low, high]] of ranges.entries()) {
      const share = high > low ? (score(cells, cell * width, components, k) - low) / (high - low) : 0.5;
      rgba[4 * cell + k] = Math.round(255 * Math.min(1, Math.max(0, share)));
    }
    rgba[4 * cell + 3] = 255;
  }
  return rgba;
}
