/**
 * Pictures of a codebook: an index map over its photo, and how much each entry is used.
 *
 * Over a photo the colours of the entries replace hue and chroma but keep half of the photo's light, so that shapes stay readable;
 * where neighbouring pixels have different entries a dark line runs, so that equal-looking colours still part.
 */
import sharp from 'sharp';
import type { Colour } from './palette';
import { entryLine } from './report';
import type { CodebookReport } from './report';

const LINE = 0.5;
/** share of the entry's colour */
const COLOUR = 0.66;
/** px */
const LEAST_WIDTH = 960;

export interface MapPicture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
}

/**
 * @param photo    [height, width, 3]
 * @param indices  [height, width], 1 … N; 0 stays as the photo, darkened
 * @param palette  [N]
 * @returns enlarged by a whole number where the photo is small, so that lines stay thin
 */
export function mapOverPhoto(
  photo: Uint8Array,
  indices: Uint8Array,
  width: number,
  height: number,
  palette: readonly Colour[],
): MapPicture {
  const zoom = Math.max(1, Math.round(LEAST_WIDTH / width));
  const [outWidth, outHeight] = [zoom * width, zoom * height];
  const rgb = new Uint8Array(3 * outWidth * outHeight);
  const indexAt = (x: number, y: number): number =>
    indices[Math.floor(Math.min(y, outHeight - 1) / zoom) * width + Math.floor(Math.min(x, outWidth - 1) / zoom)];
  for (let y = 0, out = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++, out += 3) {
      const index = indexAt(x, y);
      const at = 3 * (Math.floor(y / zoom) * width + Math.floor(x / zoom));
      const light = (0.299 * photo[at] + 0.587 * photo[at + 1] + 0.114 * photo[at + 2]) / 255;
      const edge = indexAt(x + 1, y) !== index || indexAt(x, y + 1) !== index ? LINE : 1;
      for (let c = 0; c < 3; c++) {
        const value = index === 0 ? 0.3 * photo[at + c] : shade(palette[index - 1][c], light);
        rgb[out + c] = Math.round(edge * value);
      }
    }
  }
  return { width: outWidth, height: outHeight, rgb };
}

function shade(colour: number, light: number): number {
  return COLOUR * colour * (0.6 + 0.4 * light) + (1 - COLOUR) * 255 * light;
}

/** The bytes of a PNG. */
export function pngOf({ width, height, rgb }: MapPicture): Promise<Buffer> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

const CHART = { width: 1200, height: 460, left: 64, right: 24, top: 64, bottom: 40 };
const LEGEND = { columns: 4, rows: 6, row: 22 };

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? '');

/** The utilisation chart as SVG: a bar an entry, the fullest first, with the names of the fullest below. */
export function utilisationSvg(report: CodebookReport, palette: readonly Colour[]): string {
  const { width, left, right, top, bottom } = CHART;
  const order = report.utilisation.map((_, entry) => entry);
  order.sort((a, b) => report.utilisation[b] - report.utilisation[a]);
  const named =
    report.names.length > 0
      ? order.filter((entry) => report.utilisation[entry] > 0).slice(0, LEGEND.columns * LEGEND.rows)
      : [];
  const legendHeight = named.length > 0 ? Math.ceil(named.length / LEGEND.columns) * LEGEND.row + 24 : 0;
  const height = CHART.height + legendHeight;
  const plotWidth = width - left - right;
  const plotHeight = CHART.height - top - bottom;
  const largest = Math.max(report.utilisation[order[0]], 1e-9);
  const fill = (entry: number): string => `rgb(${palette[entry].join(',')})`;
  const bar = plotWidth / order.length;
  const bars = order.map((entry, rank) => {
    const tall = (report.utilisation[entry] / largest) * plotHeight;
    const x = left + rank * bar;
    return `<rect x="${x.toFixed(2)}" y="${(top + plotHeight - tall).toFixed(2)}" width="${Math.max(0.5, bar - 1).toFixed(2)}" height="${tall.toFixed(2)}" fill="${fill(entry)}"/>`;
  });
  const even = top + plotHeight - plotHeight / (order.length * largest);
  const ticks = [0, 0.5, 1].map((share) => {
    const y = top + plotHeight * (1 - share);
    return `<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="#e0e0e0"/><text x="${left - 8}" y="${y + 4}" text-anchor="end">${(100 * share * largest).toFixed(1)} %</text>`;
  });
  const legend = named.map((entry, i) => {
    const x = left + (i % LEGEND.columns) * (plotWidth / LEGEND.columns);
    const y = CHART.height + Math.floor(i / LEGEND.columns) * LEGEND.row + 8;
    const text = escape(entryLine(entry, report.names[entry]).slice(0, 34));
    return `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${fill(entry)}"/><text x="${x + 18}" y="${y}">${text}</text>`;
  });
  const title =
    `${report.used} of ${report.entries} entries used, perplexity ${report.perplexity.toFixed(1)}; ` +
    `cosine CLIP ${report.clip.mean.toFixed(3)}, DINO ${report.dino.mean.toFixed(3)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="13" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="26" font-size="17">${escape(title)}</text>`,
    `<text x="${left}" y="46" fill="#666">share of the cells, fullest entry first; the dashed line is even use</text>`,
    ...ticks,
    ...bars,
    `<line x1="${left}" x2="${width - right}" y1="${even.toFixed(2)}" y2="${even.toFixed(2)}" stroke="#333" stroke-dasharray="5 4"/>`,
    `<text x="${left}" y="${CHART.height - bottom + 22}" fill="#666">1</text>`,
    `<text x="${width - right}" y="${CHART.height - bottom + 22}" text-anchor="end" fill="#666">${report.entries}</text>`,
    ...legend,
    '</svg>',
  ].join('\n');
}

/** The bytes of a PNG. */
export function utilisationChart(report: CodebookReport, palette: readonly Colour[]): Promise<Buffer> {
  // Photos are decoded without SVG (capture/decode.ts): drawings in files stay refused, this one is in memory and our own.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  return sharp(Buffer.from(utilisationSvg(report, palette)))
    .png()
    .toBuffer();
}
