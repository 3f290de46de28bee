/**
 * A codebook against the exact truth of a demo room: what its maps would score if every index were taken for the class that it meets
 * most often, near class boundaries apart, and whether words find their entries.
 *
 *   oracle    the CLIP half of the features, averaged over each class's cells, against the text vectors of all names: what encoder
 *             and words allow, codebook and edges left aside. Averaged over the cells in one photo it is what a picture alone can
 *             answer; over the cells in all photos, what a scene can that adds up its views
 *   retrieval a name counts as found when the entry nearest to its text vector belongs, by majority of pixels, to that class
 */
import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import { readTruth, truthFile, truthMap, type DemoTruth } from '../../capture/demo/truth';
import { Agreement, boundaryBand } from '../agreement';
import type { CellSource } from '../cells';
import type { Codebook } from './codebookFile';
import { dot, unitHalves } from './halves';
import { readIndexMap } from './indexMap';
import { mapName } from './mapFolder';
import type { WordEncoder } from './names';

export interface TruthReport {
  /** classes that the photos show */
  readonly classes: number;
  readonly purity: number;
  readonly meanIoU: number;
  /** pixels within `radius` of another class */
  readonly band: { readonly radius: number; readonly purity: number; readonly meanIoU: number };
  /** mean IoU over cells, features averaged over each class in a photo and in all photos; null without a text encoder */
  readonly oracle: { readonly photo: number; readonly capture: number } | null;
  /** names whose nearest entry is of their class; null without a text encoder */
  readonly found: number | null;
  readonly missed: readonly string[];
}

/** Of a picture's width. */
const BAND = 1 / 80;

export interface TruthInputs {
  /** the capture's folder */
  readonly capture: string;
  readonly source: CellSource;
  readonly codebook: Pick<Codebook, 'entries' | 'shape' | 'size'>;
  /** folder of the index maps */
  readonly maps: string;
  /** photos without a map */
  readonly leftOut: readonly string[];
  readonly encoder: WordEncoder | null;
}

/** @returns null for a capture without truth  @throws CaptureError, LanguageError */
export async function againstTruth(inputs: TruthInputs): Promise<TruthReport | null> {
  const { capture, source, codebook, maps, leftOut, encoder } = inputs;
  if ((await stat(truthFile(capture)).catch(() => null)) === null) return null;
  const truth = await readTruth(capture);
  const largest = Math.max(...truth.classes.map(({ id }) => id));
  const everywhere = new Agreement(codebook.size, largest);
  const band = new Agreement(codebook.size, largest);
  let radius = 0;
  const labels = new Map<number, { labels: Uint8Array; width: number; height: number }>();
  for (const [photo, name] of source.photos.entries()) {
    if (leftOut.includes(name)) continue;
    const map = await readIndexMap(join(maps, mapName(name)));
    const shown = await readIndexMap(truthMap(capture, 'class', name));
    const resized = nearest(shown.indices, shown.width, shown.height, map.width, map.height);
    radius = Math.max(1, Math.round(BAND * map.width));
    everywhere.add(map.indices, resized);
    band.add(map.indices, resized, boundaryBand(resized, map.width, map.height, radius));
    labels.set(photo, { labels: shown.indices, width: shown.width, height: shown.height });
  }
  const majority = everywhere.majority();
  const present = truth.classes.filter(({ id }) => everywhere.pixelsOf(id) > 0);
  const words = encoder && (await encoder.encode(present.map(({ name }) => name)));
  const missed = words && missing(present, words, codebook, majority);
  return {
    classes: present.length,
    purity: everywhere.purity,
    meanIoU: everywhere.meanIoU(),
    band: { radius, purity: band.purityOf(majority), meanIoU: band.meanIoU(majority) },
    oracle: words && (await oracle(source, labels, present, words)),
    found: missed && present.length - missed.length,
    missed: missed ?? [],
  };
}

/** The index of the row of `texts` [n, width] that is nearest to a vector. */
function nearestText(vector: Float32Array, at: number, texts: Float32Array, width: number): number {
  let best = 0;
  let similarity = -Infinity;
  for (let row = 0; row * width < texts.length; row++) {
    const value = dot(vector, at, texts, row * width, width);
    if (value > similarity) [best, similarity] = [row, value];
  }
  return best;
}

function missing(
  present: DemoTruth['classes'],
  words: Float32Array,
  { entries, shape }: TruthInputs['codebook'],
  majority: Uint32Array,
): string[] {
  const { clipWidth, dinoWidth } = shape;
  const width = clipWidth + dinoWidth;
  const units = unitHalves(entries, shape);
  const used = Array.from({ length: entries.length / width }, (_, entry) => entry).filter(
    (entry) => majority[entry + 1] > 0,
  );
  const nearness = (row: number, entry: number): number => dot(words, row * clipWidth, units, entry * width, clipWidth);
  return present
    .filter(({ id }, row) => {
      const best = used.reduce((a, b) => (nearness(row, b) > nearness(row, a) ? b : a), used[0]);
      return majority[best + 1] !== id;
    })
    .map(({ name }) => name);
}

/** The cells of one class in one photo. */
interface Pool {
  readonly id: number;
  /** [clipWidth], summed over the cells that have a label */
  readonly sum: Float32Array;
  labelled: number;
  unlabelled: number;
}

async function oracle(
  source: CellSource,
  labels: ReadonlyMap<number, { labels: Uint8Array; width: number; height: number }>,
  present: DemoTruth['classes'],
  words: Float32Array,
): Promise<TruthReport['oracle']> {
  const { clipWidth } = source;
  const pools: Pool[] = [];
  for (const [photo, shown] of labels) pools.push(...(await poolsOf(source, photo, shown)));
  const everywhere = new Map(present.map(({ id }) => [id, new Float32Array(clipWidth)]));
  for (const { id, sum } of pools) everywhere.get(id)?.forEach((value, k, total) => (total[k] = value + sum[k]));
  const nameOf = (sum: Float32Array): number => present[nearestText(sum, 0, words, clipWidth)].id;
  const named = new Map([...everywhere].map(([id, sum]) => [id, nameOf(sum)]));
  return {
    photo: poolsAgree(pools, present, ({ sum }) => nameOf(sum)),
    capture: poolsAgree(pools, present, ({ id }) => named.get(id) ?? 0),
  };
}

async function poolsOf(
  source: CellSource,
  photo: number,
  shown: { labels: Uint8Array; width: number; height: number },
): Promise<Pool[]> {
  const { clipWidth, dinoWidth } = source;
  const width = clipWidth + dinoWidth;
  const { rows, columns, cells, valid } = await source.read(photo);
  const ofCell = nearest(shown.labels, shown.width, shown.height, columns, rows);
  const pools = new Map<number, Pool>();
  for (let cell = 0; cell < ofCell.length; cell++) {
    const id = ofCell[cell];
    if (id === 0) continue;
    let pool = pools.get(id);
    if (!pool) pools.set(id, (pool = { id, sum: new Float32Array(clipWidth), labelled: 0, unlabelled: 0 }));
    if (valid?.[cell] === 0) pool.unlabelled++;
    else {
      pool.labelled++;
      for (let k = 0; k < clipWidth; k++) pool.sum[k] += cells[cell * width + k];
    }
  }
  return [...pools.values()];
}

/** Mean IoU when the labelled cells of a pool all take the class that it is named. */
function poolsAgree(pools: readonly Pool[], present: DemoTruth['classes'], nameOf: (pool: Pool) => number): number {
  const largest = Math.max(0, ...present.map(({ id }) => id));
  const agreement = new Agreement(largest, largest);
  for (const pool of pools) {
    agreement.addMany(nameOf(pool), pool.id, pool.labelled);
    agreement.addMany(0, pool.id, pool.unlabelled);
  }
  return agreement.meanIoU(Array.from({ length: largest + 1 }, (_, id) => id));
}

/** Labels at the centres of another grid. */
function nearest(labels: Uint8Array, width: number, height: number, outWidth: number, outHeight: number): Uint8Array {
  if (width === outWidth && height === outHeight) return labels;
  const out = new Uint8Array(outWidth * outHeight);
  for (let y = 0, at = 0; y < outHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / outHeight) * width;
    for (let x = 0; x < outWidth; x++) out[at++] = labels[row + Math.floor(((x + 0.5) * width) / outWidth)];
  }
  return out;
}
