/**
 * The language process's own side: one job at a time, events leave as process messages.
 *
 * The parent coordinates interruptions, so SIGINT (which a terminal sends to the whole group) is ignored here. When the parent
 * goes away the job is cancelled and the process ends: nothing computes unwatched.
 */
import { languageCommand } from '#contract/languageMessages';
import type { LanguageEvent, LanguageJobCommand } from '#contract/languageMessages';
import type { TrainerFailure } from '#contract/messages';
import { said } from '#contract/sayings';
import { sendToParent } from '../../base/index';

export interface JobContext {
  readonly publish: (event: LanguageEvent) => void;
  /** looked at between batches; a cancelled job keeps what is finished and publishes `finished` with `complete: false` */
  readonly signal: AbortSignal;
}

/** A job publishes its own `finished`; what it throws becomes `failed`. */
export type LanguageJob<Command extends LanguageJobCommand> = (command: Command, context: JobContext) => Promise<void>;

export type LanguageJobs = {
  [Type in LanguageJobCommand['type']]: LanguageJob<Extract<LanguageJobCommand, { type: Type }>>;
};

/** Serves the parent until it disconnects. Only for a process that was forked. */
export function serveLanguage(jobs: LanguageJobs, describe: (error: unknown) => TrainerFailure): void {
  const publish = (event: LanguageEvent): void => sendToParent(event);
  let controller: AbortController | null = null;
  let ended = Promise.resolve();

  const start = async (command: LanguageJobCommand, signal: AbortSignal): Promise<void> => {
    try {
      // The table pairs each command with its job; TypeScript does not follow that through the union.
      const job = jobs[command.type] as LanguageJob<LanguageJobCommand>;
      await job(command, { publish, signal });
    } catch (error) {
      publish({ type: 'failed', failure: describe(error) });
    } finally {
      controller = null;
    }
  };

  process.on('SIGINT', () => undefined);
  process.on('message', (message) => {
    const parsed = languageCommand.safeParse(message);
    if (!parsed.success) {
      const problem = parsed.error.issues[0];
      const error = new TypeError(`not a command: ${problem.path.join('.')}: ${problem.message}`);
      publish({ type: 'failed', failure: describe(error) });
    } else if (parsed.data.type === 'cancel') controller?.abort();
    else if (controller !== null) {
      publish({ type: 'warning', ...said('jobUnderWay'), photo: null });
    } else {
      controller = new AbortController();
      ended = start(parsed.data, controller.signal);
    }
  });
  process.on('disconnect', () => {
    controller?.abort();
    void ended.then(() => process.exit(0));
  });
}
