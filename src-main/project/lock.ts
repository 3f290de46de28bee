/**
 * One writer per project: the file `lock` names the process that has it open. A lock whose process is gone (a crash, a
 * reboot) is taken over; one that another machine holds on a shared disk cannot be checked and is respected.
 *
 * A lock gets its name when it is written (a link, which fails where one is): nobody can take half a lock for a damaged one.
 */
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isProcessAlive, processStartTime, systemErrorCode, temporaryName, writeError } from '../base/index';
import { ProjectError } from './errors';

const LOCK = z.object({ pid: z.int(), host: z.string(), processStart: z.string().nullable(), since: z.string() });
type Lock = z.infer<typeof LOCK>;
/** between two looks at a lock that another process is taking over; it takes no longer than a few files do */
const TURN_MS = 20;
const ATTEMPTS = 50;
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** 'gone' where there is none, 'damaged' where nobody can say whose it is. */
async function readLock(path: string): Promise<Lock | 'gone' | 'damaged'> {
  try {
    return LOCK.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? 'gone' : 'damaged';
  }
}

function isHeld(lock: Lock | 'gone' | 'damaged'): lock is Lock {
  if (typeof lock === 'string') return false;
  if (lock.host !== hostname()) return true;
  if (!isProcessAlive(lock.pid)) return false;
  const start = processStartTime(lock.pid);
  return start === null || lock.processStart === null || start === lock.processStart;
}

/** @returns whether there was none */
async function writeLock(path: string, content: string): Promise<boolean> {
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await link(temporary, path).catch(async (error: unknown) => {
      // Some file systems know no links.
      if (!NO_LINKS.has(systemErrorCode(error) ?? '')) throw error;
      await writeFile(path, content, { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw writeError(path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Puts our lock in the place of a stale one. One process at a time may: otherwise the second would remove the lock that the first has
 * just put there.
 *
 * @returns whether it is ours now; false where another process was quicker, or is at it
 */
async function takeOver(path: string, content: string): Promise<boolean> {
  const turn = `${path}.turn`;
  if (!(await writeLock(turn, content))) {
    const other = await readLock(turn);
    if (isHeld(other)) await sleep(TURN_MS);
    else if (other !== 'gone') await rm(turn, { force: true });
    return false;
  }
  try {
    const lock = await readLock(path);
    if (isHeld(lock)) return false;
    // Where there is none any more, a new one may come at any moment.
    if (lock !== 'gone') await rm(path, { force: true });
    return await writeLock(path, content);
  } finally {
    await rm(turn, { force: true });
  }
}

function heldBy(lock: Lock, path: string): ProjectError {
  const since = `open in process ${lock.pid} on ${lock.host} since ${lock.since}; close it there`;
  const elsewhere = lock.host === hostname() ? '' : ', or delete this file if that machine is off';
  return new ProjectError('locked', path, since + elsewhere);
}

/** Held until `release`; releasing twice is harmless. */
export class ProjectLock {
  readonly #path: string;
  #held = true;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws ProjectError 'locked' naming the holder; FileError 'no-space', 'read-only', 'io' */
  static async acquire(path: string): Promise<ProjectLock> {
    const lock: Lock = {
      pid: process.pid,
      host: hostname(),
      processStart: processStartTime(process.pid),
      since: new Date().toISOString(),
    };
    const content = JSON.stringify(lock);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await writeLock(path, content)) return new ProjectLock(path);
      const held = await readLock(path);
      if (isHeld(held)) throw heldBy(held, path);
      if (await takeOver(path, content)) return new ProjectLock(path);
    }
    throw new ProjectError('locked', path, 'another process opened the project at the same moment; try again');
  }

  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await rm(this.#path, { force: true });
  }
}
