/**
 * How a command ends: exit codes, and errors as a person reads them (what happened, to which file, what to do; the stack only
 * with LEGATO_DEBUG).
 */
import type { TrainerFailure } from '#contract/messages';

export const exitCodes = {
  ok: 0,
  /** Legato's own mistake */
  internal: 1,
  /** the command line itself */
  usage: 2,
  /** capture, project or settings */
  input: 3,
  /** this machine: no kernels, no disk, no rights */
  environment: 4,
  /** Ctrl-C; what was trained is saved */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command line that does not make sense. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Something that was asked for does not exist or does not fit. */
export class InputError extends Error {
  override name = 'InputError';
}

/** A failure that the trainer reported; its words are meant for people already. */
export class TrainingFailed extends Error {
  readonly failure: TrainerFailure;
  constructor(failure: TrainerFailure) {
    super(failure.message);
    this.name = failure.kind;
    this.failure = failure;
  }
}

export async function describe(error: unknown): Promise<TrainerFailure> {
  if (error instanceof TrainingFailed) return error.failure;
  if (error instanceof UsageError) return { kind: error.name, message: error.message, fault: 'input' };
  const { describeFailure } = await import('../studio/failures');
  return describeFailure(error);
}

/** Prints an error to stderr, or as one JSON line to stdout, and says which code to end with. */
export async function report(error: unknown, json: boolean): Promise<ExitCode> {
  const failure = await describe(error);
  const { stack, ...shown } = failure;
  if (json) process.stdout.write(`${JSON.stringify({ type: 'error', ...shown })}\n`);
  else process.stderr.write(`legato: ${failure.message}\n`);
  if (process.env.LEGATO_DEBUG && stack) process.stderr.write(`${stack}\n`);
  else if (failure.fault === 'internal' && !json) {
    process.stderr.write('legato: this is a mistake in Legato; LEGATO_DEBUG=1 shows where\n');
  }
  if (error instanceof UsageError) return exitCodes.usage;
  return exitCodes[failure.fault];
}
