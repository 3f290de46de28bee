/** Builds a page of one part alone, by default the viewport, and serves it as the studio is served: same files, same policy. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { build } from 'vite';
import { pageFile } from '../../../src-main/server/page';

const root = resolve(import.meta.dirname, '../../..');

export interface HarnessServer {
  readonly url: string;
  /** answers with these bytes from now on */
  readonly offer: (path: string, bytes: Uint8Array<ArrayBuffer>) => void;
  readonly close: () => Promise<void>;
}

/** @param source  folder with the page's index.html */
export async function serveHarness(source = import.meta.dirname): Promise<HarnessServer> {
  const folder = await mkdtemp(join(tmpdir(), 'legato-harness-'));
  await build({
    root: source,
    configFile: false,
    logLevel: 'error',
    plugins: [vue()],
    publicDir: false,
    resolve: { alias: [{ find: /^#contract\/(.*)$/, replacement: `${root}/src-preload/contract/$1.ts` }] },
    build: { outDir: folder, emptyOutDir: true, target: 'chrome120', chunkSizeWarningLimit: 8192 },
  });
  const offered = new Map<string, Uint8Array<ArrayBuffer>>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const bytes = offered.get(pathname);
    if (bytes) {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' }).end(bytes);
      return;
    }
    void pageFile(pathname, folder).then((file) => {
      if (file) response.writeHead(200, file.headers).end(file.body);
      else response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    offer: (path, bytes) => void offered.set(path, bytes),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
