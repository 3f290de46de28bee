/** The real program in processes of its own, watched by its JSON lines and ended by force where a test wants it. */
import { spawn } from 'node:child_process';
import { repositoryPath } from '../shared';

/** A line of `--json`. */
export interface Said {
  readonly type: string;
  readonly step?: number;
  readonly seconds?: number;
  readonly message?: string;
}

export interface Lived {
  readonly said: readonly Said[];
  /** null when it was killed */
  readonly code: number | null;
  /** what it wrote for people */
  readonly complaint: string;
  readonly seconds: number;
}

/** Settings of a run of the tiny capture, as flags: short, few Gaussians, and the same to the bit each time. */
export const TINY_FLAGS: readonly string[] = flagsOf({
  resolution: 0,
  holdout: 8,
  shDegree: 0,
  checkpointInterval: 1,
  densityShortestInterval: 20,
  opacityResetInterval: 0,
  maxSplats: 400,
  threads: 1,
});

/** `--opacity-reset-interval 0` for `{ opacityResetInterval: 0 }` */
export function flagsOf(settings: Readonly<Record<string, number>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    `${value}`,
  ]);
}

/** The last step that lines of a type told of; null when none did. */
export const stepOf = (said: readonly Said[], type: string): number | null =>
  said.findLast((one) => one.type === type)?.step ?? null;

/**
 * Runs `legato ARGS --json` to its end.
 *
 * @param hear  called with each line as it comes; `kill` ends all of its processes at once, as a power cut would
 */
export async function runLegato(
  args: readonly string[],
  hear: (line: Said, kill: () => void) => void = () => undefined,
): Promise<Lived> {
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [repositoryPath('resources', 'bin', 'legato.mjs'), ...args, '--json'],
    // A group of its own, so that the trainer dies with the command.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let over = false;
  const kill = (): void => {
    if (!over) process.kill(-child.pid!, 'SIGKILL');
  };
  hear({ type: 'spawned' }, kill);
  const said: Said[] = [];
  let [rest, complaint] = ['', ''];
  child.stdout.on('data', (text: Buffer) => {
    const lines = (rest + text.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const line = JSON.parse(text) as Said;
      said.push(line);
      hear(line, kill);
    }
  });
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  over = true;
  return { said, code, complaint, seconds: (performance.now() - begun) / 1000 };
}
