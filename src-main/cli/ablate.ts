/**
 * `legato ablate`: the presets and single switches, each trained and scored against a truth, as one table. A row that is scored
 * already is not trained again, so that an interrupted table is continued by the same command.
 */
import type { TrainingSettings } from '#contract/settings';
import { ablateProject } from '../studio/ablateProject';
import type { ScoredRow } from '../studio/ablateProject';
import { exitCodes, UsageError } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';
import { duration, grouped, plainReporter } from './progress';
import { defaultProject } from './train';

export interface AblateOptions {
  out?: string;
  seeds: string;
  rows?: string;
  stage?: string;
  whole?: boolean;
  keep?: boolean;
  json?: boolean;
}

/** Largest seed. */
const SEED = 0xffff_ffff;

const FIGURES = ['meanIoU', 'splatIoU', 'meanAccuracy', 'meanPrecision', 'meanAveragePrecision', 'psnr'] as const;
const HEADINGS = ['mIoU', '3D mIoU', 'mPA', 'mP', 'mAP', 'PSNR'];

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

/** The median of every row over its seeds, in the order of the rows. */
export function medians(rows: readonly ScoredRow[]): (Omit<ScoredRow, 'seed' | 'settings'> & { seeds: number })[] {
  return [...new Set(rows.map(({ name }) => name))].map((name) => {
    const own = rows.filter((row) => row.name === name);
    const of = (pick: (row: ScoredRow) => number | null): number | null => {
      const values = own.map(pick).filter((value) => value !== null);
      return values.length > 0 ? median(values) : null;
    };
    const figures = Object.fromEntries(FIGURES.map((figure) => [figure, of((row) => row[figure])])) as Pick<
      ScoredRow,
      (typeof FIGURES)[number]
    >;
    const splats = Math.round(of((row) => row.splats) ?? 0);
    return { name, seeds: own.length, ...figures, splats, cpuSeconds: of((row) => row.cpuSeconds) ?? 0 };
  });
}

/** The table as text, a line for the headings and one a row. */
export function ablationTable(rows: readonly ScoredRow[]): string[] {
  const width = Math.max(3, ...rows.map(({ name }) => name.length));
  const cell = (text: string): string => text.padStart(8);
  const figure = (value: number | null, name: string): string =>
    cell(value === null ? '–' : value.toFixed(name === 'psnr' ? 2 : 3));
  return [
    ['row'.padEnd(width), ...HEADINGS.map(cell), cell('splats'), cell('CPU s')].join(' '),
    ...medians(rows).map((row) =>
      [
        row.name.padEnd(width),
        ...FIGURES.map((name) => figure(row[name], name)),
        cell(grouped(row.splats)),
        cell(row.cpuSeconds.toFixed(0)),
      ].join(' '),
    ),
  ];
}

/** `1,2,3` @throws UsageError */
export function seedList(text: string): number[] {
  const seeds = text.split(',').map((one) => wholeNumber('--seeds', one.trim(), 0, SEED));
  if (new Set(seeds).size !== seeds.length) throw new UsageError(`--seeds ${text}: a seed is named twice`);
  return seeds;
}

export async function ablateCommand(
  path: string,
  settings: Partial<TrainingSettings>,
  options: AblateOptions,
): Promise<ExitCode> {
  const json = options.json ?? false;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const reporter = plainReporter();
  const rows = await ablateProject(
    path,
    {
      project: defaultProject(path),
      out: options.out ?? null,
      seeds: seedList(options.seeds),
      rows: options.rows?.split(',').map((name) => name.trim()) ?? null,
      whole: options.whole ?? false,
      semanticSteps: options.stage === undefined ? null : wholeNumber('--stage', options.stage, 1, 10_000_000),
      keep: options.keep ?? false,
      settings,
    },
    {
      say,
      warn: (message) => say(`warning: ${message}`),
      event: (event) => {
        if (event.type === 'progress' || event.type === 'joined' || event.type === 'warning') reporter.event(event);
      },
      scored: (row, reused) => {
        if (json) process.stdout.write(`${JSON.stringify({ type: 'row', reused, ...row })}\n`);
        else say(`${row.name}, seed ${row.seed}: ${reused ? 'scored before' : duration(row.cpuSeconds)}`);
      },
    },
  );
  if (json) process.stdout.write(`${JSON.stringify({ type: 'result', rows: medians(rows) })}\n`);
  else process.stdout.write(`${ablationTable(rows).join('\n')}\n`);
  return exitCodes.ok;
}
