import { join } from 'node:path';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Saying } from '#contract/sayings';
import { splitHoldout } from '../../../src-main/capture/cameras';
import { CaptureError } from '../../../src-main/capture/errors';
import { readHeldOut } from '../../../src-main/capture/heldOut';
import { folderWith } from './fixtures';
import { told } from './told';

const photos = ['a.png', 'b.png', 'sub/c.png', 'd.png'].map((name) => ({ name }));

async function read(text: string): Promise<{ names: string[] | null; warnings: string[] }> {
  const warnings: Saying[] = [];
  const names = await readHeldOut(folderWith({ 'test.txt': text }), photos, warnings);
  return { names, warnings: told(warnings) };
}

describe('test.txt', () => {
  it('names the held-out photos, with Windows lines, blanks, backslashes and repetitions', async () => {
    expect(await read('sub\\c.png\r\n\r\n  a.png \r\na.png')).toEqual({ names: ['sub/c.png', 'a.png'], warnings: [] });
  });

  it('is absent, or names no photo of this capture: then it does not decide', async () => {
    expect(await readHeldOut(folderWith({}), photos, [])).toBeNull();
    expect(await read('\n')).toEqual({ names: null, warnings: [] });
    const { names, warnings } = await read('x.png\ny.png');
    expect(names).toBeNull();
    expect(warnings).toEqual(['test.txt names 2 that are no photos of the capture (x.png, y.png); left out']);
  });

  it('warns of unknown names, a few of them, and keeps the others', async () => {
    const { names, warnings } = await read(['b.png', ...Array.from({ length: 9 }, (_, i) => `x${i}`)].join('\n'));
    expect(names).toEqual(['b.png']);
    expect(warnings[0]).toContain('names 9 that are no photos of the capture (x0, x1, x2, x3, x4, …)');
  });

  it('refuses a file that is no list', async () => {
    const folder = folderWith({ 'test.txt': '' });
    writeFileSync(join(folder, 'test.txt'), new Uint8Array(200_000 * 64 + 1));
    await expect(readHeldOut(folder, photos, [])).rejects.toThrow(CaptureError);
    rmSync(join(folder, 'test.txt'));
  });

  it('goes before the every-nth rule, except that 0 holds out none', () => {
    const named = ['d.png', 'a.png'];
    expect(splitHoldout(photos, 2, named)).toEqual({ training: [1, 2], heldOut: [0, 3] });
    expect(splitHoldout(photos, 0, named).heldOut).toEqual([]);
    expect(splitHoldout(photos, 2, null)).toEqual(splitHoldout(photos, 2));
  });
});
