/**
 * One writer per project: the file `lock` names the process that has it open. A lock whose process is gone (a crash, a
 * reboot) is taken over; one that another machine holds on a shared disk cannot be checked and is respected.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { isProcessAlive, processStartTime, systemErrorCode, writeError } from '../base/index';
import { ProjectError } from './errors';

const LOCK = z.object({ pid: z.int(), host: z.string(), processStart: z.string().nullable(), since: z.string() });
type Lock = z.infer<typeof LOCK>;

async function readLock(path: string): Promise<Lock | null> {
  try {
    return LOCK.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

function isHeld(lock: Lock): boolean {
  if (lock.host !== hostname()) return true;
  if (!isProcessAlive(lock.pid)) return false;
  const start = processStartTime(lock.pid);
  return start === null || lock.processStart === null || start === lock.processStart;
}

/** Held until `release`; releasing twice is harmless. */
export class ProjectLock {
  readonly #path: string;
  #held = true;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws ProjectError 'locked' naming the holder, 'read-only', 'io' */
  static async acquire(path: string): Promise<ProjectLock> {
    const content: Lock = {
      pid: process.pid,
      host: hostname(),
      processStart: processStartTime(process.pid),
      since: new Date().toISOString(),
    };
    // The second attempt follows the removal of a stale lock; losing that race to another process is 'locked' too.
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await writeFile(path, JSON.stringify(content), { flag: 'wx' });
        return new ProjectLock(path);
      } catch (error) {
        if (systemErrorCode(error) !== 'EEXIST') throw writeError(path, error);
      }
      const lock = await readLock(path);
      if (lock !== null && isHeld(lock))
        throw new ProjectError(
          'locked',
          path,
          `open in process ${lock.pid} on ${lock.host} since ${lock.since}; close it there` +
            (lock.host === hostname() ? '' : ', or delete this file if that machine is off'),
        );
      await rm(path, { force: true });
    }
    throw new ProjectError('locked', path, 'another process opened the project at the same moment; try again');
  }

  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await rm(this.#path, { force: true });
  }
}
