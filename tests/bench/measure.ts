/** Time of one call, as the median over repetitions: CPU time of all threads of the process, and wall time. */
export interface Timing {
  /** ms */
  readonly cpu: number;
  /** ms */
  readonly wall: number;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

/** One call to warm up, then at least `repetitions` and half a second of them. */
export function time(repetitions: number, call: () => void): Timing {
  call();
  const cpu: number[] = [];
  const wall: number[] = [];
  const until = performance.now() + 500;
  while (cpu.length < repetitions || performance.now() < until) {
    const usage = process.cpuUsage();
    const start = performance.now();
    call();
    const end = performance.now();
    const { user, system } = process.cpuUsage(usage);
    cpu.push((user + system) / 1000);
    wall.push(end - start);
  }
  return { cpu: median(cpu), wall: median(wall) };
}

export interface Row {
  readonly kernel: string;
  readonly size: string;
  readonly threads: number;
  readonly timing: Timing;
  /** floating-point operations that the formula needs */
  readonly flops: number;
  /** bytes that must cross between memory and the processor at least once */
  readonly bytes: number;
  readonly note?: string;
}

export interface Machine {
  readonly gigaflops: number;
  readonly gigabytesPerSecond: number;
}

/** A row of the table: times, and the shares of this machine's best that they mean. */
export function format(row: Row, machine: Machine): string {
  const share = (amount: number, best: number) =>
    `${((amount / (row.timing.wall * 1e-3) / 1e9 / best) * 100).toFixed(0)} %`;
  return [
    row.kernel.padEnd(26),
    row.size.padEnd(22),
    String(row.threads).padStart(7),
    row.timing.cpu.toFixed(2).padStart(9),
    row.timing.wall.toFixed(2).padStart(9),
    share(row.flops, machine.gigaflops).padStart(7),
    share(row.bytes, machine.gigabytesPerSecond).padStart(7),
    row.note ? `  ${row.note}` : '',
  ].join(' ');
}

export const header = [
  'kernel'.padEnd(26),
  'size'.padEnd(22),
  'threads',
  'CPU ms'.padStart(9),
  'wall ms'.padStart(9),
  'flops'.padStart(7),
  'memory'.padStart(7),
].join(' ');
