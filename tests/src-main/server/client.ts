/** A page's side of the server, on real sockets: what a browser would send, and what a hostile program does. */
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import type { StudioCommand, StudioEvent, StudioState } from '#contract/studio';
import { answer, serverMessage } from '#contract/wire';
import type { Answer } from '#contract/wire';
import { decodeFrame } from '#contract/frame';
import type { Frame } from '#contract/frame';
import type { Serving } from '../../../src-main/server';

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** One who has the link. */
export class Visitor {
  readonly port: number;
  readonly token: string;
  cookie = '';

  constructor({ url }: Serving) {
    const { port, searchParams } = new URL(url);
    this.port = Number(port);
    this.token = searchParams.get('token') ?? '';
  }

  /** Follows the link. */
  async enter(): Promise<this> {
    const { headers } = await this.get(`/?token=${this.token}`);
    this.cookie = String(headers['set-cookie']?.[0]).split(';')[0];
    return this;
  }

  /** Sends the path exactly as given: `fetch` would tidy it up first. */
  get(path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return new Promise((done, fail) => {
      const all = { cookie: this.cookie, ...headers };
      const sent = request({ host: '127.0.0.1', port: this.port, path, headers: all }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
        );
      });
      sent.on('error', fail);
      sent.end();
    });
  }

  dial(): Promise<LiveClient> {
    const origin = `http://127.0.0.1:${this.port}`;
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/api/live`, { headers: { cookie: this.cookie, origin } });
    const client = new LiveClient(socket);
    return new Promise((done, fail) => {
      socket.once('open', () => done(client));
      socket.once('error', fail);
    });
  }
}

/** A page that checks all it hears against the contract and keeps it. */
export class LiveClient {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly states: StudioState[] = [];
  readonly curves: Extract<StudioEvent, { type: 'curves' }>[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** says `taken` for every frame, as a page does */
  takes = true;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #waits = new Set<() => void>();
  #id = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((done) =>
      socket.once('close', (code, reason) => done({ code, reason: reason.toString() })),
    );
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#frame(new Uint8Array(data));
      else this.#hear(JSON.parse(data.toString()));
      for (const wait of this.#waits) wait();
    });
  }

  get state(): StudioState | undefined {
    return this.states.at(-1);
  }

  command(command: StudioCommand): Promise<Answer> {
    return this.message({ id: this.#id, command });
  }

  /** Whatever it is, under the next id. */
  message(message: object): Promise<Answer> {
    const id = this.#id++;
    this.socket.send(JSON.stringify(message));
    return new Promise((done) => this.#answers.set(id, done));
  }

  /** @throws Error with what was waited for, when it does not come in time */
  until(what: string, holds: () => boolean, seconds = 30): Promise<void> {
    return new Promise((done, fail) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waits.delete(look);
      };
      const look = (): void => {
        if (!holds()) return;
        end();
        done();
      };
      const timer = setTimeout(() => {
        end();
        fail(new Error(`waited ${seconds} s for ${what}; state: ${JSON.stringify(this.state)?.slice(0, 3000)}`));
      }, 1000 * seconds);
      this.#waits.add(look);
      look();
    });
  }

  #frame(bytes: Uint8Array<ArrayBuffer>): void {
    const frame = decodeFrame(bytes.buffer);
    this.frames.push(frame);
    if (this.takes) void this.command({ type: 'taken', sequence: frame.header.sequence });
  }

  #hear(message: unknown): void {
    const heard = serverMessage.parse(message);
    const found = answer.safeParse(heard);
    if (found.success) {
      this.#answers.get(found.data.id)?.(found.data);
      this.#answers.delete(found.data.id);
    } else if (heard.type === 'state') this.states.push(heard.state);
    else if (heard.type === 'curves') this.curves.push(heard);
  }
}
