/**
 * What a person (or a program) sees while training: a bar on a terminal, plain lines elsewhere, or one JSON event per line on
 * stdout. Words go to stderr, results to stdout.
 */
import type { TrainerEvent, TrainerEventOf } from '#contract/messages';

export interface Reporter {
  event(event: TrainerEvent): void;
  /** A line that must not tear the bar. */
  say(line: string): void;
  close(): void;
}

const PLAIN_SECONDS = 5;

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export const grouped = (value: number): string => value.toLocaleString('en-US');
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

function semanticsText({ crossEntropy, accuracy, uncertainty }: NonNullable<TrainerEventOf<'progress'>['semantics']>) {
  return `CE ${crossEntropy.toFixed(2)} nats, ${(100 * accuracy).toFixed(0)} % right, u ${uncertainty.toFixed(3)}`;
}

/** What matters most comes first: a narrow terminal cuts the end off. */
function progressText(event: TrainerEventOf<'progress'>): string {
  return [
    `${grouped(event.step)}/${grouped(event.steps)}`,
    `left ${duration(event.etaSeconds)}`,
    `PSNR ${event.psnr.toFixed(2)} dB`,
    `${grouped(event.splats)} splats`,
    mebibytes(event.memoryBytes),
    `${event.stepsPerSecond.toFixed(1)} steps/s`,
    `loss ${event.loss.toFixed(4)}`,
    ...(event.semantics === null ? [] : [semanticsText(event.semantics)]),
  ].join(' · ');
}

/** Events that are worth a line of their own, in words. */
function line(event: TrainerEvent): string | null {
  switch (event.type) {
    case 'prepared':
      return (
        `${event.photos} photos to train on, ${event.heldOut} held out, ${event.width}×${event.height}; ` +
        `${grouped(event.splats)} splats; ${event.backend} kernels (${event.instructionSet}, ${event.threads} threads): ${event.reason.message}` +
        (event.step > 0 ? `; continues after step ${grouped(event.step)}` : '')
      );
    case 'evaluation':
      return (
        `step ${grouped(event.step)}: held-out PSNR ${event.psnr.toFixed(2)} dB, SSIM ${event.ssim.toFixed(4)} ` +
        `(${event.photos.length} photos, ${grouped(event.splats)} splats, ${event.cpuSeconds.toFixed(1)} CPU s in the trainer)`
      );
    case 'joined':
      return (
        `step ${grouped(event.step)}: semantics join, ${event.entries} entries` +
        (event.lifted > 0 ? `, ${grouped(event.lifted)} splats start from the maps` : '')
      );
    case 'awaitsMaps':
      return `step ${grouped(event.step)}: geometry is finished; semantics have no index maps to learn from`;
    case 'checkpoint':
      return `checkpoint at step ${grouped(event.step)} (${event.seconds.toFixed(2)} s)`;
    case 'warning':
      return `warning: ${event.message}`;
    default:
      return null;
  }
}

/** One JSON event per line on stdout. */
export function jsonReporter(): Reporter {
  return {
    event: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
    say: (text) => void process.stderr.write(`${text}\n`),
    close: () => undefined,
  };
}

/** Plain lines on stderr, progress at most every five seconds and at the end. */
export function plainReporter(): Reporter {
  let last = -Infinity;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    event(event) {
      const text = line(event);
      if (text !== null) return say(text);
      if (event.type !== 'progress') return;
      const now = performance.now() / 1000;
      if (now - last < PLAIN_SECONDS && event.step < event.steps) return;
      last = now;
      say(`step ${progressText(event)}`);
    },
    say,
    close: () => undefined,
  };
}

/** A progress bar on the terminal, with lines above it. */
export async function barReporter(): Promise<Reporter> {
  const { default: progress } = await import('cli-progress');
  const bar = new progress.MultiBar(
    {
      format: '{bar} {percentage}% {text}',
      barsize: 10,
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
    },
    progress.Presets.shades_classic,
  );
  let steps: ReturnType<typeof bar.create> | null = null;
  const say = (text: string): void => {
    if (steps) bar.log(`${text}\n`);
    else process.stderr.write(`${text}\n`);
  };
  return {
    event(event) {
      if (event.type === 'progress') {
        steps ??= bar.create(event.steps, 0, { text: '' });
        steps.setTotal(event.steps);
        steps.update(event.step, { text: progressText(event) });
        return;
      }
      const text = line(event);
      if (text !== null && event.type !== 'checkpoint') say(text);
    },
    say,
    close: () => bar.stop(),
  };
}
