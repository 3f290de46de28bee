/**
 * Photos as pixels, through libvips.
 *
 * The photo's own values are what training compares with, so nothing is applied to them: no embedded colour profile, and the EXIF
 * orientation only where the photo's camera has the turned shape (photoSize.ts).
 * Only raster formats are decoded, so a drawing or a document that calls itself a photo is refused.
 */
import { said } from '#contract/sayings';
import sharp from 'sharp';
import { CaptureError } from './errors';
import { MAX_PIXELS, MAX_SIDE } from './limits';

sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadTiff',
    'VipsForeignLoadHeif',
  ],
});
// Photos run side by side instead: one thread for each costs the least CPU time.
sharp.concurrency(1);
sharp.cache(false);

/** A photo as it is stored. */
export interface PhotoHeader {
  readonly width: number;
  readonly height: number;
  /** its EXIF orientation would swap width and height */
  readonly sideways: boolean;
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; interleaved */
  readonly channels: number;
  readonly data: Uint8Array;
}

const OPTIONS = { limitInputPixels: MAX_PIXELS, failOn: 'error', ignoreIcc: true, sequentialRead: true } as const;

/** Reads a photo's size and orientation without decoding it. @param file name for messages. @throws CaptureError */
export async function readPhotoHeader(path: string, file: string): Promise<PhotoHeader> {
  let header: PhotoHeader;
  try {
    const { width, height, orientation = 1 } = await sharp(path, OPTIONS).metadata();
    header = { width, height, sideways: orientation >= 5 && orientation <= 8 };
  } catch (cause) {
    throw undecodable(file, cause);
  }
  if (header.width > MAX_SIDE || header.height > MAX_SIDE) {
    const problem = `${header.width}×${header.height} is over ${MAX_SIDE} pixels a side`;
    throw new CaptureError({ file, problem, remedy: 'reduce the photo' });
  }
  return header;
}

/**
 * Decodes a photo to 8 bits a channel.
 *
 * @param file    name for messages
 * @param turned  as its EXIF orientation says
 * @throws CaptureError
 */
export async function decodePhoto(path: string, file: string, turned = false): Promise<Pixels> {
  try {
    const photo = sharp(path, OPTIONS);
    const { data, info } = await (turned ? photo.autoOrient() : photo)
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, data };
  } catch (cause) {
    throw undecodable(file, cause);
  }
}

function undecodable(file: string, cause: unknown): CaptureError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0].slice(0, 200);
  const why = /missing/i.test(reason) ? said('photoMissing', { file }) : said('photoUndecodable', { file, reason });
  return new CaptureError({ file, said: why }, { cause });
}
