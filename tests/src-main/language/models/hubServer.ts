/** A real HTTP server that behaves as the model hub does, and misbehaves where a test says so. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { repositoryPath } from '../../../shared';

export const COMMIT = 'c'.repeat(40);
const LARGE = 1000;

export interface Seen {
  path: string;
  headers: IncomingHttpHeaders;
  /** bytes of the body that were handed to the socket */
  sent: number;
}

/** Answers instead of the hub, or returns false to let the hub answer. */
export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => boolean | Promise<boolean>;

export interface Hub {
  url: string;
  repository: string;
  files: Map<string, Buffer>;
  /** every request, in order */
  seen: Seen[];
  misbehave: Misbehaviour | null;
  /** what the tree says, when it is not the truth */
  tree: unknown;
  /** requests for one file */
  requestsOf(file: string): Seen[];
}

export const etagOf = (bytes: Buffer): string => `"${createHash('sha256').update(bytes).digest('hex')}"`;

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function listing(
  files: Map<string, Buffer>,
): { type: string; path: string; size: number; oid: string; lfs?: object }[] {
  const entries = [...files].map(([path, bytes]) => {
    const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = { type: 'file', path, size: bytes.length, oid: git };
    return bytes.length < LARGE
      ? file
      : { ...file, oid: 'a'.repeat(40), lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } };
  });
  return [{ type: 'directory', path: 'onnx', size: 0, oid: 'd'.repeat(40) }, ...entries];
}

/** The files of a tiny model of tests/fixtures/models, and a card that is large enough to break off within. */
export async function modelFiles(fixture: string): Promise<Map<string, Buffer>> {
  const folder = repositoryPath('tests', 'fixtures', 'models', fixture);
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    files.set(full.slice(folder.length + 1).replaceAll('\\', '/'), await readFile(full));
  }
  const card = Buffer.alloc(400_000);
  for (let i = 0; i < card.length; i++) card[i] = (i * 2654435761) >>> 24;
  files.set('README.md', card);
  return files;
}

export async function startHub(fixture = 'tiny-clip', repository = 'Xenova/mobileclip_s2'): Promise<Hub> {
  const hub: Hub = {
    ...{ url: '', repository, seen: [], misbehave: null, tree: null },
    files: await modelFiles(fixture),
    requestsOf: (file) => hub.seen.filter(({ path }) => path === `/${repository}/resolve/${COMMIT}/${file}`),
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://hub');
    const path = decodeURIComponent(url.pathname);
    const seen: Seen = { path, headers: request.headers, sent: 0 };
    hub.seen.push(seen);
    const write = response.write.bind(response);
    const count = (chunk: unknown): void => void (seen.sent += Buffer.isBuffer(chunk) ? chunk.length : 0);
    response.write = (chunk: unknown, ...rest: unknown[]) => {
      count(chunk);
      return (write as (...all: unknown[]) => boolean)(chunk, ...rest);
    };
    void (async () => {
      if (await hub.misbehave?.(request, response, path)) return;
      answer(hub, request, response, path);
    })();
  });
  hub.url = await listen(server);
  return hub;
}

function answer(hub: Hub, request: IncomingMessage, response: ServerResponse, path: string): void {
  const json = (value: unknown): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (path === `/api/models/${hub.repository}/revision/main`) return json({ sha: COMMIT });
  if (path === `/api/models/${hub.repository}/tree/${COMMIT}`) return json(hub.tree ?? listing(hub.files));
  const file = path.startsWith(`/${hub.repository}/resolve/${COMMIT}/`) ? path.split(`/${COMMIT}/`)[1] : null;
  const bytes = file === null ? undefined : hub.files.get(file);
  if (bytes === undefined) return void response.writeHead(404).end();
  serve(request, response, bytes);
}

/** A whole answer; true, as a misbehaviour says that it has answered. */
export function reply(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): true {
  response.writeHead(status, headers).end(body);
  return true;
}

/** A file as a store serves it: whole, or from a byte on when range and ETag allow. */
export function serve(request: Pick<IncomingMessage, 'headers'>, response: ServerResponse, bytes: Buffer): void {
  const etag = etagOf(bytes);
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const same = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const start = range && same ? Number(range[1]) : 0;
  if (start > 0 && start >= bytes.length)
    return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
  const rest = bytes.subarray(start);
  const headers = { etag, 'accept-ranges': 'bytes', 'content-length': rest.length };
  if (start > 0)
    response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
  else response.writeHead(200, headers);
  response.write(rest);
  response.end();
}

/** Sends part of what is due and cuts the connection, once the part has left. */
export function drop(request: IncomingMessage, response: ServerResponse, bytes: Buffer, after: number): void {
  const etag = etagOf(bytes);
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const headers = { etag, 'content-length': bytes.length - start };
  response.writeHead(
    start > 0 ? 206 : 200,
    start > 0 ? { ...headers, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : headers,
  );
  response.write(bytes.subarray(start, start + after), () => setTimeout(() => response.destroy(), 20));
}
