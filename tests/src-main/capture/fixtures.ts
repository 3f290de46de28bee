/** Small captures, made in temporary folders, and a seeded random source. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files; it vanishes after the test file. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'legato-capture-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** mulberry32: floats in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function noise(length: number, seed = 1): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** A lossless photo, so that pixels can be compared exactly. */
export function png(
  width: number,
  height: number,
  channels: 1 | 2 | 3 | 4 = 3,
  data = noise(width * height * channels),
) {
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

/** Little-endian bytes of a COLMAP model. */
export class Writer {
  readonly #parts: Buffer[] = [];

  u8(...values: number[]): this {
    this.#parts.push(Buffer.from(values));
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(4);
      part.writeUInt32LE(value >>> 0);
      this.#parts.push(part);
    }
    return this;
  }

  u64(...values: (number | bigint)[]): this {
    for (const value of values) {
      const part = Buffer.alloc(8);
      part.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
      this.#parts.push(part);
    }
    return this;
  }

  f64(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(8);
      part.writeDoubleLE(value);
      this.#parts.push(part);
    }
    return this;
  }

  text(value: string): this {
    this.#parts.push(Buffer.from(`${value}\0`));
    return this;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Ids are far apart and out of order, as COLMAP's often are. */
export const CAMERAS_TXT =
  '# a comment\r\n\r\n900 PINHOLE 8 6 7 7.5 4 3\r\n17 OPENCV 8 6 7 7.5 4 3 0.01 -0.02 0.003 0.004\r\n';
export const IMAGES_TXT =
  '# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME\n' +
  '40 1 0 0 0 0.5 -0.25 2 17 sub/b photo.png\n\n' +
  '# between\n' +
  '7 0.8 0 0.6 0 1 2 3 900 a.png\r\n1.5 2.5 3 4.5 5.5 -1\r\n';
export const POINTS_TXT = '# points\n5 1 2 3 10 20 30 0.5 40 0 7 1\n\n9 -1 -2 -3.5 255 0 1 0.25\n';

export function camerasBin(): Buffer {
  return new Writer()
    .u64(2)
    .u32(900, 1)
    .u64(8, 6)
    .f64(7, 7.5, 4, 3)
    .u32(17, 4)
    .u64(8, 6)
    .f64(7, 7.5, 4, 3, 0.01, -0.02, 0.003, 0.004)
    .bytes();
}

export function imagesBin(): Buffer {
  return new Writer()
    .u64(2)
    .u32(40)
    .f64(1, 0, 0, 0, 0.5, -0.25, 2)
    .u32(17)
    .text('sub/b photo.png')
    .u64(0)
    .u32(7)
    .f64(0.8, 0, 0.6, 0, 1, 2, 3)
    .u32(900)
    .text('a.png')
    .u64(2)
    .f64(1.5, 2.5)
    .u64(3)
    .f64(4.5, 5.5)
    .u64(-1)
    .bytes();
}

export function pointsBin(): Buffer {
  return new Writer()
    .u64(2)
    .u64(5)
    .f64(1, 2, 3)
    .u8(10, 20, 30)
    .f64(0.5)
    .u64(2)
    .u32(40, 0, 7, 1)
    .u64(9)
    .f64(-1, -2, -3.5)
    .u8(255, 0, 1)
    .f64(0.25)
    .u64(0)
    .bytes();
}

/** A capture of two photos with a binary model. */
export async function colmapFiles(folder = 'sparse/0', images = 'images'): Promise<Record<string, Uint8Array>> {
  return {
    [`${folder}/cameras.bin`]: camerasBin(),
    [`${folder}/images.bin`]: imagesBin(),
    [`${folder}/points3D.bin`]: pointsBin(),
    [`${images}/a.png`]: await png(8, 6),
    [`${images}/sub/b photo.png`]: await png(8, 6),
  };
}
