/**
 * What a codebook is worth, as figures (METHOD §3, §7.9):
 *
 *   cosine       of each half of a cell with its entry: mean, and the value that 5 % of the cells fall short of
 *   perplexity   exp(−Σ q_i·ln q_i), q = share of cells that chose entry i: as many entries, used equally, would do the same
 *   bytes        float features a pixel before (4·d), one index after; a Gaussian carries d_s + 1 floats instead of d
 */
import type { CodebookShape } from '../../kernels/index';
import type { TruthReport } from './againstTruth';
import type { EntryName } from './codebookFile';
import type { CodebookMeasures, CosineStatistics } from './encode';
import type { EpochFigures } from './train';

/** d_s and the uncertainty's logit (METHOD §1). */
const FLOATS_PER_GAUSSIAN = 8 + 1;

export interface HalfReport {
  readonly mean: number;
  /** 5 % of the cells are below */
  readonly p5: number;
}

export interface CodebookReport {
  readonly entries: number;
  readonly photos: number;
  /** photos that could not be read and have no map */
  readonly leftOut: readonly string[];
  readonly cells: number;
  /** of the maps */
  readonly pixels: number;
  readonly unlabelledPixels: number;
  readonly clip: HalfReport;
  readonly dino: HalfReport;
  readonly used: number;
  readonly dead: number;
  readonly perplexity: number;
  /** share of cells of each entry, in the order of the entries */
  readonly utilisation: readonly number[];
  /** share of labelled pixels of each entry */
  readonly pixelShare: readonly number[];
  readonly bytes: {
    readonly featuresPerPixel: number;
    readonly indexPerPixel: number;
    readonly perGaussian: number;
    readonly perGaussianBefore: number;
    /** of all maps, as float features */
    readonly featuresOfMaps: number;
    /** files of the maps */
    readonly maps: number;
    readonly codebook: number;
  };
  readonly names: readonly EntryName[];
  readonly epochs: readonly EpochFigures[];
  readonly hash: string;
  /** a demo room's maps against its truth */
  readonly truth?: TruthReport | null;
}

const sum = (values: ArrayLike<number>): number =>
  Array.prototype.reduce.call(values, (a, b) => Number(a) + Number(b), 0) as number;

/** exp of the entropy of counts; 0 when there are none. */
export function perplexity(counts: ArrayLike<number>): number {
  const total = sum(counts);
  if (total === 0) return 0;
  let entropy = 0;
  for (let i = 0; i < counts.length; i++) {
    const share = counts[i] / total;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

function shares(counts: Float64Array): number[] {
  const total = Math.max(1, sum(counts));
  return Array.from(counts, (count) => count / total);
}

const half = (statistics: CosineStatistics): HalfReport => ({ mean: statistics.mean, p5: statistics.quantile(0.05) });

export interface ReportInputs {
  readonly shape: CodebookShape;
  readonly measures: CodebookMeasures;
  readonly photos: number;
  readonly leftOut: readonly string[];
  readonly mapBytes: number;
  readonly names: readonly EntryName[];
  readonly epochs: readonly EpochFigures[];
  readonly hash: string;
}

export function reportOf(inputs: ReportInputs): CodebookReport {
  const { shape, measures, mapBytes, photos, leftOut, names, epochs, hash } = inputs;
  const width = shape.clipWidth + shape.dinoWidth;
  const entries = measures.cells.length;
  const used = measures.cells.reduce((n, count) => n + (count > 0 ? 1 : 0), 0);
  const pixels = sum(measures.pixels) + measures.unlabelled;
  return {
    entries,
    photos,
    leftOut,
    cells: sum(measures.cells),
    pixels,
    unlabelledPixels: measures.unlabelled,
    clip: half(measures.clip),
    dino: half(measures.dino),
    used,
    dead: entries - used,
    perplexity: perplexity(measures.cells),
    utilisation: shares(measures.cells),
    pixelShare: shares(measures.pixels),
    bytes: {
      featuresPerPixel: 4 * width,
      indexPerPixel: 1,
      perGaussian: 4 * FLOATS_PER_GAUSSIAN,
      perGaussianBefore: 4 * width,
      featuresOfMaps: 4 * width * pixels,
      maps: mapBytes,
      codebook: 4 * width * entries,
    },
    names,
    epochs,
    hash,
  };
}

const grouped = (value: number): string => value.toLocaleString('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes >= 1e4) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${grouped(bytes)} B`;
}

/** `17 · wooden table · 0.31`; entries count from 1, as in the maps */
export function entryLine(entry: number, { name, similarity }: EntryName): string {
  return `${entry + 1} · ${name} · ${similarity.toFixed(2)}`;
}

/** Cells of entries, the fullest first, in eighths of a column: at most `columns` characters. */
export function utilisationBars(utilisation: readonly number[], columns = 64): string {
  const sorted = [...utilisation].sort((a, b) => b - a);
  const bars = ' ▁▂▃▄▅▆▇█';
  const largest = Math.max(sorted[0] ?? 0, 1e-12);
  const count = Math.min(columns, sorted.length);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * sorted.length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * sorted.length) / count));
    const mean = sorted.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    return bars[mean === 0 ? 0 : Math.max(1, Math.round((8 * mean) / largest))];
  }).join('');
}

function truthLine({ classes, purity, meanIoU, band, oracle, found, missed }: TruthReport): string {
  const figures = [
    `purity ${purity.toFixed(3)}`,
    `mIoU ${meanIoU.toFixed(3)}`,
    `within ${band.radius} px of an edge ${band.purity.toFixed(3)} and ${band.meanIoU.toFixed(3)}`,
  ];
  if (oracle !== null) {
    figures.push(`oracle mIoU ${oracle.photo.toFixed(3)} a photo and ${oracle.capture.toFixed(3)} over all photos`);
  }
  if (found !== null) figures.push(`${found} of ${classes} names find their entry`);
  const lacking = missed.length > 0 ? ` (not ${missed.join(', ')})` : '';
  return `against the truth: ${figures.join(', ')}${lacking}`;
}

/** The report as a person reads it. @param named  most entries whose names are listed, the fullest first */
export function reportLines(report: Omit<CodebookReport, 'leftOut' | 'pixelShare' | 'epochs'>, named = 20): string[] {
  const { clip, dino, bytes, utilisation, names } = report;
  const lines = [
    `${grouped(report.cells)} cells of ${report.photos} photos, ${report.entries} entries: ${report.used} used, ${report.dead} dead, perplexity ${report.perplexity.toFixed(1)}`,
    `cosine: CLIP ${clip.mean.toFixed(4)} (5 % below ${clip.p5.toFixed(3)}), DINO ${dino.mean.toFixed(4)} (5 % below ${dino.p5.toFixed(3)})`,
    `utilisation │${utilisationBars(utilisation)}│ fullest ${percent(Math.max(...utilisation))}`,
    `a pixel: ${grouped(bytes.featuresPerPixel)} B of features → ${bytes.indexPerPixel} B; a Gaussian: ${grouped(bytes.perGaussianBefore)} B → ${bytes.perGaussian} B`,
    `maps: ${grouped(report.pixels)} pixels (${percent(report.unlabelledPixels / Math.max(1, report.pixels))} without label), ${size(bytes.featuresOfMaps)} of features → ${size(bytes.maps)} on disk, codebook ${size(bytes.codebook)}`,
  ];
  if (report.truth) lines.push(truthLine(report.truth));
  if (names.length > 0) {
    const order = utilisation.map((_, entry) => entry).filter((entry) => utilisation[entry] > 0);
    order.sort((a, b) => utilisation[b] - utilisation[a]);
    for (const entry of order.slice(0, named)) {
      lines.push(`  ${entryLine(entry, names[entry])}   ${percent(utilisation[entry])} of the cells`);
    }
    if (order.length > named) lines.push(`  … and ${order.length - named} more entries with cells`);
  }
  return lines;
}
