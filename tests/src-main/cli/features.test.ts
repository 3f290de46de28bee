/** `legato features` as a person or a script meets it: plan, result, exit codes. Skipped, said aloud, where it is not built. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { languageEvent } from '#contract/languageMessages';
import type { FeaturePlan } from '#contract/languageMessages';
import { operations, planLines } from '../../../src-main/cli/features';
import { repositoryPath } from '../../shared';
import { freshFolder, halves, tiny, writeCapture } from '../language/features/helpers';

const program = repositoryPath('out', 'main', 'cli.js');
const built = existsSync(program) && existsSync(repositoryPath('out', 'main', 'language.js'));
if (!built)
  console.warn('\n  SKIPPED: out/main/cli.js is not built; `legato features` is not tested here (npm run build)\n');

let folder: string;
beforeAll(async () => {
  folder = await freshFolder();
  const photos = { 'a.png': halves([255, 51, 0], [255, 51, 0]), 'b.png': halves([0, 102, 255], [100, 0, 0]) };
  await writeCapture(join(folder, 'room'), photos);
});

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

function legato(args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const environment = { ...process.env, LEGATO_HOME: join(folder, 'home'), LEGATO_DEBUG: '' };
    const child = spawn(process.execPath, [program, 'features', ...args], { cwd: folder, env: environment });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const models = (clip: 'clip' | 'nan') => ['--clip-model', tiny(clip), '--dino-model', tiny('dino')];
const settings = ['--holdout', '0', '--crop-scale-min', '0.25', '--threads', '1'];

describe('words', () => {
  it('give operations and the plan in units that one reads', () => {
    expect([46e12, 35.1e9, 13_768_704, 1.5e15, 120e9, null].map(operations)).toEqual([
      '46.0 TFLOP',
      '35.1 GFLOP',
      '13.8 MFLOP',
      '1.5 PFLOP',
      '120 GFLOP',
      'an unknown number of operations',
    ]);
    const encoder = { name: 'm', width: 512, inputWidth: 224, inputHeight: 224, passes: 1300, flops: 35e9 };
    const plan: FeaturePlan = {
      type: 'plan',
      detail: 'full',
      crops: 'pyramid',
      photos: 97,
      cached: 3,
      heldOut: 12,
      clip: encoder,
      dino: { ...encoder, passes: 4 },
      levels: [0.05, 0.125],
      rows: 90,
      columns: 120,
      cropsTotal: 122_200,
      flops: 4.3e15,
      seconds: 60_000,
      diskBytes: 4e8,
      memoryBytes: 9e8,
      batch: 8,
      provider: 'cpu',
      reason: 'runs everywhere',
      threads: 2,
      preview: 'photo',
      refusal: null,
    };
    expect(planLines(plan)).toEqual([
      '97 photos, 12 of them held out, 3 of them encoded already; detail full: 120×90 cells',
      'm: 1,300 crops a photo (a pyramid of 5, 12.5 % of the height) at 224×224 px, 35.0 GFLOP each, 512 values; 8 a batch',
      'm: 4 windows a photo at 224×224 px, 35.0 GFLOP each, 512 values',
      'in all 4.3 PFLOP: about 16 h 40 min, 381 MB of disk, 858 MB of memory; cpu (runs everywhere), 2 threads',
    ]);
  });
});

describe.runIf(built)('legato features', { timeout: 60_000 }, () => {
  it('says what it will cost, then encodes; JSON lines are events of the contract', async () => {
    const planned = await legato(['room', ...models('clip'), ...settings, '--plan']);
    expect(planned).toMatchObject({ code: 0, out: '' });
    expect(planned.err).toMatch(/2 photos; detail standard: 180×120 cells\n.*\n.*\nin all .* about \d s/s);

    const encoded = await legato(['room', ...models('clip'), ...settings, '--json', '--pictures']);
    expect(encoded.code).toBe(0);
    const lines = encoded.out.trim().split('\n');
    for (const line of lines.slice(0, -1)) expect(languageEvent.safeParse(JSON.parse(line)).error).toBeUndefined();
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      type: 'result',
      project: join(folder, 'room.legato'),
      complete: true,
      photos: 2,
      cached: 0,
    });
    expect(existsSync(join(folder, 'room.legato', 'exports', 'features', 'a.png.png'))).toBe(true);

    const again = await legato(['room.legato', ...models('clip'), ...settings]);
    expect(again.code).toBe(0);
    expect(again.out).toMatch(
      /room\.legato: 2 photos \(2 already there\), 0 crops, 0 MB of cache, .* CPU s, peak \d+ MB\n$/,
    );
  });

  it('ends with 3 when a photo was left out, and says which', async () => {
    const given = await legato(['room', '--out', 'nan.legato', ...models('nan'), ...settings]);
    expect(given.code).toBe(3);
    expect(given.err).toMatch(/warning: a\.png: model "nan" answers .* \(left out\)/);
    expect(given.out).toMatch(/nan\.legato: 1 photos \(0 already there, 1 left out\)/);
  });

  it.each([
    [['room', '--provider', 'abacus'], 2, /--provider abacus: expected one of cpu, webgpu, cuda/],
    [['room', '--memory', 'much'], 2, /--memory much: expected a whole number/],
    [['nowhere'], 3, /nowhere: no such capture or project/],
    [['room', '--dino-model', tiny('dino'), '--clip-model', 'no-such-model'], 3, /no model is called "no-such-model"/],
    [['room', ...models('clip'), '--provider', 'cuda', '--crop-levels', '2'], 4, /cuda: not available here/],
  ])('%j ends with %i', async (args, code, message) => {
    const outcome = await legato(args);
    expect(outcome.err).toMatch(message);
    expect(outcome.code).toBe(code);
  });
});
