/**
 * `legato codebook` as a script meets it: the built program on a tiny project with made-up features. Skipped, said aloud, where it is
 * not built.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { languageEvent } from '#contract/languageMessages';
import { createProject } from '../../../src-main/project/index';
import { repositoryPath } from '../../shared';
import { writeFeatures } from '../language/codebook/featuresFolder';
import { writeTinyCapture } from '../training/tinyCapture';

const program = repositoryPath('out', 'main', 'cli.js');
const built = existsSync(program) && existsSync(repositoryPath('out', 'main', 'language.js'));
if (!built)
  console.warn(
    '\n  SKIPPED: out/main/language.js is not built; `legato codebook` is not tested here (npm run build)\n',
  );

let folder: string;
let project: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-codebook-'));
  const capture = await writeTinyCapture(join(folder, 'tiny'), { cameras: 4, gaussians: 10 });
  project = join(folder, 'tiny.legato');
  const made = await createProject(project, capture);
  await writeFeatures(made.paths.features, capture);
  await made.close();
  await (await createProject(join(folder, 'empty.legato'), capture)).close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function legato(args: string[], watch?: (out: string, signal: (name: NodeJS.Signals) => void) => void) {
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const environment = { ...process.env, LEGATO_HOME: join(folder, 'home'), LEGATO_DEBUG: '' };
    const child = spawn(process.execPath, [program, 'codebook', ...args], { cwd: folder, env: environment });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      watch?.(out, (name) => child.kill(name));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const short = ['--codebook-size', '32', '--codebook-epochs', '2', '--threads', '1', '--words', 'none'];

describe.runIf(built)('legato codebook', () => {
  it('makes a codebook and says in words what it is worth', async () => {
    const { code, out, err } = await legato([project, ...short]);
    expect([code, err.includes('warning')]).toEqual([0, false]);
    expect(out).toMatch(/^576 cells of 3 photos, 32 entries: \d+ used, \d+ dead, perplexity/);
    expect(out).toContain('a pixel: 48 B of features → 1 B; a Gaussian: 48 B → 36 B');
    expect(await readdir(join(project, 'maps'))).toHaveLength(3);
    expect(await readdir(project)).toEqual(expect.arrayContaining(['codebook.safetensors', 'codebook.json']));
  });

  it('prints events and a result as JSON', async () => {
    const { code, out } = await legato([project, ...short, '--json', '--pictures', join(folder, 'pictures')]);
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const events = lines.slice(0, -1).map((line) => languageEvent.parse(line));
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set(['codebookPrepared', 'codebookProgress', 'picture', 'codebookFinished']),
    );
    expect(lines.at(-1)).toMatchObject({ type: 'result', project, entries: 32, photos: 3, cells: 576 });
    expect(await readdir(join(folder, 'pictures'))).toHaveLength(4);
  });

  it('ends with 130 at Ctrl-C and leaves what was there', async () => {
    const before = await readdir(join(project, 'maps'));
    let sent = false;
    const args = [project, ...short, '--json', '--codebook-epochs', '100000'];
    const { code } = await legato(args, (out, signal) => {
      if (!sent && out.includes('codebookProgress')) signal('SIGINT');
      sent ||= out.includes('codebookProgress');
    });
    expect(code).toBe(130);
    expect(await readdir(join(project, 'maps'))).toEqual(before);
  });

  it('says what to run without features, and what is wrong with flags', async () => {
    const missing = await legato([join(folder, 'empty.legato')]);
    expect([missing.code, missing.err]).toEqual([
      3,
      expect.stringContaining('holds no features; run `legato features` first'),
    ]);
    const size = await legato([project, '--codebook-size', '300']);
    expect([size.code, size.err]).toEqual([
      2,
      expect.stringContaining('--codebook-size 300: expected a whole number 32 … 255'),
    ]);
    const words = await legato([project, '--words', 'klingon']);
    expect([words.code, words.err]).toEqual([
      2,
      expect.stringContaining('--words klingon: expected one of auto, none, toy'),
    ]);
    const nowhere = await legato([join(folder, 'nowhere.legato')]);
    expect([nowhere.code, nowhere.err]).toEqual([3, expect.stringContaining('nowhere.legato')]);
  });
});
