/**
 * `npm start` as a person meets it where there is no window: the link, the demo room learning in the terminal, and Ctrl-C that saves
 * and leaves nothing running. The room is the real one, so that this takes about half a minute on two cores.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../../resources/bin/build.mjs';
import { CheckpointFolder, projectPaths } from '../../../src-main/project/index';
import { repositoryPath } from '../../shared';

/** Longer than a step, an evaluation and a checkpoint of the demo room take. */
const STOP_SECONDS = 30;

let home: string;
let child: ChildProcess | null = null;
beforeAll(async () => {
  ensureBuilt(console.warn);
  home = await mkdtemp(join(tmpdir(), 'legato-start-'));
}, 600_000);
afterAll(async () => {
  child?.kill('SIGKILL');
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

/** Ids of all processes below one. */
function descendants(of: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.filter(([, ppid]) => ppid === parent).flatMap(([pid]) => [pid, ...below(pid)]);
  return below(of);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(process.platform === 'win32')('npm start without a window', () => {
  it('says its link, learns the demo room aloud, and ends whole on Ctrl-C', { timeout: 400_000 }, async () => {
    const environment: NodeJS.ProcessEnv = { ...process.env, LEGATO_HOME: home, DISPLAY: '', WAYLAND_DISPLAY: '' };
    const program = repositoryPath('resources', 'bin', 'legato.mjs');
    child = spawn(process.execPath, [program, 'start', '--browser'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const steps = () =>
      [...said.matchAll(/([\d,]+)\/[\d,]+ steps/g)].map(([, step]) => Number(step.replaceAll(',', '')));
    const until = (what: () => unknown, seconds: number) =>
      expect.poll(what, { timeout: seconds * 1000, interval: 100, message: `after: ${said}` });

    await until(() => said, 60).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/);
    await until(() => steps().filter((step) => step > 0).length, 240).toBeGreaterThanOrEqual(2);
    expect(steps().at(-1)).toBeGreaterThan(steps()[0]);
    // The trainer and whoever learns words.
    const children = descendants(child.pid!);
    expect(children.length).toBeGreaterThan(0);

    const begun = performance.now();
    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect((performance.now() - begun) / 1000).toBeLessThan(STOP_SECONDS);
    expect(children.filter(alive)).toEqual([]);
    expect(said).toContain('saving what is open');
    const { checkpoints } = projectPaths(join(home, 'Demo room.legato'));
    const saved = await new CheckpointFolder(checkpoints, () => undefined).list();
    expect(Math.max(...saved.map(({ step }) => step))).toBeGreaterThanOrEqual(steps().at(-1)!);
  });
});
