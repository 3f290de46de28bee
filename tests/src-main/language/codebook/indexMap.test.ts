/** Index maps as files: what is written comes back, and what is wrong is named with its file. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { LanguageError } from '../../../../src-main/language/errors';
import { encodeIndexMap, readIndexMap } from '../../../../src-main/language/codebook/indexMap';
import { MapFolderWriter, mapName, mapNames } from '../../../../src-main/language/codebook/mapFolder';
import { temporaryFolder } from '../../base/temporaryFolder';

const HASH = '0123456789abcdef0123456789abcdef';
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'a.png');
});

const map = (width: number, height: number, entries = 128): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, i) => (i * 7) % (entries + 1));

const message = (problem: RegExp | string) => ({
  asymmetricMatch: (error: unknown) =>
    error instanceof LanguageError &&
    error.file === path &&
    (typeof problem === 'string' ? error.message.includes(problem) : problem.test(error.message)),
});

describe('an index map', () => {
  it('comes back as it was written, bit by bit, with the hash of its codebook', async () => {
    const indices = map(37, 11, 255);
    await writeFile(path, encodeIndexMap(indices, 37, 11, HASH));
    const read = await readIndexMap(path, { width: 37, height: 11, entries: 255, codebook: HASH });
    expect(read).toEqual({ width: 37, height: 11, indices, codebook: HASH });
  });

  it('is an ordinary 8-bit grey PNG to others', async () => {
    await writeFile(path, encodeIndexMap(map(5, 4), 5, 4, HASH));
    const metadata = await sharp(path).metadata();
    expect(metadata).toMatchObject({ format: 'png', width: 5, height: 4, channels: 1, depth: 'uchar' });
    expect(metadata.comments).toEqual([{ keyword: 'legato-codebook', text: HASH }]);
  });

  it('is read from a PNG of another program too, filters and compression being its own matter', async () => {
    const indices = map(64, 48);
    await sharp(indices, { raw: { width: 64, height: 48, channels: 1 } })
      .toColourspace('b-w')
      .png({ adaptiveFiltering: true })
      .toFile(path);
    expect(await readIndexMap(path, { entries: 128 })).toEqual({ width: 64, height: 48, indices, codebook: null });
  });
});

describe('what is wrong with an index map', () => {
  it('is not there', async () => {
    await expect(readIndexMap(path)).rejects.toEqual(message('no index map; run: legato codebook'));
  });

  it('has another size', async () => {
    await writeFile(path, encodeIndexMap(map(5, 4), 5, 4, HASH));
    await expect(readIndexMap(path, { width: 10, height: 8 })).rejects.toEqual(message('5×4, expected 10×8'));
  });

  it('belongs to another codebook, or says of none', async () => {
    await writeFile(path, encodeIndexMap(map(5, 4), 5, 4, 'f'.repeat(32)));
    await expect(readIndexMap(path, { codebook: HASH })).rejects.toEqual(message('another codebook'));
    await sharp(map(5, 4), { raw: { width: 5, height: 4, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(path);
    await expect(readIndexMap(path, { codebook: HASH })).rejects.toEqual(message('another codebook'));
  });

  it('names an entry that the codebook does not have, and where', async () => {
    const indices = new Uint8Array(20).fill(3);
    indices[13] = 200;
    await writeFile(path, encodeIndexMap(indices, 5, 4, HASH));
    await expect(readIndexMap(path, { entries: 128 })).rejects.toEqual(
      message("index 200 at x 3, y 2 is above the codebook's 128"),
    );
  });

  it('is in colour, has 16 bits, or a palette', async () => {
    const colour = sharp({ create: { width: 4, height: 4, channels: 3, background: '#123456' } });
    await colour.clone().png().toFile(path);
    await expect(readIndexMap(path)).rejects.toEqual(message(/depth 8 and colour type 2, expected 8-bit grey/));
    await colour.clone().png({ palette: true }).toFile(path);
    await expect(readIndexMap(path)).rejects.toEqual(message(/colour type 3/));
    await colour.clone().toColourspace('grey16').png().toFile(path);
    await expect(readIndexMap(path)).rejects.toEqual(message(/depth 16/));
  });

  it('is cut off anywhere, or no PNG at all', async () => {
    const bytes = encodeIndexMap(map(60, 40), 60, 40, HASH);
    for (const end of [0, 7, 20, 40, 100, bytes.length - 40]) {
      await writeFile(path, bytes.subarray(0, end));
      await expect(readIndexMap(path), `${end} bytes`).rejects.toEqual(message(/not a PNG|truncated or damaged/));
    }
    await writeFile(path, 'P5 4 4 255 not a PNG at all, but long enough to look for a header');
    await expect(readIndexMap(path)).rejects.toEqual(message('not a PNG'));
  });

  it('claims to be huge: refused before a pixel is decoded', async () => {
    const bytes = encodeIndexMap(map(4, 4), 4, 4, HASH);
    bytes.writeUInt32BE(60_000, 16);
    bytes.writeUInt32BE(60_000, 20);
    await writeFile(path, bytes);
    await expect(readIndexMap(path)).rejects.toEqual(message('60000×60000 pixels are no size of an index map'));
  });
});

describe('names of maps', () => {
  it('keep sub-folders and swap the extension', () => {
    expect(mapName('left/DSC.0001.JPG')).toBe('left/DSC.0001.png');
    expect([...mapNames(['b/1.jpg', 'a/1.jpg', 'c'])]).toEqual([
      ['b/1.jpg', 'b/1.png'],
      ['a/1.jpg', 'a/1.png'],
      ['c', 'c.png'],
    ]);
  });

  it('are refused where two photos would share one', () => {
    expect(() => mapNames(['x/1.jpg', 'x/1.png'])).toThrow(
      'photos x/1.jpg and x/1.png would share the index map x/1.png',
    );
    expect(() => mapNames(['a.jpg', 'A.jpg'])).toThrow('photos a.jpg and A.jpg would share');
  });

  it.each(['../a.jpg', '/etc/a.jpg', 'a/../../b.jpg', 'a\\..\\..\\b.jpg', 'C:/a.jpg', ''])(
    'never lead out of the folder: %j',
    (name) => {
      expect(() => mapNames([name])).toThrow('leads out of the folder');
    },
  );
});

describe('the folder of maps', () => {
  it('is replaced as a whole: no old map stays', async () => {
    const maps = join(folder, 'maps');
    await mkdir(maps);
    await writeFile(join(maps, 'old.png'), 'old');
    const writer = new MapFolderWriter(maps);
    await writer.write('sub/new.png', encodeIndexMap(map(2, 2), 2, 2, HASH));
    expect(await readdir(maps)).toEqual(['old.png']);
    await writer.commit();
    expect(await readdir(maps, { recursive: true })).toEqual(['sub', join('sub', 'new.png')]);
    expect((await readFile(join(maps, 'sub/new.png'))).length).toBe(writer.bytes);
    expect(await readdir(folder)).toEqual(['maps']);
  });

  it('stays as it was when the new set is given up', async () => {
    const maps = join(folder, 'maps');
    await mkdir(maps);
    await writeFile(join(maps, 'old.png'), 'old');
    const writer = new MapFolderWriter(maps);
    await writer.write('new.png', new Uint8Array(3));
    await writer.discard();
    expect(await readdir(folder, { recursive: true })).toEqual(['maps', join('maps', 'old.png')]);
  });
});
