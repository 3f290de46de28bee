/**
 * Index maps (METHOD §3): one 8-bit grey PNG a photo, 1 … N the entry of the codebook, 0 no label. The text chunk
 * `legato-codebook` holds the hash of the codebook, so that maps of another one are noticed.
 *
 * PNG (W3C recommendation, third edition): signature, then chunks of length, type, data and CRC-32; IHDR first, IEND last.
 * A map is hostile until parsed: its header is held against what is expected before a single pixel is decoded.
 */
import { said } from '#contract/sayings';
import { crc32, deflateSync } from 'node:zlib';
import { open } from 'node:fs/promises';
import sharp from 'sharp';
import { systemErrorCode } from '../../base/index';
import { LanguageError } from '../errors';

export interface IndexMap {
  readonly width: number;
  readonly height: number;
  /** [height, width], 1 … N, 0 = no label */
  readonly indices: Uint8Array;
  /** hash of the codebook that it was made with; null when the file does not say */
  readonly codebook: string | null;
}

export interface ExpectedMap {
  readonly width?: number;
  readonly height?: number;
  /** N */
  readonly entries?: number;
  /** hash of the codebook */
  readonly codebook?: string;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const KEYWORD = 'legato-codebook';
const GREY = 0;
/** pixels of a map at most: a photo of 16,384² */
const MAX_PIXELS = 2 ** 28;
/** Chunks that stand before the pixels are looked for in this many bytes. */
const HEAD_BYTES = 4096;

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** The bytes of a map's file, the same for the same map. @param indices  [height, width] */
export function encodeIndexMap(indices: Uint8Array, width: number, height: number, codebook: string): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, GREY, 0, 0, 0], 8);
  // Indices have no gradients to predict: every row goes without a filter, whose number stands in front of it.
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from(`${KEYWORD}\0${codebook}`, 'latin1')),
    chunk('IDAT', deflateSync(rows, { level: 6 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

interface Header {
  width: number;
  height: number;
  codebook: string | null;
}

/** Size, kind and text of a PNG from its first bytes. */
function parseHead(path: string, head: Buffer): Header {
  if (head.length < 33 || !head.subarray(0, 8).equals(SIGNATURE) || head.toString('latin1', 12, 16) !== 'IHDR')
    throw new LanguageError(path, 'not a PNG; make the index maps anew: legato codebook');
  const width = head.readUInt32BE(16);
  const height = head.readUInt32BE(20);
  const [depth, colour] = [head[24], head[25]];
  if (depth !== 8 || colour !== GREY)
    throw new LanguageError(
      path,
      `not an index map: PNG of depth ${depth} and colour type ${colour}, expected 8-bit grey`,
    );
  if (width === 0 || height === 0 || width * height > MAX_PIXELS)
    throw new LanguageError(
      path,
      `${width}×${height} pixels are no size of an index map (at most ${MAX_PIXELS} pixels)`,
    );
  let codebook: string | null = null;
  for (let at = 33; at + 8 <= head.length;) {
    const length = head.readUInt32BE(at);
    const type = head.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT' || at + 12 + length > head.length) break;
    if (type === 'tEXt') {
      const text = head.toString('latin1', at + 8, at + 8 + length);
      if (text.startsWith(`${KEYWORD}\0`)) codebook = text.slice(KEYWORD.length + 1);
    }
    at += 12 + length;
  }
  return { width, height, codebook };
}

async function readHead(path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw new LanguageError(path, said('mapMissing'), error);
    throw new LanguageError(path, `cannot be read (${error instanceof Error ? error.message : 'unknown'})`, error);
  }
}

/**
 * Reads an index map and holds it against what is expected.
 *
 * @throws LanguageError naming the file: not there, not an 8-bit grey PNG, of another size, of another codebook, truncated, or
 *         with an index above N (naming the first such pixel)
 */
export async function readIndexMap(path: string, expected: ExpectedMap = {}): Promise<IndexMap> {
  const { width, height, codebook } = parseHead(path, await readHead(path));
  if ((expected.width ?? width) !== width || (expected.height ?? height) !== height)
    throw new LanguageError(
      path,
      `${width}×${height}, expected ${expected.width}×${expected.height}; make the index maps anew: legato codebook`,
    );
  if (expected.codebook !== undefined && codebook !== expected.codebook)
    throw new LanguageError(path, said('mapOfOtherCodebook'));
  const decoded = await sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'warning' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new LanguageError(path, said('mapDamaged'), error);
    });
  if (decoded.info.channels !== 1) throw new LanguageError(path, 'not an index map: it has more than one channel');
  const indices = new Uint8Array(decoded.data.buffer, decoded.data.byteOffset, width * height);
  const { entries } = expected;
  if (entries !== undefined) {
    const at = indices.findIndex((index) => index > entries);
    if (at >= 0)
      throw new LanguageError(
        path,
        `index ${indices[at]} at x ${at % width}, y ${Math.floor(at / width)} is above the codebook's ${entries} entries`,
      );
  }
  return { width, height, indices, codebook };
}
