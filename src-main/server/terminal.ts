/**
 * Serving from a terminal: prints the link, opens a browser on request, begins with what was named, tells how it goes, and on
 * Ctrl-C saves and stops; a second Ctrl-C does not wait.
 */
import { spawn } from 'node:child_process';
import { isIP } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { describeFailure } from '../studio/failures';
import { begin } from './begin';
import type { Begin } from './begin';
import { ProgressLines } from './progressLines';
import { serve } from './serve';
import type { ServeOptions } from './serve';

export interface TerminalOptions extends ServeOptions {
  /** open the page in the person's browser */
  open?: boolean;
  /** print one JSON line instead of words */
  json?: boolean;
  /** what to open before a page asks */
  begin?: Begin;
}

/** Ended at once, by a second Ctrl-C. */
const INTERRUPTED = 130;

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * Serves until Ctrl-C or SIGTERM.
 * @returns the exit code: 0 after a clean stop
 * @throws ServeError when the address cannot be bound
 */
export async function serveUntilInterrupted(options: TerminalOptions = {}): Promise<number> {
  const serving = await serve(options);
  const { url } = serving;
  if (options.json) {
    console.log(JSON.stringify({ type: 'serving', url, pid: process.pid }));
  } else {
    const { port } = new URL(url);
    const host = options.host ?? '127.0.0.1';
    console.log(`\n  Legato is served at\n\n    ${url}\n`);
    if (isLoopback(host)) {
      console.log(
        `  From another machine:  ssh -L ${port}:localhost:${port} ${login()}@${hostname()}   then open the same link`,
      );
    } else {
      console.log(
        `  ${host} is reachable from the network and the connection is not encrypted: use it in trusted networks only.`,
      );
    }
    console.log('  Ctrl-C stops it.\n');
  }
  if (options.open) openBrowser(url);
  const stopped = interrupted();
  const lines = new ProgressLines(process.stderr, url);
  const link = serving.studio().join({
    event: (event) => (options.json ? undefined : lines.event(event)),
    frame: () => undefined,
  });
  begin(link, options.begin ?? {}).catch((error: unknown) => lines.say(`  ${describeFailure(error).message}`));
  await stopped;
  lines.say('  saving what is open; Ctrl-C again does not wait …');
  process.once('SIGINT', () => process.exit(INTERRUPTED));
  await serving.close();
  lines.end();
  return 0;
}

/** Resolves when the person, or the system, wants it to stop. A closed terminal (SIGHUP) must not lose a training either. */
function interrupted(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop());
  });
}

function login(): string {
  try {
    return userInfo().username;
  } catch {
    return 'USER';
  }
}

/** Best effort: the link is printed anyway. */
function openBrowser(url: string): void {
  const [command, ...leading] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler']
        : ['xdg-open'];
  const child = spawn(command, [...leading, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
