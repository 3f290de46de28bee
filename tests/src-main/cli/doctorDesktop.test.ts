/** What doctor makes of an Electron that answers, that dies, and that says something else. The program is a script in its place. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askElectron } from '../../../src-main/cli/doctorDesktop';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-electron-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function electron(script: string) {
  const path = join(folder, 'electron');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { path, version: '0.0.0' };
}

describe.skipIf(process.platform === 'win32')('an Electron that is asked to examine itself', () => {
  it('is started for itself alone, and its line is found among its other words', async () => {
    const finding = { name: 'WebGL 2', ok: true, needed: false, detail: 'a renderer' };
    const program = await electron(
      `echo 'libva: noise'; echo '${JSON.stringify({ findings: [finding] })}'; echo "$2 $3" > ${folder}/arguments`,
    );
    expect(await askElectron(program, folder)).toEqual([finding]);
    expect(await readFile(join(folder, 'arguments'), 'utf8')).toBe(`--examine --user-data-dir=${folder}\n`);
  });

  it.each([
    ['dies', 'echo cannot open display >&2; exit 3', /code 3.*cannot open display/],
    ['is killed', 'kill -9 $$', /SIGKILL/],
    ['says nothing', 'exit 0', /without an answer/],
    ['says something else', `echo '{"findings":[{"name":1}]}'`, /without an answer/],
    ['breaks off', `echo '{"findings":['`, /without an answer/],
  ])('is reported when it %s', async (_name, script, message) => {
    await expect(askElectron(await electron(script), folder)).rejects.toThrow(message);
  });
});
