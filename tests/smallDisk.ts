/**
 * A disk of its own that can be filled, for tests of what happens then: a tmpfs of a few megabytes, by the first way that this machine allows.
 *
 *   mount         root on Linux
 *   sudo -n       a hosted runner of CI, whose user may become root without a word
 *   unshare       anybody where user namespaces are allowed: a child mounts it in a namespace of its own, and /proc/PID/root leads in
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';

export interface SmallDisk {
  /** where it is reached */
  readonly path: string;
  /** nothing can be written any more; absent where it cannot be done */
  freeze?(): void;
  close(): void;
}

function mounted(at: string, megabytes: number, as: readonly string[]): SmallDisk | null {
  const run = (...command: string[]): void => {
    const [program, ...rest] = [...as, ...command];
    execFileSync(program, rest, { stdio: 'ignore' });
  };
  const { uid = 0 } = process.getuid ? { uid: process.getuid() } : {};
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,uid=${uid},mode=700`, 'tmpfs', at);
  } catch {
    return null;
  }
  // Lazily: SQLite's binding lets go of its file when its statements are collected.
  const freeze = (): void => {
    // Busy while anything that was written is still being closed.
    for (let tries = 20; ; tries--) {
      try {
        return run('mount', '-o', 'remount,ro', at);
      } catch (error) {
        if (tries === 0) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      }
    }
  };
  return { path: at, freeze, close: () => run('umount', '--lazy', at) };
}

async function inNamespace(at: string, megabytes: number): Promise<SmallDisk | null> {
  const script = 'mount -t tmpfs -o "size=$1m" tmpfs "$2" && echo mounted && exec sleep infinity';
  const child = spawn(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', `${megabytes}`, at],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const ready = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
    child.stdout.once('data', () => resolve(true));
  });
  if (!ready) return null;
  return { path: `/proc/${child.pid}/root${at}`, close: () => void child.kill() };
}

/** @param at  absolute; made where it is missing. @returns null, said aloud, where no way is open */
export async function smallDisk(at: string, megabytes: number): Promise<SmallDisk | null> {
  await mkdir(at, { recursive: true });
  const disk =
    mounted(at, megabytes, []) ?? mounted(at, megabytes, ['sudo', '-n']) ?? (await inNamespace(at, megabytes));
  if (!disk) console.warn('\n  SKIPPED: a disk that fills up needs the right to mount one, sudo, or user namespaces\n');
  return disk;
}
