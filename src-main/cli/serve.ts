/** `legato serve`: the server door until Ctrl-C. */
import { serveUntilInterrupted } from '../server/index';
import { exitCodes } from './exit';
import type { ExitCode } from './exit';
import { wholeNumber } from './numbers';

export async function serveCommand(options: { port: string; host: string; open?: boolean }): Promise<ExitCode> {
  const { host, open } = options;
  await serveUntilInterrupted({ port: wholeNumber('--port', options.port, 0, 65_535), host, open });
  return exitCodes.ok;
}
