/** Other processes: whether one still lives, for locks and temporary files that carry its id, and words to the parent. */
import { readFileSync } from 'node:fs';
import { systemErrorCode } from './errors';

/** True when a process with this id exists on this machine, also when it belongs to someone else. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/**
 * When a process started, as an opaque text that differs between two processes that were given the same id (after a
 * reboot, say); null where the system does not tell. Field 22 of /proc/PID/stat: clock ticks since boot.
 */
export function processStartTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/**
 * Sends from a forked process to its parent, when it is there. One that leaves while a message is on its way is no error: without the
 * callback Node throws EPIPE as an uncaught one, before the process has heard that it is alone and could save what it works on.
 */
export function sendToParent(message: object): void {
  void deliverToParent(message);
}

/** The same, to be waited for: a process that disconnects earlier takes a large message half-sent along. */
export function deliverToParent(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
