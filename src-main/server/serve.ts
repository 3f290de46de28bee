/**
 * The studio's second door: the built page over HTTP, and the session over HTTP and WebSocket, for a machine without a
 * screen. Binds loopback unless told otherwise; reach it from elsewhere through `ssh -L`.
 *
 *   GET /?token=…      hand-over: token → HttpOnly cookie
 *   GET /api/session   contract: sessionInfo
 *   WS  /api/live      contract: wire, and frames as binary messages
 *   POST /api/demo/…   contract: demoCommand; the session then tells how it goes
 *   GET /media/…       contract: mediaPath
 *   GET anything else  a file of out/renderer
 */
import { createServer } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isIPv6 } from 'node:net';
import { demoCommand, sessionInfo as sessionSchema } from '#contract/session';
import type { SessionInfo } from '#contract/session';
import { DemoRoom } from '../studio/demoRoom';
import type { StudioDoor } from '../studio/session/door';
import { StudioSession } from '../studio/session/studioSession';
import { sessionInfo } from '../studio/sessionInfo';
import { watchRecent } from '../studio/recent';
import { Guard } from './guard';
import { LiveChannel } from './live';
import { mediaAnswer } from './media';
import { closedDoor, handOver, notBuilt } from './notices';
import { pageFile, pageFolder, securityHeaders } from './page';

export interface ServeOptions {
  /** 0 (default) takes a free one */
  port?: number;
  /** address to bind; default 127.0.0.1 */
  host?: string;
  /** the built page; default out/renderer */
  page?: string;
  /** what the page is told; default: this process's studio */
  session?: () => Promise<SessionInfo>;
  /** the room that the page may make; default: the one of this person's cache */
  demo?: DemoRoom;
  /** what pages look at and command; default: a session of this process, made when it is first wanted. Closed with the server */
  studio?: StudioDoor;
}

export interface Serving {
  /** the link with its token: whoever has it is let in */
  url: string;
  /** what the pages look at */
  studio: () => StudioDoor;
  /** Says goodbye to the pages, saves what is open, and ends. */
  close(): Promise<void>;
}

/** The address could not be bound. */
export class ServeError extends Error {
  override name = 'ServeError';
}

/**
 * Starts serving; resolves when the port answers.
 * @throws ServeError when the address is taken, forbidden or not this machine's
 */
export async function serve(options: ServeOptions = {}): Promise<Serving> {
  const host = options.host ?? '127.0.0.1';
  const page = options.page ?? pageFolder;
  const demo = options.demo ?? new DemoRoom();
  const session = options.session ?? (() => sessionInfo('server', demo));
  let made = options.studio;
  const studio = (): StudioDoor => (made ??= new StudioSession({ demo }));
  const guard = new Guard(host);
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 30_000 }, (request, response) => {
    answer(request, response, { guard, page, session, demo, studio }).catch(() => {
      if (!response.headersSent) send(response, 500, 'text/plain; charset=utf-8', 'Legato could not answer.\n');
      else response.destroy();
    });
  });
  const live = new LiveChannel(session, studio);
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const welcome =
      pathOf(request) === '/api/live' &&
      guard.hostAllowed(request) &&
      request.headers.origin !== undefined &&
      guard.originAllowed(request) &&
      guard.cookieMatches(request);
    if (welcome) live.accept(request, socket, head);
    else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  const port = await listen(server, options.port ?? 0, host);
  // A session that cannot be told now is told to whoever asks (GET), or with the next change.
  const publish = (): void => void live.publish().catch(() => undefined);
  const stopWatching = watchRecent(publish);
  demo.onChange(publish);
  const everywhere = host === '0.0.0.0' || host === '::';
  const shown = everywhere ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  return {
    url: `http://${shown}:${port}/?token=${guard.token}`,
    studio,
    close: async () => {
      stopWatching();
      const closed = new Promise<void>((done) => server.close(() => done()));
      await live.close();
      server.closeAllConnections();
      await Promise.all([closed, made?.close(), demo.close()]);
    },
  };
}

interface Context {
  guard: Guard;
  page: string;
  session: () => Promise<SessionInfo>;
  demo: DemoRoom;
  studio: () => StudioDoor;
}

async function answer(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { guard } = context;
  if (!guard.hostAllowed(request) || !guard.originAllowed(request)) {
    return send(response, 403, 'text/plain; charset=utf-8', 'Not from here.\n');
  }
  if (request.method === 'POST' && pathOf(request).startsWith('/api/demo/')) {
    return changeDemo(request, response, context);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return send(response, 405, 'text/plain; charset=utf-8', 'Only GET.\n', { Allow: 'GET, HEAD' });
  }
  const path = pathOf(request);
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  if (path === '/' && guard.tokenMatches(query.get('token'))) {
    return send(response, 200, 'text/html; charset=utf-8', handOver, { 'Set-Cookie': guard.cookie(request) });
  }
  if (!guard.cookieMatches(request)) return send(response, 401, 'text/html; charset=utf-8', closedDoor);
  if (path === '/api/session') {
    const session = sessionSchema.parse(await context.session());
    return send(response, 200, 'application/json; charset=utf-8', JSON.stringify(session));
  }
  if (path.startsWith('/media/')) {
    const known = request.headers['if-none-match'];
    const { status, type, body, headers } = await mediaAnswer(context.studio(), path, query, known);
    return send(response, status, type, body, headers);
  }
  const file = path.startsWith('/api/') ? null : await pageFile(path, context.page);
  if (file !== null) {
    response.writeHead(200, { ...file.headers, 'Content-Length': file.body.length });
    response.end(request.method === 'HEAD' ? undefined : file.body);
    return;
  }
  if (path === '/') return send(response, 503, 'text/html; charset=utf-8', notBuilt);
  return send(response, 404, 'text/plain; charset=utf-8', 'No such page.\n');
}

/** The one thing that a page may change. It has no body; a page of our own sends an Origin with it. */
function changeDemo(request: IncomingMessage, response: ServerResponse, { guard, demo }: Context): void {
  const command = demoCommand.safeParse(pathOf(request).slice('/api/demo/'.length));
  if (request.headers.origin === undefined) return send(response, 403, 'text/plain; charset=utf-8', 'Not from here.\n');
  if (!guard.cookieMatches(request)) return send(response, 401, 'text/html; charset=utf-8', closedDoor);
  if (!command.success) return send(response, 404, 'text/plain; charset=utf-8', 'No such command.\n');
  demo[command.data]();
  response.writeHead(204, { ...securityHeaders, 'Cache-Control': 'no-store' }).end();
}

/** The path as it was sent: never normalised here, so that the page folder sees every attempt to leave it. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split(/[?#]/, 1)[0];
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: OutgoingHttpHeaders = {},
): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    ...securityHeaders,
    'Content-Type': type,
    'Content-Length': length,
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: 'is taken by another program; choose another with --port',
        EACCES: 'needs rights that this user lacks; choose one above 1023 with --port',
        EADDRNOTAVAIL: 'is no address of this machine; choose another with --host',
        ENOTFOUND: 'is no address of this machine; choose another with --host',
      };
      reject(new ServeError(`${host}:${port} ${reasons[error.code ?? ''] ?? `cannot be bound: ${error.message}`}`));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
