/**
 * A disk that is full at any write of a checkpoint, of a new project, of opening one, of a label: every write is failed in turn, in a
 * program of its own (tests/faults/everyWrite.ts). What is left is the state before or after, whole; the job works when there is room
 * again; and each failure says what to do.
 */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryPath } from '../../shared';
import type { JobReport } from '../../faults/everyWrite';
import { fullDisk } from '../../faults/fullDisk';
import { temporaryFolder } from '../base/temporaryFolder';

/** Lines of a worker's standard output. @throws when it fails, with what it said */
async function lines(command: readonly string[], environment: Record<string, string>): Promise<string[]> {
  const child = spawn(process.execPath, [...command], {
    env: { ...process.env, ...environment },
    cwd: repositoryPath(),
  });
  let [out, complaint] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(complaint);
  return out.trim().split('\n');
}

describe('a disk that is full at the k-th write, for every k', () => {
  it(
    'leaves the state before or after, says what to do, and nothing is in the way afterwards',
    { timeout: 600_000 },
    async ({ skip }) => {
      const folder = await temporaryFolder();
      const place = join(folder, 'disk');
      await mkdir(place);
      const disk = fullDisk(place, folder);
      if (!disk) return skip();
      const worker = [
        ...['--import', 'tsx'],
        repositoryPath('tests', 'faults', 'everyWrite.ts'),
        place,
        join(folder, 'control'),
      ];
      const reports = (await lines(worker, disk.environment)).map((line) => JSON.parse(line) as JobReport);
      disk.control.close();
      console.warn(reports.map(({ job, writes }) => `  ${writes} writes failed in turn: ${job}`).join('\n'));
      expect(reports.flatMap(({ job, wrong }) => wrong.map((problem) => `${job}: ${problem}`))).toEqual([]);
      // No job is done without writing, and a temporary name means nothing to anybody.
      for (const { writes, told } of reports) {
        expect(writes).toBeGreaterThan(10);
        expect(told.join('\n')).not.toMatch(/\.tmp/);
      }
    },
  );
});
