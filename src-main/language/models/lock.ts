/** One writer per model: a lock file with the writer's process, taken over when that process is gone. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { said } from '#contract/sayings';
import { isProcessAlive, processStartTime, systemErrorCode, writeError } from '../../base/index';
import { ModelError } from '../errors';

const held = new Set<string>();

async function holder(path: string): Promise<number | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [pid, started] = text.trim().split(' ');
  const id = Number(pid);
  if (!isProcessAlive(id)) return null;
  const now = processStartTime(id);
  return now !== null && started !== undefined && started !== now ? null : id;
}

/** @throws ModelError when another process, or this one, is at it already */
export async function withLock<T>(path: string, model: string, work: () => Promise<T>): Promise<T> {
  const mine = `${process.pid} ${processStartTime(process.pid) ?? ''}`;
  for (let attempt = 0; ; attempt++) {
    try {
      await writeFile(path, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw writeError(path, error);
      const other = await holder(path);
      const ours = other === process.pid && !held.has(path);
      if (attempt > 2 || (other !== null && !ours)) {
        throw new ModelError(null, said('modelBeingFetched', { model, process: String(other) }));
      }
      await rm(path, { force: true });
    }
  }
  held.add(path);
  try {
    return await work();
  } finally {
    held.delete(path);
    await rm(path, { force: true }).catch(() => undefined);
  }
}
