/** The cache of a photo: everything comes back, and every kind of damage is an error that names the file. */
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LanguageError } from '../../../../src-main/language/errors';
import {
  featurePath,
  readPhotoFeatures,
  writePhotoFeatures,
  type PhotoFeatures,
} from '../../../../src-main/language/features/featureFile';
import { freshFolder } from './helpers';

const sample: PhotoFeatures = {
  stage: 'crops',
  width: 24,
  height: 16,
  keys: { photo: 'aa', clip: 'bb', dino: 'cc' },
  clipWidth: 2,
  dinoWidth: 3,
  grids: [
    { columns: 2, rows: 2, at: 'edges' },
    { columns: 1, rows: 1, at: 'centres' },
  ],
  clip: Uint16Array.from({ length: 10 }, (_, i) => i),
  boxes: null,
  dino: Uint16Array.from({ length: 12 }, (_, i) => 100 + i),
  tokenRows: 2,
  tokenColumns: 2,
  kept: { data: Uint8Array.of(0, 255), rows: 1, columns: 2 },
};

describe('the cache of a photo', () => {
  it('comes back as it was written, below folders too', async () => {
    const folder = await freshFolder();
    const bytes = await writePhotoFeatures(folder, 'left/a b.jpg', sample);
    expect(bytes).toBe((await readFile(join(folder, 'left', 'a b.jpg.safetensors'))).length);
    expect(await readPhotoFeatures(folder, 'left/a b.jpg')).toEqual(sample);
    const random = { ...sample, grids: [], boxes: Float32Array.from({ length: 15 }, (_, i) => i / 7), kept: null };
    await writePhotoFeatures(folder, 'left/a b.jpg', random);
    expect(await readPhotoFeatures(folder, 'left/a b.jpg')).toEqual(random);
  });

  it('is null when there is none', async () => {
    expect(await readPhotoFeatures(await freshFolder(), 'a.jpg')).toBeNull();
  });

  it.each([
    ['truncated', (path: string) => truncate(path, 500)],
    ['emptied', (path: string) => truncate(path, 0)],
    ['of something else', (path: string) => writeFile(path, 'not a cache at all')],
    [
      'one flipped bit',
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[bytes.length - 3] ^= 4;
        await writeFile(path, bytes);
      },
    ],
    [
      'of another version',
      async (path: string) => {
        const bytes = await readFile(path, 'latin1');
        await writeFile(path, bytes.replace('legato-features-1', 'legato-features-9'), 'latin1');
      },
    ],
    [
      'a header that lies',
      async (path: string) => {
        const bytes = await readFile(path, 'latin1');
        await writeFile(path, bytes.replace('"columns\\":2', '"columns\\":3'), 'latin1');
      },
    ],
  ])('damaged (%s): an error with the file and what to do', async (_, damage) => {
    const folder = await freshFolder();
    await writePhotoFeatures(folder, 'a.jpg', sample);
    const path = featurePath(folder, 'a.jpg');
    const before = await readFile(path);
    await damage(path);
    expect((await readFile(path)).equals(before)).toBe(false);
    const error = await readPhotoFeatures(folder, 'a.jpg').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LanguageError);
    expect(String(error)).toContain(path);
    expect(String(error)).toMatch(/run `legato features` again/);
  });

  it('refuses names that lead out of the folder', async () => {
    const folder = join(await freshFolder(), 'features');
    await mkdir(folder);
    expect(() => featurePath(folder, '../a.jpg')).toThrow(/leads out/);
    expect(() => featurePath(folder, 'x/../../a.jpg')).toThrow(/leads out/);
    expect(featurePath(folder, 'x/../a.jpg')).toBe(join(folder, 'a.jpg.safetensors'));
  });
});
