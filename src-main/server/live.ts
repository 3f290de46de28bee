/**
 * The push channel: tells every open page when the session changed. Latest wins: a page that is still busy with one
 * message gets the newest state next, not the backlog. Pages send nothing; one that does is disconnected.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { sessionInfo as sessionSchema } from '#contract/session';
import type { SessionEvent, SessionInfo } from '#contract/session';

const PAGES_LIMIT = 16;
/** RFC 6455 close codes */
const POLICY_VIOLATION = 1008;
const TRY_LATER = 1013;
const GOING_AWAY = 1001;

export class LiveChannel {
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  private readonly session: () => Promise<SessionInfo>;
  private publishing: Promise<void> | null = null;
  private again = false;

  constructor(session: () => Promise<SessionInfo>) {
    this.session = session;
  }

  /** Takes over a connection that the guard has let through. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.server.handleUpgrade(request, socket, head, (page) => {
      if (this.server.clients.size > PAGES_LIMIT) return page.close(TRY_LATER, 'too many pages');
      page.on('message', () => page.close(POLICY_VIOLATION, 'pages only listen'));
      page.on('error', () => page.terminate());
    });
  }

  /** Sends the state as it is now; calls that arrive meanwhile are answered by one more round. */
  publish(): Promise<void> {
    this.again = true;
    this.publishing ??= this.rounds().finally(() => {
      this.publishing = null;
    });
    return this.publishing;
  }

  close(): void {
    for (const page of this.server.clients) page.close(GOING_AWAY, 'server stopped');
    this.server.close();
  }

  private async rounds(): Promise<void> {
    while (this.again) {
      this.again = false;
      if (this.server.clients.size === 0) return;
      const event: SessionEvent = { type: 'session', session: sessionSchema.parse(await this.session()) };
      const text = JSON.stringify(event);
      await Promise.all([...this.server.clients].map((page) => deliver(page, text)));
    }
  }
}

function deliver(page: WebSocket, text: string): Promise<void> {
  return new Promise((done) => {
    if (page.readyState !== page.OPEN) return done();
    page.send(text, () => done());
  });
}
