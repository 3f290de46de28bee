/**
 * The command line as a person or a script meets it: the built program on the tiny capture, with exit codes and JSON as
 * resources/docs/command-line.md states them. Skipped, said aloud, where it is not built.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainerEvent } from '#contract/messages';
import { runCommandLine } from '../../../src-main/cli/program';
import { readSplats } from '../../../src-main/gaussians/index';
import { repositoryPath } from '../../shared';
import { tinySettings, writeTinyCapture } from '../training/tinyCapture';
import { toFlags } from '../../../src-main/cli/flags';

const program = repositoryPath('out', 'main', 'cli.js');
const built = existsSync(program) && existsSync(repositoryPath('out', 'main', 'trainer.js'));
if (!built)
  console.warn('\n  SKIPPED: out/main/cli.js is not built; the command line is not tested here (npm run build)\n');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-cli-'));
  await writeTinyCapture(join(folder, 'tiny'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** @param watch  sees stdout as it grows, with a way to send signals */
function legato(
  args: string[],
  watch?: (out: string, signal: (name: NodeJS.Signals) => void) => void,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const environment = { ...process.env, LEGATO_HOME: join(folder, 'home'), LEGATO_DEBUG: '' };
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: environment });
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

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const flags = (overrides = {}) => toFlags({ ...tinySettings, steps: 100, ...overrides });

describe('usage', () => {
  it.each([
    [['train'], 'no capture'],
    [['train', 'x', '--steps', 'many'], 'no number'],
    [['train', 'x', '--tea'], 'no such flag'],
    [['dance'], 'no such command'],
    [['render', 'x'], 'nothing to draw'],
    [['serve', '--port', '70000'], 'no such port'],
  ])('%j ends with 2: %s', async (args) => {
    expect(await runCommandLine(args)).toBe(2);
  });
});

// Each starts several processes, on a machine that may be busy.
describe.runIf(built)('the command line', { timeout: 240_000 }, () => {
  it('trains, evaluates, renders, exports and describes; JSON lines are events of the contract', async () => {
    const trained = await legato(['train', 'tiny', '--json', ...flags()]);
    expect(trained).toMatchObject({ code: 0 });
    const lines = jsonLines(trained.out);
    const result = lines.at(-1)!;
    for (const line of lines.slice(0, -1)) expect(trainerEvent.safeParse(line).error).toBeUndefined();
    expect(result).toMatchObject({ type: 'result', step: 100, complete: true, project: join(folder, 'tiny.legato') });
    expect(result.psnr).toBeGreaterThan(20);
    expect(result.cpuSeconds).toBeGreaterThan(0);

    const evaluated = await legato(['eval', 'tiny.legato', '--json']);
    expect(evaluated.code).toBe(0);
    // The checkpoint holds what was evaluated at the end of training: the same figure up to float32 printing.
    expect(jsonLines(evaluated.out)[0].psnr).toBeCloseTo(result.psnr as number, 4);
    expect((await legato(['eval', 'tiny.legato'])).out).toMatch(/view_00\.png +\d+\.\d\d +0\.\d{4}\nmean/);

    const picture = join(folder, 'beside.png');
    const drawn = await legato(['render', 'tiny.legato', '--view', 'view_00', '--beside', '--out', picture]);
    expect(drawn).toMatchObject({ code: 0, out: `${picture}\n` });
    expect(await sharp(picture).metadata()).toMatchObject({ width: 64, height: 24, format: 'png' });
    for (const channel of ['depth', 'alpha', 'uncertainty']) {
      const one = await legato(['render', 'tiny.legato', '--heldout', '--channel', channel, '--json']);
      expect(one.code).toBe(0);
      const [line] = jsonLines(one.out);
      expect(line).toMatchObject({ channel, view: 'view_00.png', width: 32, height: 24 });
      expect(await sharp(line.file as string).metadata()).toMatchObject({ width: 32, height: 24 });
    }

    const ply = join(folder, 'tiny.ply');
    expect((await legato(['export', 'tiny.legato', '--format', 'ply', '--out', ply])).code).toBe(0);
    expect((await readSplats(ply)).count).toBe(result.splats);
    const kinds = await Promise.all(['tiny', 'tiny.legato', ply].map((path) => legato(['info', path, '--json'])));
    expect(kinds.map(({ out }) => jsonLines(out)[0].kind)).toEqual(['capture', 'project', 'splats']);
    expect(jsonLines(kinds[1].out)[0]).toMatchObject({ step: 100, splats: result.splats });

    const again = await legato(['train', 'tiny', ...flags()]);
    expect(again).toMatchObject({ code: 2 });
    expect(again.err).toMatch(/exists: continue it with --resume/);
    const longer = await legato(['train', 'tiny', '--resume', '--steps', '120', '--json']);
    expect(jsonLines(longer.out).at(-1)).toMatchObject({ step: 120, complete: true });
  });

  it('plain words without a terminal, ending with the figures to quote', async () => {
    const { code, out, err } = await legato(['train', 'tiny', '--out', 'plain.legato', ...flags()]);
    expect(code).toBe(0);
    expect(err).toMatch(/7 photos to train on, 1 held out, 32×24/);
    expect(err).toMatch(/step 100\/100 · left 0 s · PSNR \d+\.\d\d dB · .* · loss/);
    expect(out).toMatch(/step 100, held-out PSNR \d+\.\d\d dB, SSIM 0\.\d{4}, [\d,]+ splats, .* s wall .* CPU s/);
  });

  it('Ctrl-C saves and ends with 130; --resume continues there', async () => {
    let sent = false;
    const stopped = await legato(
      ['train', 'tiny', '--out', 'c.legato', '--json', ...flags({ steps: 1_000_000 })],
      (out, signal) => {
        if (sent || !out.includes('"progress"')) return;
        sent = true;
        signal('SIGINT');
      },
    );
    expect(stopped.code).toBe(130);
    const result = jsonLines(stopped.out).at(-1)!;
    expect(result).toMatchObject({ type: 'result', complete: false });
    const resumed = await legato([
      'train',
      'tiny',
      '--out',
      'c.legato',
      '--resume',
      '--json',
      '--steps',
      String((result.step as number) + 10),
    ]);
    expect(resumed.code).toBe(0);
    expect(jsonLines(resumed.out).find(({ type }) => type === 'prepared')).toMatchObject({ step: result.step });
  });

  it('bad input ends with 3 and says which file and what to do; a stack only with LEGATO_DEBUG', async () => {
    const missing = await legato(['train', 'nowhere']);
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.err).toMatch(/^legato: nowhere: no such capture/);
    expect(missing.err).not.toMatch(/ at .*:\d+:\d+/);
    await writeTinyCapture(join(folder, 'broken'));
    await writeFile(join(folder, 'broken', 'transforms.json'), '{"frames": 3}');
    const broken = await legato(['train', 'broken', '--json']);
    expect(broken.code).toBe(3);
    expect(jsonLines(broken.out).at(-1)).toMatchObject({ type: 'error', kind: 'CaptureError', fault: 'input' });
    // The empty project that this left does not stand in the way of another try.
    expect((await legato(['train', 'broken', '--json'])).code).toBe(3);
    expect((await legato(['eval', 'tiny'])).code).toBe(3);
    expect((await legato(['info', 'nowhere'])).code).toBe(3);
  });

  it('a backend that cannot serve ends with 4', async () => {
    const refused = await legato(['train', 'tiny', '--out', 'gpu.legato', '--backend', 'webgpu']);
    expect(refused.code).toBe(4);
    expect(refused.err).toMatch(/webgpu: not available/);
  });

  it('doctor looks at everything', async () => {
    const { code, out } = await legato(['doctor', '--json']);
    const [{ findings }] = jsonLines(out) as { findings: { name: string }[] }[];
    expect(findings.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'node',
        'native kernels',
        'compiler',
        'tfjs',
        'sharp',
        'libsql',
        'onnxruntime',
        'electron',
        'display',
        'models',
      ]),
    );
    expect([0, 4]).toContain(code);
  });

  it('doctor --desktop tries every part, and says what it could not check and why', async () => {
    const { code, out } = await legato(['doctor', '--desktop', '--json']);
    const [{ findings }] = jsonLines(out) as { findings: { name: string; ok: boolean | null; detail: string }[] }[];
    const of = (name: string) => findings.find((one) => one.name === name);
    for (const name of [
      'bundles',
      'tfjs computes',
      'sharp decodes',
      'onnxruntime runs',
      'trainer answers',
      'page policy',
    ])
      expect(of(name), name).toMatchObject({ ok: true });
    expect(of('trainer answers')?.detail).toContain('a frame of 1 splat');
    const webgl = of('WebGL 2') ?? of('Electron window');
    if (webgl?.ok === null) expect(webgl.detail).toMatch(/^not checked: ./);
    expect(webgl).toBeDefined();
    expect(code).toBe(0);
  });

  it('documents every exit code and every event', async () => {
    const text = await readFile(repositoryPath('resources', 'docs', 'command-line.md'), 'utf8');
    for (const code of ['0', '1', '2', '3', '4', '130']) expect(text).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
    for (const { shape } of trainerEvent.options) expect(text).toContain(`\`${shape.type.value}\``);
  });
});
