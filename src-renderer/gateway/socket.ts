/**
 * The server's door: the session over HTTP, everything else over one WebSocket (contract: wire.ts), which is opened again for as
 * long as the page lives. Commands that were under way when it broke fail with LinkLost; none is ever sent twice.
 */
import { sessionInfo } from '#contract/session';
import type { SessionInfo } from '#contract/session';
import { serverMessage } from '#contract/wire';
import type { Answer, PageMessage } from '#contract/wire';
import type { StudioCommandType, StudioReply } from '#contract/studio';
import { LinkExpired, LinkLost, replyTo } from './gateway';
import type { CommandOf, Ears, Gateway } from './gateway';
import { BackOff } from './retry';

/** What a page has around it; a test brings its own. */
export interface Surroundings {
  /** of the page, with a trailing slash */
  readonly base: URL;
  readonly fetch: (url: URL) => Promise<Response>;
  readonly connect: (url: URL) => WebSocket;
  readonly backOff?: BackOff;
}

interface Waiting {
  readonly settle: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

export function socketGateway({ base, fetch, connect, backOff = new BackOff() }: Surroundings): Gateway {
  const waiting = new Map<number, Waiting>();
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ears: Ears | null = null;
  let nextId = 0;

  async function session(): Promise<SessionInfo> {
    const response = await fetch(new URL('api/session', base));
    if (response.status === 401) throw new LinkExpired();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return sessionInfo.parse(await response.json());
  }

  function open(): void {
    const url = new URL('api/live', base);
    url.protocol = url.protocol.replace('http', 'ws');
    const mine = connect(url);
    mine.binaryType = 'arraybuffer';
    socket = mine;
    mine.onopen = () => {
      backOff.reset();
      ears?.link('ready');
    };
    mine.onmessage = (message: MessageEvent<unknown>) => hear(message.data);
    mine.onclose = () => {
      if (socket !== mine) return;
      socket = null;
      for (const { fail } of waiting.values()) fail(new LinkLost());
      waiting.clear();
      later();
    };
  }

  function hear(data: unknown): void {
    if (data instanceof ArrayBuffer) return ears?.frame(data);
    const parsed = serverMessage.safeParse(JSON.parse(String(data)));
    // A younger server may say things that this page does not know yet.
    if (!parsed.success) return console.warn(`Legato: a message was not understood: ${parsed.error.message}`);
    const message = parsed.data;
    if (message.type === 'reply' || message.type === 'refused') {
      waiting.get(message.id)?.settle(message);
      waiting.delete(message.id);
    } else if (message.type === 'session') ears?.session(message.session);
    else ears?.event(message);
  }

  function later(): void {
    if (ears === null) return;
    ears.link('lost');
    timer = setTimeout(() => void again(), backOff.next());
  }

  /** A refused WebSocket does not tell why, a refused request does; and the session may have changed meanwhile. */
  async function again(): Promise<void> {
    try {
      const found = await session();
      ears?.session(found);
      if (ears !== null) open();
    } catch (error) {
      if (error instanceof LinkExpired) ears?.link('expired');
      else later();
    }
  }

  function command<T extends StudioCommandType>(command: CommandOf<T>): Promise<StudioReply<T>> {
    const connection = socket;
    if (connection?.readyState !== 1) return Promise.reject(new LinkLost());
    const message: PageMessage = { id: nextId++, command };
    return new Promise((done, fail) => {
      const settle = (answer: Answer) => {
        try {
          done(replyTo(command.type, answer));
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
      };
      waiting.set(message.id, { settle, fail });
      connection.send(JSON.stringify(message));
    });
  }

  return {
    session,
    command,
    follow(listeners) {
      ears = listeners;
      open();
      return () => {
        ears = null;
        clearTimeout(timer);
        socket?.close();
      };
    },
    refresh: () => socket?.close(),
    pathOf: () => null,
    desktop: null,
  };
}
