/**
 * `legato train`: opens or makes the project, runs a trainer in a process of its own, shows progress, and ends with the figures:
 * held-out PSNR and SSIM, splats, wall seconds since this process began, and user + system seconds of both processes.
 *
 * This process loads neither tfjs nor kernels. Ctrl-C saves and ends with 130; a second one ends at once.
 */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { TrainerEventOf, TrainerFailure } from '#contract/messages';
import type { TrainingSettings } from '#contract/settings';
import { Studio } from '../studio/studio';
import { exitCodes, InputError, TrainingFailed, UsageError } from './exit';
import type { ExitCode } from './exit';
import { barReporter, duration, grouped, jsonReporter, mebibytes, plainReporter } from './progress';
import type { Reporter } from './progress';

export interface TrainOptions {
  out?: string;
  resume?: boolean;
  anew?: boolean;
  json?: boolean;
}

/** Where a capture's project goes unless told otherwise: NAME.legato in the working folder. */
export function defaultProject(capture: string): string {
  return resolve(`${basename(resolve(capture)).replace(/\.json$/, '')}.legato`);
}

async function openStudio(capture: string, options: TrainOptions): Promise<Studio> {
  if (!existsSync(capture)) throw new InputError(`${capture}: no such capture; give its folder`);
  const path = resolve(options.out ?? defaultProject(capture));
  if (!(await Studio.exists(path))) {
    if (options.resume) throw new InputError(`${path}: no project to resume; leave --resume out to start one`);
    return Studio.create(path, capture);
  }
  if (!options.resume && !options.anew && (await Studio.isTrained(path))) {
    throw new UsageError(
      `${path} exists: continue it with --resume, train it anew with --anew, or choose another --out`,
    );
  }
  const studio = await Studio.open(path);
  const known = studio.project.capturePath;
  if (known !== null && resolve(known) !== resolve(capture)) {
    await studio.close();
    throw new InputError(`${path}: was made from ${known}; give that capture, or choose another --out`);
  }
  return studio;
}

async function makeReporter(json: boolean): Promise<Reporter> {
  if (json) return jsonReporter();
  return process.stderr.isTTY ? barReporter() : plainReporter();
}

export async function train(
  capture: string,
  settings: Partial<TrainingSettings>,
  options: TrainOptions,
): Promise<ExitCode> {
  const json = options.json ?? false;
  const studio = await openStudio(capture, options);
  const reporter = await makeReporter(json);
  let evaluation: TrainerEventOf<'evaluation'> | null = null;
  let finished: TrainerEventOf<'finished'> | null = null;
  let failed: TrainerEventOf<'failed'> | null = null;
  let awaits: TrainerEventOf<'awaitsMaps'> | null = null;
  studio.subscribe((event) => {
    if (event.type === 'evaluation') evaluation = event;
    if (event.type === 'finished') finished = event;
    if (event.type === 'failed') failed = event;
    reporter.event(event);
    // Nobody makes maps while this command waits for them: it saves, and says what to do.
    if (event.type === 'awaitsMaps') {
      awaits = event;
      studio.stop(true);
    }
  });

  // Only then, since texts take an encoder: this process otherwise loads neither tfjs nor models.
  const endLessons =
    studio.labels.edits.length > 0 ? (await import('../studio/teaching')).teachFromLabels(studio) : null;
  let interrupted = 0;
  const interrupt = (): void => {
    interrupted++;
    if (interrupted > 1) {
      studio.kill();
      reporter.close();
      process.exit(exitCodes.interrupted);
    }
    reporter.say('saving a checkpoint; interrupt again to end at once');
    // The trainer may have ended by itself just now; then there is nothing left to stop.
    if (['preparing', 'running', 'paused'].includes(studio.state)) studio.stop(false);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await studio.start({ settings, resume: options.resume ?? false });
    await studio.ended;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    reporter.close();
    await endLessons?.();
    await studio.close();
  }
  if (failed !== null) throw new TrainingFailed(withRemedy(failed));
  if (finished !== null) conclude(studio.project.paths.root, finished, evaluation, json);
  if (awaits !== null) throw mapsMissing(studio.project.paths.root, awaits);
  return interrupted > 0 ? exitCodes.interrupted : exitCodes.ok;
}

/** A failure, and what is left of the run. */
function withRemedy({ failure, checkpointStep }: TrainerEventOf<'failed'>): TrainerFailure {
  if (checkpointStep === null || failure.message.includes('--resume')) return failure;
  const saved = `step ${grouped(checkpointStep)} is saved: continue with --resume`;
  return { ...failure, message: `${failure.message}; ${saved}` };
}

function mapsMissing(project: string, { step, remaining }: TrainerEventOf<'awaitsMaps'>): InputError {
  return new InputError(
    `${project}: geometry is finished and saved at step ${grouped(step)}, but the ${grouped(remaining)} steps of semantics alone ` +
      'need index maps, and there are none; run `legato features` and `legato codebook` for the project, then train with --resume',
  );
}

/** The last line: what a person will quote. */
function conclude(
  project: string,
  finished: TrainerEventOf<'finished'>,
  evaluation: TrainerEventOf<'evaluation'> | null,
  json: boolean,
): void {
  const { user, system } = process.cpuUsage();
  const figures = {
    project,
    step: finished.step,
    complete: finished.complete,
    psnr: evaluation?.step === finished.step ? evaluation.psnr : null,
    ssim: evaluation?.step === finished.step ? evaluation.ssim : null,
    splats: finished.splats,
    wallSeconds: performance.now() / 1000,
    cpuSeconds: finished.cpuSeconds + (user + system) / 1e6,
    peakMemoryBytes: finished.peakMemoryBytes,
  };
  if (json) {
    process.stdout.write(`${JSON.stringify({ type: 'result', ...figures })}\n`);
    return;
  }
  const quality =
    figures.psnr === null || figures.ssim === null
      ? 'not evaluated'
      : `held-out PSNR ${figures.psnr.toFixed(2)} dB, SSIM ${figures.ssim.toFixed(4)}`;
  process.stdout.write(
    `${project}: step ${grouped(figures.step)}, ${quality}, ${grouped(figures.splats)} splats, ` +
      `${figures.wallSeconds.toFixed(1)} s wall (${duration(finished.wallSeconds)} training), ` +
      `${figures.cpuSeconds.toFixed(1)} CPU s, trainer peak ${mebibytes(figures.peakMemoryBytes)}\n`,
  );
}
