/**
 * Programs on a disk that fills up at a write of our choice (fullDisk.c): every write of a job can be failed in turn.
 *
 * Linux with a C compiler; elsewhere there is no such disk, said aloud.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { repositoryPath } from '../shared';

export interface Fault {
  /** 1-based: the write that fails, and all after it */
  readonly from: number;
  readonly code?: 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EROFS';
  /** the writes after it succeed again: somebody made room */
  readonly once?: boolean;
}

/** The disk, as the test holds it and as its worker does. */
export class DiskControl {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r+');
  }

  /** The disk has room again, and calls are counted from 0. */
  heal(): void {
    this.#write([0n, 0n, 0n, 0n]);
  }

  /** Fails from the call `from` on, counted from now. */
  fail({ from, code = 'ENOSPC', once = false }: Fault): void {
    this.#write([0n, BigInt(from), BigInt(constants.errno[code]), once ? 1n : 0n]);
  }

  /** calls since `heal` or `fail` */
  get calls(): number {
    const bytes = Buffer.alloc(8);
    readSync(this.#file, bytes, 0, 8, 0);
    return Number(bytes.readBigInt64LE());
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(values: readonly bigint[]): void {
    writeSync(this.#file, new Uint8Array(BigInt64Array.from(values).buffer), 0, 32, 0);
  }
}

export interface FullDisk {
  readonly control: DiskControl;
  /** what a program is started with to live on it */
  readonly environment: Record<string, string>;
}

/** @param scratch  for the library, outside of `folder`. @returns null, said aloud, where there can be none */
export function fullDisk(folder: string, scratch: string): FullDisk | null {
  const library = join(scratch, 'fullDisk.so');
  const control = join(scratch, 'control');
  try {
    if (process.platform !== 'linux') throw new Error('not Linux');
    execFileSync('cc', [
      '-O1',
      '-shared',
      '-fPIC',
      '-o',
      library,
      repositoryPath('tests', 'faults', 'fullDisk.c'),
      '-ldl',
    ]);
  } catch {
    console.warn('\n  SKIPPED: a disk that fills up at a chosen write needs Linux and a C compiler\n');
    return null;
  }
  writeFileSync(control, Buffer.alloc(32));
  return {
    control: new DiskControl(control),
    environment: { LD_PRELOAD: library, LEGATO_DISK_FOLDER: folder, LEGATO_DISK_CONTROL: control },
  };
}
