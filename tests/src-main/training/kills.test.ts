/** The real program, killed at random moments and continued (tests/faults/kills.ts). By hand, 50 times: `npm run bench -- kills`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../../resources/bin/build.mjs';
import { killAndContinue } from '../../faults/kills';
import { temporaryFolder } from '../base/temporaryFolder';

beforeAll(() => ensureBuilt(console.warn), 600_000);
afterAll(() => {
  delete process.env.LEGATO_HOME;
});

describe('SIGKILL at five random moments', () => {
  it('costs the steps since the last checkpoint and nothing else', { timeout: 300_000 }, async () => {
    const folder = await temporaryFolder();
    process.env.LEGATO_HOME = folder;
    const { lives, lost, differing } = await killAndContinue(folder, { kills: 5, steps: 1500, seed: 4 });
    console.warn(
      `  killed: ${lives.map(({ phase, step, from }) => `${phase}, ${step} → ${from ?? 'anew'}`).join('; ')}`,
    );
    expect(lives).toHaveLength(5);
    expect(lives.filter(({ phase }) => phase !== 'starting').length).toBeGreaterThanOrEqual(3);
    expect(lost).toEqual([]);
    expect(differing).toEqual([]);
  });
});
