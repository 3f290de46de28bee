/** Serving from a terminal: prints the link, opens a browser on request, and stops on Ctrl-C. */
import { spawn } from 'node:child_process';
import { isIP } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { serve } from './serve';
import type { ServeOptions } from './serve';

export interface TerminalOptions extends ServeOptions {
  /** open the page in the person's browser */
  open?: boolean;
  /** print one JSON line instead of words */
  json?: boolean;
}

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
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
  await serving.close();
  return 0;
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
