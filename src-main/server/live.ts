/**
 * The WebSockets of all pages. Each is told when the session changed (latest wins) and joins the studio (livePage.ts).
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { sessionInfo as sessionSchema } from '#contract/session';
import type { SessionEvent, SessionInfo } from '#contract/session';
import type { StudioDoor } from '../studio/session/door';
import { welcome } from './livePage';
import type { LivePage } from './livePage';

const PAGES_LIMIT = 16;
/** 100,000 names of photos */
const MESSAGE_BYTES = 8 * 2 ** 20;
/** RFC 6455 close codes */
const TRY_LATER = 1013;
const GOING_AWAY = 1001;
/** How long a page may take to say goodbye. */
const FAREWELL_MS = 500;

export class LiveChannel {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES, perMessageDeflate: false });
  readonly #pages = new Set<LivePage>();
  readonly #session: () => Promise<SessionInfo>;
  readonly #studio: () => StudioDoor;
  #publishing: Promise<void> | null = null;
  #again = false;

  constructor(session: () => Promise<SessionInfo>, studio: () => StudioDoor) {
    this.#session = session;
    this.#studio = studio;
  }

  /** Takes over a connection that the guard has let through. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      if (this.#pages.size >= PAGES_LIMIT) return client.close(TRY_LATER, 'too many pages');
      const page = welcome(client, this.#studio());
      this.#pages.add(page);
      client.on('close', () => this.#pages.delete(page));
    });
  }

  /** Sends the session as it is now; calls that arrive meanwhile are answered by one more round. */
  publish(): Promise<void> {
    this.#again = true;
    this.#publishing ??= this.#rounds().finally(() => {
      this.#publishing = null;
    });
    return this.#publishing;
  }

  /** Says goodbye; a page that does not answer is cut off. */
  async close(): Promise<void> {
    const clients = [...this.#server.clients];
    const gone = clients.map((client) => new Promise((done) => client.once('close', done)));
    for (const client of clients) client.close(GOING_AWAY, 'server stopped');
    this.#server.close();
    const late = setTimeout(() => clients.forEach((client) => client.terminate()), FAREWELL_MS);
    await Promise.all(gone);
    clearTimeout(late);
  }

  async #rounds(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      if (this.#pages.size === 0) return;
      const event: SessionEvent = { type: 'session', session: sessionSchema.parse(await this.#session()) };
      for (const page of this.#pages) page.session(event);
    }
  }
}
