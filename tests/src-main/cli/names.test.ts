/**
 * Names of photos from one end to the other, with the built program: features, codebook, training, pictures and masks of a tiny
 * capture whose photos lie in nested folders, share a name, have spaces, Chinese and accents. Skipped, said aloud, where not built.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryPath } from '../../shared';
import { writeTinyCapture } from '../training/tinyCapture';

const program = repositoryPath('out', 'main', 'cli.js');
const built = existsSync(program) && existsSync(repositoryPath('out', 'main', 'language.js'));
if (!built)
  console.warn('\n  SKIPPED: out/main/cli.js is not built; names are not followed through it (npm run build)\n');

const NAMES = ['a_1.png', 'a/1.png', 'left/view.png', 'right/view.png', '展厅/照片 2.png', 'Café/Ålesund 1.png'];
const composed = NAMES.map((name) => name.normalize('NFC')).sort();

let folder: string;
let capture: string;
let project: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-names-'));
  capture = await writeTinyCapture(join(folder, '捕获 1'), {
    cameras: NAMES.length,
    width: 64,
    height: 48,
    gaussians: 10,
  });
  project = join(folder, '项目 é.legato');
  const file = join(capture, 'transforms.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as { frames: { file_path: string }[] };
  for (const [i, frame] of json.frames.entries()) {
    // The disk decomposes accents, the text composes them.
    const path = join(capture, 'images', NAMES[i].normalize('NFD'));
    await mkdir(dirname(path), { recursive: true });
    await rename(join(capture, frame.file_path), path);
    frame.file_path = `images/${NAMES[i].normalize('NFC')}`;
  }
  await writeFile(file, JSON.stringify(json));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function legato(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const environment = { ...process.env, LEGATO_HOME: join(folder, 'home'), LEGATO_DEBUG: '1' };
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: environment });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(' ')}: ${code}\n${err}`))));
  });
}

const filesBelow = async (path: string, suffix: string): Promise<string[]> => {
  const entries = await readdir(path, { recursive: true });
  return entries.filter((name) => name.endsWith(suffix)).map((name) => name.replaceAll('\\', '/'));
};

describe.runIf(built)('names of photos', () => {
  it('are kept apart and found again everywhere', { timeout: 300_000 }, async () => {
    const short = ['--threads', '1', '--holdout', '0'];
    const toys = ['--clip-model', 'toy-clip', '--dino-model', 'toy-dino'];
    await legato('features', capture, '--out', project, ...toys, ...short);
    const features = await filesBelow(join(project, 'features'), '.safetensors');
    expect(features.sort()).toEqual(composed.map((name) => `${name}.safetensors`).sort());

    await legato(
      'codebook',
      project,
      '--codebook-size',
      '32',
      '--codebook-epochs',
      '1',
      '--threads',
      '1',
      '--words',
      'none',
    );
    const maps = await filesBelow(join(project, 'maps'), '.png');
    expect(maps.sort()).toEqual(composed);

    await legato('train', capture, '--out', project, '--anew', '--steps', '20', '--resolution', '32', ...short);
    const rendered = await legato('render', project, '--all', '--out', join(folder, 'pictures'), '--json');
    const pictures = rendered
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { view: string; file: string });
    expect(pictures.map(({ view }) => view).sort()).toEqual(composed);
    expect(new Set(pictures.map(({ file }) => file.toLowerCase())).size).toBe(NAMES.length);
    expect(await readdir(join(folder, 'pictures'))).toHaveLength(NAMES.length);
    // One by its name as the disk has it; its picture has the name that it has among all.
    const one = await legato('render', project, '--view', 'Café/Ålesund 1.png'.normalize('NFD'), '--json');
    expect(JSON.parse(one)).toMatchObject({ view: 'Café/Ålesund 1.png'.normalize('NFC') });
    await expect(legato('render', project, '--view', 'view')).rejects.toThrow('left/view.png or right/view.png');
  });
});
