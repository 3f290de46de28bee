import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderAtomically, removeLeftovers, writeFileAtomically } from '../../../src-main/base/atomicFile';
import { FileError, writeError } from '../../../src-main/base/errors';
import { temporaryFolder } from './temporaryFolder';

/** A reader must see the old file or the new one, and a failed writer must leave no trace. */
describe('writeFileAtomically', () => {
  it('writes chunks in order and replaces the old file', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bin');
    await writeFileAtomically(path, 'old');
    await writeFileAtomically(path, [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('keeps the old file and removes the temporary one when the producer fails midway', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.txt');
    await writeFileAtomically(path, 'old');
    function* failing() {
      yield Uint8Array.of(1);
      throw new Error('out of splats');
    }
    await expect(writeFileAtomically(path, failing())).rejects.toThrow('out of splats');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('says that a folder is missing with the path in front', async () => {
    const path = join(await temporaryFolder(), 'missing', 'a.txt');
    await expect(writeFileAtomically(path, 'x')).rejects.toThrow(FileError);
    await expect(writeFileAtomically(path, 'x')).rejects.toThrow(path);
  });

  it.each([
    ['ENOSPC', 'no-space', /disk is full/],
    ['EDQUOT', 'no-space', /disk is full/],
    ['EROFS', 'read-only', /no permission/],
    ['EACCES', 'read-only', /no permission/],
    ['EIO', 'io', /cannot be written/],
  ])('turns %s into %s', (system, code, message) => {
    const error = writeError('/some/file', Object.assign(new Error('raw'), { code: system }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

describe('createFolderAtomically', () => {
  it('leaves nothing behind when filling fails', async () => {
    const folder = await temporaryFolder();
    const filling = createFolderAtomically(join(folder, 'x'), async (temporary) => {
      await writeFile(join(temporary, 'half'), 'half');
      throw new Error('stop');
    });
    await expect(filling).rejects.toThrow('stop');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('removeLeftovers', () => {
  it('removes names of dead writers and finished ones of our own, and nothing else', async () => {
    const folder = await temporaryFolder();
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    const leftovers = [`.a.ply.${dead}-0.tmp`, `.b.ply.${process.pid}-999999.tmp`];
    const innocent = [`.c.ply.${process.ppid}-0.tmp`, 'd.tmp', '.e.tmp'];
    for (const name of innocent) await writeFile(join(folder, name), '');
    await mkdir(join(folder, leftovers[0]));
    await writeFile(join(folder, leftovers[0], 'inside'), '');
    await writeFile(join(folder, leftovers[1]), '');
    await createFolderAtomically(join(folder, 'kept'), async () => {
      expect((await removeLeftovers(folder)).sort()).toEqual([...leftovers].sort());
    });
    expect((await readdir(folder)).sort()).toEqual([...innocent, 'kept'].sort());
  });
});
