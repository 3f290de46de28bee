/** Splat files by what they hold, and by name what is none. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compressedPlyBytes } from '../../../src-main/gaussians/compressedPly';
import { readSplats } from '../../../src-main/gaussians/splatFile';
import { spzBytes } from '../../../src-main/gaussians/spz';
import { scene } from './compactScene';

describe('readSplats', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'legato-splats-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('goes by what a file holds, and names one that is missing or no file', async () => {
    const source = scene(3);
    await writeFile(join(folder, 'a.spz'), await spzBytes(source, false));
    await writeFile(join(folder, 'b.ply'), compressedPlyBytes(source));
    expect((await readSplats(join(folder, 'a.spz'))).count).toBe(3);
    expect((await readSplats(join(folder, 'b.ply'))).count).toBe(3);
    // As version 4 begins, which is no gzip any more.
    await writeFile(join(folder, 'c.spz'), Buffer.from([0x4e, 0x47, 0x53, 0x50, 4, 0, 0, 0, 3, 0, 0, 0, 3, 12, 0, 6]));
    await expect(readSplats(join(folder, 'c.spz'))).rejects.toThrow('version 4 of .spz is not read; export it as');
    await expect(readSplats('/nowhere/scene.ply')).rejects.toThrow(/\/nowhere\/scene\.ply: cannot be opened/);
    await expect(readSplats(folder)).rejects.toThrow('is not a file');
  });
});
