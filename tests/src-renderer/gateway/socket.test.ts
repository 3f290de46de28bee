/** The gateway against a real WebSocket server that says what a test lets it say. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket as NodeSocket, WebSocketServer } from 'ws';
import type { SessionInfo } from '#contract/session';
import type { PageMessage } from '#contract/wire';
import { CommandRefused, ContractBroken, LinkExpired, LinkLost } from '../../../src-renderer/gateway/gateway';
import type { Ears, Gateway } from '../../../src-renderer/gateway/gateway';
import { BackOff } from '../../../src-renderer/gateway/retry';
import { socketGateway } from '../../../src-renderer/gateway/socket';

const session: SessionInfo = {
  version: '0.0.0',
  door: 'server',
  folder: '/legato',
  shell: 'posix',
  backend: null,
  backendProblem: 'none',
  recent: [],
  demo: { state: 'absent' },
};

interface Stage {
  server: Server;
  sockets: WebSocketServer;
  port: number;
}

describe('the WebSocket gateway', () => {
  let stage: Stage;
  let gateway: Gateway;
  let admitted: boolean;
  let heard: PageMessage[];
  let answer: (message: PageMessage) => unknown;
  let ears: Ears & { links: string[] };
  let end: () => void;

  async function raise(port = 0): Promise<Stage> {
    const server = createServer((_, response) => {
      response.writeHead(admitted ? 200 : 401, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(session));
    });
    const sockets = new WebSocketServer({ server, path: '/api/live' });
    sockets.on('connection', (page) =>
      page.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as PageMessage;
        heard.push(message);
        const said = answer(message);
        if (said !== undefined) page.send(JSON.stringify(said));
      }),
    );
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    return { server, sockets, port: (server.address() as AddressInfo).port };
  }

  async function drop({ server, sockets }: Stage): Promise<void> {
    for (const page of sockets.clients) page.terminate();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }

  beforeEach(async () => {
    admitted = true;
    heard = [];
    answer = ({ id }) => ({ type: 'reply', id, reply: null });
    stage = await raise();
    gateway = socketGateway({
      base: new URL(`http://127.0.0.1:${stage.port}/`),
      fetch: (url) => fetch(url),
      connect: (url) => new NodeSocket(url) as unknown as WebSocket,
      backOff: new BackOff(10, 40),
    });
    const links: string[] = [];
    ears = { links, session: vi.fn(), event: vi.fn(), frame: vi.fn(), link: (link) => links.push(link) };
    end = gateway.follow(ears);
    await vi.waitFor(() => expect(links).toEqual(['ready']));
  });
  afterEach(async () => {
    end();
    await drop(stage);
  });

  it('carries a command and its reply', async () => {
    answer = ({ id }) => ({ type: 'reply', id, reply: { path: '/', parent: null, entries: [], more: 3 } });
    const listing = await gateway.command({ type: 'browse', path: null });
    expect(listing.more).toBe(3);
    expect(heard).toEqual([{ id: 0, command: { type: 'browse', path: null } }]);
  });

  it('matches answers to commands by id, whatever their order', async () => {
    answer = () => undefined;
    const first = gateway.command({ type: 'browse', path: '/a' });
    const second = gateway.command({ type: 'browse', path: '/b' });
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    const [page] = stage.sockets.clients;
    for (const { id, command } of [...heard].reverse()) {
      const path = command.type === 'browse' ? command.path : '';
      page.send(JSON.stringify({ type: 'reply', id, reply: { path, parent: null, entries: [], more: 0 } }));
    }
    expect((await first).path).toBe('/a');
    expect((await second).path).toBe('/b');
  });

  it('turns a refusal into an error that carries the failure', async () => {
    const failure = { kind: 'InputError', message: '/x: is not a capture', fault: 'input' };
    answer = ({ id }) => ({ type: 'refused', id, failure });
    const refused = gateway.command({ type: 'pause' });
    await expect(refused).rejects.toBeInstanceOf(CommandRefused);
    await expect(refused).rejects.toMatchObject({ failure, message: failure.message });
  });

  it('does not believe a reply of another shape', async () => {
    answer = ({ id }) => ({ type: 'reply', id, reply: { path: 7 } });
    await expect(gateway.command({ type: 'browse', path: null })).rejects.toBeInstanceOf(ContractBroken);
  });

  it('hands on events and frames, and survives what it does not understand', async () => {
    const complaint = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const [page] = stage.sockets.clients;
    page.send(JSON.stringify({ type: 'gossip' }));
    page.send(JSON.stringify({ type: 'curves', from: 0, points: [] }));
    page.send(Buffer.from([1, 2, 3]));
    await vi.waitFor(() => expect(ears.frame).toHaveBeenCalledOnce());
    expect(ears.event).toHaveBeenCalledWith({ type: 'curves', from: 0, points: [] });
    const [bytes] = vi.mocked(ears.frame).mock.calls[0];
    expect([...new Uint8Array(bytes)]).toEqual([1, 2, 3]);
    expect(complaint).toHaveBeenCalledOnce();
    complaint.mockRestore();
  });

  it('fails what was under way when the connection breaks, comes back by itself, and repeats no command', async () => {
    answer = () => undefined;
    const lost = gateway.command({ type: 'pause' });
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    const { port } = stage;
    const outcome = expect(lost).rejects.toBeInstanceOf(LinkLost);
    await drop(stage);
    await outcome;
    await expect(gateway.command({ type: 'resume' })).rejects.toBeInstanceOf(LinkLost);
    stage = await raise(port);
    await vi.waitFor(() => expect(ears.links.at(-1)).toBe('ready'));
    expect(ears.links).toContain('lost');
    expect(ears.session).toHaveBeenCalledWith(session);
    expect(heard).toHaveLength(1);
    answer = ({ id }) => ({ type: 'reply', id, reply: null });
    expect(await gateway.command({ type: 'resume' })).toBeNull();
  });

  it('says that the link expired when another server answers, and stops asking', async () => {
    const { port } = stage;
    await drop(stage);
    admitted = false;
    stage = await raise(port);
    await vi.waitFor(() => expect(ears.links.at(-1)).toBe('expired'));
    await expect(gateway.session()).rejects.toBeInstanceOf(LinkExpired);
  });

  it('connects anew when a page missed something', async () => {
    gateway.refresh();
    await vi.waitFor(() => expect(ears.links).toEqual(['ready', 'lost', 'ready']));
  });
});

describe('waiting between two tries', () => {
  it('doubles up to its end and begins anew after success', () => {
    const backOff = new BackOff(500, 3000);
    expect([backOff.next(), backOff.next(), backOff.next(), backOff.next()]).toEqual([500, 1000, 2000, 3000]);
    backOff.reset();
    expect(backOff.next()).toBe(500);
  });
});
