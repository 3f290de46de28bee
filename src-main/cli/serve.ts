/** `legato serve`: the server door until Ctrl-C, with a capture, a project or a splat file open in it if one is named. */
import { serveUntilInterrupted } from '../server/index';
import { exitCodes, UsageError } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';

export interface ServeFlags {
  port: string;
  host: string;
  open?: boolean;
  train?: boolean;
}

export async function serveCommand(path: string | undefined, flags: ServeFlags): Promise<ExitCode> {
  const { host, open, train } = flags;
  if (train && path === undefined) throw new UsageError('--train: name the capture or the project to train');
  const port = wholeNumber('--port', flags.port, 0, 65_535);
  await serveUntilInterrupted({ port, host, open, begin: { path, train } });
  return exitCodes.ok;
}
