/**
 * `legato codebook`: learns the codebook from a project's features, writes index maps, and says what it is worth. Ctrl-C ends it within
 * a batch and leaves the codebook from before, if there was one; a second Ctrl-C ends at once.
 */
import { wordLists } from '#contract/codebookMessages';
import type { CodebookSummary } from '#contract/codebookMessages';
import type { LanguageEvent, LanguageEventOf } from '#contract/languageMessages';
import type { TrainingSettings } from '#contract/settings';
import { startCodebook } from '../studio/buildCodebook';
import { codebookLines } from '../studio/codebookLines';
import { exitCodes, TrainingFailed, UsageError } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';
import { duration, grouped, mebibytes } from './progress';

export interface CodebookOptions {
  words: string;
  /** true: into the project's exports */
  pictures?: string | true;
  paletteSeed: string;
  json?: boolean;
}

interface Show {
  event(event: LanguageEvent): void;
  say(line: string): void;
  close(): void;
}

const PLAIN_SECONDS = 5;

function progressText(event: LanguageEventOf<'codebookProgress'>): string {
  // The first figure has no pace yet.
  const left = event.etaSeconds > 0 ? [`left ${duration(event.etaSeconds)}`] : [];
  if (event.stage === 'encoding')
    return [`maps ${grouped(event.photos)}/${grouped(event.photosTotal)}`, ...left].join(' · ');
  const cosine = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
  return [
    `epoch ${event.epoch.toFixed(event.epochs > 20 ? 0 : 1)}/${event.epochs}`,
    ...left,
    `cosine CLIP ${cosine(event.cosineClip)} DINO ${cosine(event.cosineDino)}`,
    `${event.used ?? 0} used`,
    mebibytes(event.memoryBytes),
  ].join(' · ');
}

/** Events that are worth a line of their own, in words. */
function line(event: LanguageEvent): string | null {
  switch (event.type) {
    case 'codebookPrepared': {
      const missing = event.missing > 0 ? ` (${grouped(event.missing)} photos have no features yet)` : '';
      return (
        `${grouped(event.cells)} cells of ${grouped(event.photos)} photos${missing}: ${event.clipModel} ${event.clipWidth} ⊕ ` +
        `${event.dinoModel} ${event.dinoWidth}; ${event.entries} entries, ${event.epochs} epochs; ${event.backend} kernels ` +
        `(${event.instructionSet}, ${event.threads} ${event.threads === 1 ? 'thread' : 'threads'})`
      );
    }
    case 'warning':
      return `warning: ${event.message}`;
    case 'picture':
      return event.file;
    default:
      return null;
  }
}

async function makeShow(json: boolean): Promise<Show> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (json)
    return { event: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`), say, close: () => undefined };
  if (!process.stderr.isTTY) {
    let last = -Infinity;
    const event = (event: LanguageEvent): void => {
      const text = line(event);
      if (text !== null) return say(text);
      const now = performance.now() / 1000;
      if (event.type !== 'codebookProgress' || (now - last < PLAIN_SECONDS && event.done < 1)) return;
      last = now;
      say(progressText(event));
    };
    return { event, say, close: () => undefined };
  }
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar(
    {
      format: '{bar} {percentage}% {text}',
      barsize: 10,
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
    },
    progress.Presets.shades_classic,
  );
  let running = false;
  const sayAbove = (text: string): void => {
    if (running) process.stderr.write('\r\u001b[K');
    say(text);
  };
  return {
    event(event) {
      const text = line(event);
      if (text !== null) return sayAbove(text);
      if (event.type !== 'codebookProgress') return;
      if (!running) bar.start(1000, 0, { text: '' });
      running = true;
      bar.update(Math.round(1000 * event.done), { text: progressText(event) });
    },
    say: sayAbove,
    close: () => bar.stop(),
  };
}

export async function codebook(
  path: string,
  settings: Partial<TrainingSettings>,
  options: CodebookOptions,
): Promise<ExitCode> {
  const words = wordLists.find((name) => name === options.words);
  if (!words) throw new UsageError(`--words ${options.words}: expected one of ${wordLists.join(', ')}`);
  const paletteSeed = wholeNumber('--palette-seed', options.paletteSeed, 0, 0xffff_ffff);
  const pictures = options.pictures === true ? '' : (options.pictures ?? null);
  const json = options.json ?? false;
  const show = await makeShow(json);
  const run = await startCodebook(path, { settings, words, pictures, paletteSeed, looks: false }, (event) =>
    show.event(event),
  );
  let interrupted = 0;
  const interrupt = (): void => {
    if (++interrupted > 1) {
      run.host.kill();
      show.close();
      process.exit(exitCodes.interrupted);
    }
    show.say('cancelling; interrupt again to end at once');
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
  if (end.summary === null) {
    show.say('cancelled; what was there before is as it was');
    return exitCodes.interrupted;
  }
  conclude(run.project, run.report, end.summary, end, json);
  return exitCodes.ok;
}

function conclude(
  project: string,
  report: string,
  summary: CodebookSummary,
  { cpuSeconds, peakMemoryBytes }: LanguageEventOf<'codebookFinished'>,
  json: boolean,
): void {
  const { user, system } = process.cpuUsage();
  const cost = {
    wallSeconds: performance.now() / 1000,
    cpuSeconds: cpuSeconds + (user + system) / 1e6,
    peakMemoryBytes,
  };
  if (json) {
    const { utilisation: _, names: __, ...figures } = summary;
    process.stdout.write(`${JSON.stringify({ type: 'result', project, report, ...figures, ...cost })}\n`);
    return;
  }
  for (const text of codebookLines(summary)) process.stdout.write(`${text}\n`);
  process.stdout.write(
    `${project}: ${cost.wallSeconds.toFixed(1)} s wall, ${cost.cpuSeconds.toFixed(1)} CPU s, peak ${mebibytes(peakMemoryBytes)}; all figures in ${report}\n`,
  );
}
