/** What of a photo decides its features: its content, for the cache's key, and which of its area may have a label. */
import { said } from '#contract/sayings';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { LoadedPhoto, Photo } from '../../capture/index';
import { reduceRows } from '../../capture/boxFilter';
import { LanguageError } from '../errors';
import type { PhotoFeatures } from './featureFile';

/** SHA-256 over the bytes of the photo and of its mask, its lens and intrinsics, hex. @throws LanguageError */
export async function photoDigest({ name, path, maskPath, distortion, camera }: Photo): Promise<string> {
  const hash = createHash('sha256');
  try {
    for (const file of maskPath === null ? [path] : [path, maskPath])
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LanguageError(null, said('photoUnreadable', { photo: name, reason }), error);
  }
  // Intrinsics move pixels only where a lens is undone.
  const { fx, fy, cx, cy, width, height } = camera;
  hash.update(JSON.stringify(distortion ? [distortion, fx, fy, cx, cy, width, height] : [width, height]));
  return hash.digest('hex');
}

/** Samples along the longer side: finer than any dense grid. */
const LONG_SIDE = 512;

/** Area shares that may have a label: inside mask and lens, and not transparent. Null when all of it may. */
export function keptArea({ camera, mask, alpha }: LoadedPhoto): PhotoFeatures['kept'] {
  if (!mask && !alpha) return null;
  const { width, height } = camera;
  const use = new Uint8Array(width * height);
  for (let i = 0; i < use.length; i++)
    use[i] = (mask === null || mask[i] >= 128) && (alpha === null || alpha[i] >= 128) ? 255 : 0;
  if (!use.includes(0)) return null;
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * scale));
  const rows = Math.max(1, Math.round(height * scale));
  const data = new Uint8Array(rows * columns);
  const area = width * height;
  reduceRows(
    { width, height, channels: 1, outWidth: columns, outHeight: rows },
    { samples: use, offset: (y) => y * width },
    (y, sums) => {
      for (let i = 0; i < columns; i++) data[y * columns + i] = sums[i] / area + 0.5;
    },
  );
  return { data, rows, columns };
}
