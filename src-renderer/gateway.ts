/**
 * The way to the studio: the bridge in the desktop window, HTTP and a WebSocket in a browser. Both end in the same two
 * calls, and everything that arrives is checked against the contract before the page believes it.
 */
import { sessionEvent, sessionInfo } from '#contract/session';
import type { DemoCommand, SessionInfo } from '#contract/session';

/** The server does not know this browser: its link was from another run. */
export class LinkExpired extends Error {
  override name = 'LinkExpired';
}

/** ready ⇄ lost (and being tried again) → expired (another server answers, which wants its own link) */
export type Link = 'ready' | 'lost' | 'expired';

export interface Gateway {
  readonly session: () => Promise<SessionInfo>;
  /** Makes the demo room, or stops that; how it goes comes with the session. */
  readonly demo: (command: DemoCommand) => Promise<void>;
  /** Calls back with every new state of the session and of the connection; returns what ends it. */
  readonly follow: (onSession: (session: SessionInfo) => void, onLink: (link: Link) => void) => () => void;
  /** Absolute path of something dropped on the page; null where the browser keeps it secret. */
  readonly pathOf: (file: File) => string | null;
}

export function openGateway(): Gateway {
  const bridge = window.legato;
  if (bridge === undefined) return overHttp;
  return {
    session: async () => sessionInfo.parse(await bridge.session()),
    demo: (command) => bridge.demo(command),
    follow: (onSession) => bridge.onSession((session) => onSession(sessionInfo.parse(session))),
    pathOf: (file) => bridge.pathOf(file) || null,
  };
}

const overHttp: Gateway = {
  async session() {
    const response = await fetch('./api/session', { headers: { Accept: 'application/json' } });
    if (response.status === 401) throw new LinkExpired();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return sessionInfo.parse(await response.json());
  },
  async demo(command) {
    const response = await fetch(`./api/demo/${command}`, { method: 'POST' });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  },
  follow,
  pathOf: () => null,
};

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;

function follow(...[onSession, onLink]: Parameters<Gateway['follow']>): () => void {
  let socket: WebSocket | undefined;
  let timer: number | undefined;
  let wait = FIRST_RETRY_MS;
  let ended = false;

  const connect = () => {
    const url = new URL('./api/live', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.search = '';
    socket = new WebSocket(url);
    socket.onopen = () => {
      wait = FIRST_RETRY_MS;
      onLink('ready');
    };
    socket.onmessage = (message) => {
      const event = sessionEvent.safeParse(JSON.parse(String(message.data)));
      if (event.success) onSession(event.data.session);
    };
    socket.onclose = retryLater;
  };
  const retryLater = () => {
    if (ended) return;
    onLink('lost');
    timer = window.setTimeout(() => void retry(), wait);
    wait = Math.min(wait * 2, LAST_RETRY_MS);
  };
  // A refused WebSocket does not tell why, a refused request does; and the session may have changed meanwhile.
  const retry = async () => {
    try {
      onSession(await overHttp.session());
      connect();
    } catch (error) {
      if (error instanceof LinkExpired) onLink('expired');
      else retryLater();
    }
  };

  connect();
  return () => {
    ended = true;
    window.clearTimeout(timer);
    socket?.close();
  };
}
