/** `legato train` where what is left of a run cannot be done. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../../resources/bin/build.mjs';
import { InputError } from '../../../src-main/cli/exit';
import { train } from '../../../src-main/cli/train';
import { CheckpointFolder, projectPaths } from '../../../src-main/project/index';
import { tinySettings, writeTinyCapture } from '../training/tinyCapture';

let home: string;
beforeAll(async () => {
  ensureBuilt(console.warn);
  home = await mkdtemp(join(tmpdir(), 'legato-train-'));
  process.env.LEGATO_HOME = home;
}, 600_000);
afterAll(async () => {
  delete process.env.LEGATO_HOME;
  await rm(home, { recursive: true, force: true });
});

describe('steps of semantics alone without index maps', () => {
  it('end with geometry saved and with what to run', { timeout: 120_000 }, async () => {
    const capture = join(home, 'ring');
    await writeTinyCapture(capture);
    const out = join(home, 'ring.legato');
    const ended = train(capture, { ...tinySettings, steps: 10, semanticSteps: 1000 }, { out });
    const error = await ended.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    for (const words of [out, 'step 10', '1,000 steps', 'legato features', 'legato codebook', '--resume'])
      expect(String(error)).toContain(words);
    const checkpoints = await new CheckpointFolder(projectPaths(out).checkpoints, () => undefined).list();
    expect(checkpoints.map(({ step }) => step)).toContain(10);
  });
});
