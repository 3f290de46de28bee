/**
 * `legato features`: encodes the photos of a capture or a project with CLIP and DINO, after saying what it will cost. Ctrl-C ends it
 * within a batch; finished photos stay, and the next run continues there. A second Ctrl-C ends at once.
 */
import { resolve } from 'node:path';
import { executionProviders } from '#contract/languageMessages';
import type { FeaturePlan, LanguageEvent, LanguageEventOf } from '#contract/languageMessages';
import type { TrainingSettings } from '#contract/settings';
import { startFeatures } from '../studio/languageJobs';
import { exitCodes, TrainingFailed, UsageError } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';
import { duration, grouped, mebibytes } from './progress';
import { defaultProject } from './train';

export interface FeaturesOptions {
  out?: string;
  all?: boolean;
  plan?: boolean;
  acceptCost?: boolean;
  memory?: string;
  provider: string;
  /** true: into the project's exports */
  pictures?: string | true;
  json?: boolean;
}

interface Show {
  event(event: LanguageEvent): void;
  say(line: string): void;
  close(): void;
}

const PLAIN_SECONDS = 5;

/** 46 TFLOP, 13.8 GFLOP, … */
export function operations(flops: number | null): string {
  if (flops === null) return 'an unknown number of operations';
  const units: [number, string][] = [
    [1e15, 'PFLOP'],
    [1e12, 'TFLOP'],
    [1e9, 'GFLOP'],
    [1e6, 'MFLOP'],
  ];
  const [unit, name] = units.find(([size]) => flops >= size) ?? units[3];
  const value = flops / unit;
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${name}`;
}

/** The plan in words, a line for each thing a person may want to change. */
export function planLines(plan: FeaturePlan): string[] {
  const { clip, dino } = plan;
  const scale = (value: number): string => `${Number((100 * value).toFixed(1))}`;
  const held = plan.heldOut > 0 ? `, ${grouped(plan.heldOut)} of them held out` : '';
  const crops =
    plan.crops === 'random' ? 'random crops' : `a pyramid of ${plan.levels.map(scale).join(', ')} % of the height`;
  const cached = plan.cached > 0 ? `, ${grouped(plan.cached)} of them encoded already` : '';
  return [
    `${grouped(plan.photos)} photos${held}${cached}; detail ${plan.detail}: ${plan.columns}×${plan.rows} cells`,
    `${clip.name}: ${grouped(clip.passes)} crops a photo (${crops}) at ${clip.inputWidth}×${clip.inputHeight} px, ` +
      `${operations(clip.flops)} each, ${clip.width} values; ${plan.batch} a batch`,
    `${dino.name}: ${dino.passes === 1 ? 'one picture' : `${dino.passes} windows`} a photo at ` +
      `${dino.inputWidth}×${dino.inputHeight} px, ${operations(dino.flops)} each, ${dino.width} values`,
    `in all ${operations(plan.flops)}: about ${duration(plan.seconds)}, ${mebibytes(plan.diskBytes)} of disk, ` +
      `${mebibytes(plan.memoryBytes)} of memory; ${plan.provider} (${plan.reason}), ${plan.threads} threads`,
  ];
}

function progressText(event: LanguageEventOf<'progress'>): string {
  const photos = `${event.stage} ${grouped(event.photos)}/${grouped(event.photosTotal)}`;
  return [
    photos,
    `left ${duration(event.etaSeconds)}`,
    `${grouped(event.crops)}/${grouped(event.cropsTotal)} crops`,
    `${event.cropsPerSecond.toFixed(1)}/s`,
    mebibytes(event.memoryBytes),
    event.photo,
  ].join(' · ');
}

/** Events that are worth lines of their own, in words. */
function lines(event: LanguageEvent): string[] {
  switch (event.type) {
    case 'plan':
      return planLines(event);
    case 'warning':
      return [`warning: ${event.message}${event.photo === null ? '' : ' (left out)'}`];
    default:
      return [];
  }
}

async function makeShow(json: boolean): Promise<Show> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (json)
    return { event: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`), say, close: () => undefined };
  if (!process.stderr.isTTY) {
    let last = -Infinity;
    const event = (event: LanguageEvent): void => {
      for (const text of lines(event)) say(text);
      const now = performance.now() / 1000;
      if (event.type !== 'progress') return;
      if (now - last < PLAIN_SECONDS && event.crops < event.cropsTotal) return;
      last = now;
      say(progressText(event));
    };
    return { event, say, close: () => undefined };
  }
  const { default: progress } = await import('cli-progress');
  const bars = new progress.MultiBar(
    {
      format: '{bar} {percentage}% {text}',
      barsize: 10,
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
    },
    progress.Presets.shades_classic,
  );
  let bar: ReturnType<typeof bars.create> | null = null;
  const above = (text: string): void => (bar ? bars.log(`${text}\n`) : say(text));
  return {
    event(event) {
      for (const text of lines(event)) above(text);
      if (event.type !== 'progress') return;
      bar ??= bars.create(Math.max(1, event.cropsTotal), 0, { text: '' });
      bar.update(event.crops, { text: progressText(event) });
    },
    say: above,
    close: () => bars.stop(),
  };
}

export async function features(
  path: string,
  settings: Partial<TrainingSettings>,
  options: FeaturesOptions,
): Promise<ExitCode> {
  const provider = executionProviders.find((name) => name === options.provider);
  if (!provider)
    throw new UsageError(`--provider ${options.provider}: expected one of ${executionProviders.join(', ')}`);
  const memory = options.memory === undefined ? null : wholeNumber('--memory', options.memory, 64, 1 << 20);
  const json = options.json ?? false;
  const show = await makeShow(json);
  const out = resolve(options.out ?? defaultProject(path));
  const request = {
    settings,
    all: options.all ?? false,
    provider,
    memoryBytes: memory === null ? null : memory * 2 ** 20,
    acceptCost: options.acceptCost ?? false,
    planOnly: options.plan ?? false,
    firstMaps: null,
    pictures: options.pictures === true ? '' : (options.pictures ?? null),
  };
  let refusal: string | null = null;
  const run = await startFeatures(path, out, request, (event) => {
    if (event.type === 'plan') refusal = event.refusal?.message ?? null;
    show.event(event);
  });
  let interrupted = 0;
  const interrupt = (): void => {
    if (++interrupted > 1) {
      run.host.kill();
      show.close();
      process.exit(exitCodes.interrupted);
    }
    show.say('finishing the batch; finished photos are kept; interrupt again to end at once');
    run.host.send({ type: 'cancel' });
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let end: Awaited<typeof run.ended>;
  try {
    end = await run.ended;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    show.close();
    await run.host.close();
  }
  if (end.type === 'failed') throw new TrainingFailed(end.failure);
  if (request.planOnly) {
    if (refusal !== null) show.say(`legato: would not start: ${String(refusal)}`);
    return refusal === null ? exitCodes.ok : exitCodes.input;
  }
  conclude(run.project, end, json);
  if (!end.complete) return exitCodes.interrupted;
  return end.abandoned.length > 0 ? exitCodes.input : exitCodes.ok;
}

/** The last line: what a person will quote. */
function conclude(project: string, end: LanguageEventOf<'finished'>, json: boolean): void {
  const { user, system } = process.cpuUsage();
  const { type: _, cpuSeconds, wallSeconds: _job, ...figures } = end;
  const cost = { wallSeconds: performance.now() / 1000, cpuSeconds: cpuSeconds + (user + system) / 1e6 };
  if (json) {
    process.stdout.write(`${JSON.stringify({ type: 'result', project, ...figures, ...cost })}\n`);
    return;
  }
  const { crops, cropsPerSecond, flops, encoderSeconds } = figures;
  const speed =
    crops > 0 && flops !== null
      ? `${cropsPerSecond.toFixed(1)} crops/s at ${(flops / encoderSeconds / 1e9).toFixed(1)} GFLOP/s, `
      : '';
  const lost = figures.abandoned.length > 0 ? `, ${grouped(figures.abandoned.length)} left out` : '';
  process.stdout.write(
    `${project}: ${grouped(figures.photos)} photos (${grouped(figures.cached)} already there${lost}), ` +
      `${grouped(crops)} crops, ${speed}${mebibytes(figures.diskBytes)} of cache, ` +
      `${cost.wallSeconds.toFixed(1)} s wall, ${cost.cpuSeconds.toFixed(1)} CPU s, ` +
      `peak ${mebibytes(figures.peakMemoryBytes)}\n`,
  );
}
