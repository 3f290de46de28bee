/** `pull` through a proxy that this test runs: HTTPS_PROXY and HTTP_PROXY are used, NO_PROXY keeps out of it. */
import { createServer, request as forward } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listen } from './hubServer';
import { expectWhole, setUp } from './pullSetup';

/** Tunnels (CONNECT) and forwards. `asked` holds one line per connection or request; a login may be needed. */
async function startProxy(login: string | null = null) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${new URL(request.url!).host}`);
    const { hostname, port, pathname, search } = new URL(request.url!);
    const through = forward({
      hostname,
      port,
      path: pathname + search,
      method: request.method,
      headers: request.headers,
    });
    through.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    through.on('error', () => response.destroy());
    through.end();
  });
  server.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    const known = Buffer.from(request.headers['proxy-authorization']?.replace('Basic ', '') ?? '', 'base64').toString();
    if (login !== null && known !== login) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const [host, port] = request.url!.split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  return { url: await listen(server), asked };
}

describe('a proxy', () => {
  it('is used, and for nothing that NO_PROXY names', async () => {
    const { hub, models, pull } = await setUp();
    const proxy = await startProxy();
    const { host } = new URL(hub.url);
    await pull({ environment: { HTTP_PROXY: proxy.url } });
    await expectWhole(hub, models);
    expect(proxy.asked.length).toBeGreaterThan(0);
    proxy.asked.forEach((line) => expect(line).toMatch(new RegExp(`(CONNECT|GET) ${host}$`)));

    for (const environment of [
      { HTTP_PROXY: proxy.url, NO_PROXY: 'example.com,127.0.0.1' },
      { http_proxy: proxy.url, no_proxy: '*' },
      { HTTPS_PROXY: proxy.url, HTTP_PROXY: '' },
      {},
    ]) {
      proxy.asked.length = 0;
      await pull({ environment, force: true });
      expect(proxy.asked, JSON.stringify(environment)).toEqual([]);
    }
  });

  it('is asked for encrypted hosts: the tunnel is opened before anything is said', async () => {
    const { refusal } = await setUp();
    const proxy = await startProxy();
    // Nobody listens there, so the proxy hangs up; that it was asked, and asked once, is what counts.
    const message = await refusal({ mirror: 'https://127.0.0.1:9', environment: { HTTPS_PROXY: proxy.url }, tries: 1 });
    expect(proxy.asked).toEqual(['CONNECT 127.0.0.1:9']);
    expect(message).toMatch(/the connection failed/);
  });

  it('may want a login, which messages keep to themselves', async () => {
    const { hub, models, pull, refusal } = await setUp();
    const proxy = await startProxy('me:secret');
    const { host } = new URL(proxy.url);
    const message = await refusal({ environment: { HTTP_PROXY: `http://me:wrong@${host}` }, tries: 1 });
    expect(message).toMatch(/the connection failed \(.*407/);
    expect(message).not.toMatch(/wrong/);
    await pull({ environment: { HTTP_PROXY: `http://me:secret@${host}` } });
    await expectWhole(hub, models);
  });
});
