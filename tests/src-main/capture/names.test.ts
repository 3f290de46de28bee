/** Photos in nested folders, of one name in two, with spaces, in Chinese, with accents that text and disk encode differently. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCapture } from '../../../src-main/capture/load';
import { PhotoStore } from '../../../src-main/capture/photoStore';
import { folderWith, png } from './fixtures';
import { told } from './told';

const NFC = (text: string): string => text.normalize('NFC');
const NFD = (text: string): string => text.normalize('NFD');
const CAMERA = '1 PINHOLE 8 6 7 7 4 3\n';
const images = (...names: string[]) => names.map((name, i) => `${i + 1} 1 0 0 0 ${i} 0 0 1 ${name}\n\n`).join('');

/** A photo of one colour, by which it is known again. */
const colour = (value: number) => png(8, 6, 3, new Uint8Array(144).fill(value));

async function capture(listed: string[], onDisk: string[], more: Record<string, Uint8Array | string> = {}) {
  const files: Record<string, Uint8Array | string> = {
    'sparse/0/cameras.txt': CAMERA,
    'sparse/0/images.txt': images(...listed),
  };
  for (const [i, name] of onDisk.entries()) files[`images/${name}`] = await colour(10 * (i + 1));
  return folderWith({ ...files, ...more });
}

const NAMES = [
  'left/1.png',
  'right/1.png',
  'right/deep er/a b  c.png',
  '展厅/照片 1.png',
  'Café/Ålesund.png',
  '가구.png',
];

describe('names of photos', () => {
  it.each([
    ['as listed', NAMES.map(NFC), NAMES.map(NFC)],
    ['composed in the model, decomposed on the disk', NAMES.map(NFC), NAMES.map(NFD)],
    ['decomposed in the model, composed on the disk', NAMES.map(NFD), NAMES.map(NFC)],
    [
      'each part in its own way',
      [...NAMES.slice(0, 4), `${NFC('Café')}/${NFD('Ålesund')}.png`, NAMES[5]],
      [...NAMES.slice(0, 4), `${NFD('Café')}/${NFC('Ålesund')}.png`, NAMES[5]],
    ],
    ['with backslashes', NAMES.map((name) => name.replaceAll('/', '\\')), NAMES.map(NFC)],
  ])('are one whatever the encoding: %s', async (_, listed, onDisk) => {
    const { photos, warnings } = await loadCapture(await capture(listed, onDisk));
    expect(told(warnings)).toEqual(['no sparse points: Gaussians start at random']);
    expect(photos.map(({ name }) => name)).toEqual([...NAMES].map(NFC).sort());
    const store = new PhotoStore(photos, { maxBytes: 1e6 });
    for (const [i, { name, camera }] of photos.entries()) {
      const listedAt = NAMES.map(NFC).indexOf(name);
      // The pose is that of the name's line, the pixels those of the name's file.
      expect(camera.worldToCamera[3]).toBe(listedAt);
      expect((await store.load(i)).rgb[0]).toBe(10 * (listedAt + 1));
    }
  });

  it('find masks and held-out lists by name, too', async () => {
    const mask = async (value: number) => png(8, 6, 1, new Uint8Array(48).fill(value));
    const root = await capture(NAMES.map(NFC), NAMES.map(NFD), {
      'masks/left/1.png': await mask(0),
      'masks/right/1.png.png': await mask(255),
      'masks/right/deep er/a b  c.png': await mask(255),
      'masks/展厅/照片 1.png.png': await mask(255),
      [`masks/${NFD('Café/Ålesund.png')}.png`]: await mask(255),
      [`masks/${NFC('가구')}.png`]: await mask(255),
      'test.txt': `${NFD('Café/Ålesund.png')}\r\n展厅\\照片 1.png\n`,
    });
    const { photos, heldOut, warnings } = await loadCapture(root);
    expect(told(warnings)).toEqual(['no sparse points: Gaussians start at random']);
    expect(heldOut).toEqual([NFC('Café/Ålesund.png'), '展厅/照片 1.png']);
    expect(photos.map(({ maskPath }) => maskPath !== null)).toEqual(photos.map(() => true));
    const { mask: left } = await new PhotoStore(photos, { maxBytes: 1e6 }).load(
      photos.findIndex(({ name }) => name === 'left/1.png'),
    );
    expect(left!.every((value) => value === 0)).toBe(true);
  });

  it('are found in transforms.json the same way, with or without their extension', async () => {
    const frame = (file: string) => ({
      file_path: file,
      transform_matrix: [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
      ],
      mask_path: `m/${NFC('Å')}.png`,
    });
    const json = { fl_x: 7, frames: [frame(`images/${NFD('Café')}/1.png`), frame('./images/展厅/1')] };
    const root = folderWith({
      'transforms.json': JSON.stringify(json),
      [`images/${NFC('Café')}/1.png`]: await png(8, 6),
      'images/展厅/1.png': await png(8, 6),
      [`m/${NFD('Å')}.png`]: await png(8, 6, 1),
    });
    const { photos } = await loadCapture(root);
    expect(photos.map(({ name }) => name)).toEqual([NFC('Café/1.png'), '展厅/1.png']);
    expect(photos[0].maskPath).toBe(join(root, 'm', `${NFD('Å')}.png`));
  });

  it('that differ in encoding alone are refused', async () => {
    const both = [NFC('é.png'), NFD('é.png')];
    await expect(loadCapture(await capture(both, both))).rejects.toThrow('appears twice');
    // On the disk alone: what is written as in the model is meant, and neither where none is.
    const root = await capture([NFC('Å.png')], both);
    writeFileSync(join(root, 'images', NFC('Å.png')), await colour(200));
    writeFileSync(join(root, 'images', NFD('Å.png')), await colour(100));
    const { photos } = await loadCapture(root);
    expect((await new PhotoStore(photos, { maxBytes: 1e6 }).load(0)).rgb[0]).toBe(200);
  });
});
