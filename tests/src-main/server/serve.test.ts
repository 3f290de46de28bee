/** The server's locks, tried from outside with raw requests: what a browser would never send, a hostile program does. */
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { SessionInfo } from '#contract/session';
import { sessionEvent, sessionInfo } from '#contract/session';
import { rememberProject } from '../../../src-main/studio/recent';
import { serve, ServeError } from '../../../src-main/server';
import type { Serving } from '../../../src-main/server';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const told: SessionInfo = {
  version: '0.0.0-test',
  door: 'server',
  folder: '/somewhere',
  shell: 'posix',
  backend: { name: 'native', reason: { message: 'test' }, instructionSet: 'avx2', threads: 2 },
  backendProblem: null,
  recent: [],
  demo: { state: 'absent' },
};

let folder: string;
let serving: Serving;
let port: number;
let token: string;
let cookie: string;

/** Sends the path exactly as given: `fetch` would tidy it up first. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on('error', fail);
    sent.end();
  });
}

const known = (headers: Record<string, string> = {}) => ({ cookie, ...headers });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-serve-'));
  process.env.LEGATO_HOME = join(folder, 'home');
  const page = join(folder, 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(page, 'assets/a.js'), 'export {}');
  await writeFile(join(folder, 'secret.html'), 'secret');
  await mkdir(join(folder, 'page-next-door'));
  await writeFile(join(folder, 'page-next-door/secret.html'), 'secret');
  await symlink(join(folder, 'secret.html'), join(page, 'link.html'));
  serving = await serve({ page, session: async () => told });
  const url = new URL(serving.url);
  port = Number(url.port);
  token = url.searchParams.get('token') ?? '';
  const entered = await get(`/?token=${token}`);
  cookie = String(entered.headers['set-cookie']?.[0]).split(';')[0];
});

afterAll(async () => {
  await serving.close();
  delete process.env.LEGATO_HOME;
  await rm(folder, { recursive: true, force: true });
});

describe('the one thing that a page may change', () => {
  it('needs the cookie and our own Origin, and is one of two words', async () => {
    const origin = { origin: `http://127.0.0.1:${port}` };
    expect((await get('/api/demo/make', known(), 'POST')).status).toBe(403);
    expect((await get('/api/demo/make', known({ origin: 'http://evil.example' }), 'POST')).status).toBe(403);
    expect((await get('/api/demo/make', origin, 'POST')).status).toBe(401);
    expect((await get('/api/demo/close', known(origin), 'POST')).status).toBe(404);
    expect((await get('/api/demo/make', known(), 'GET')).status).toBe(404);
    const answer = await get('/api/demo/cancel', known(origin), 'POST');
    expect(answer).toMatchObject({ status: 204, body: '' });
  });
});

describe('the link', () => {
  it('binds loopback and carries 192 random bits', () => {
    expect(new URL(serving.url).hostname).toBe('127.0.0.1');
    expect(Buffer.from(token, 'base64url')).toHaveLength(24);
  });

  it('turns into a cookie that scripts cannot read and other sites cannot send', async () => {
    const { status, headers, body } = await get(`/?token=${token}`);
    expect(status).toBe(200);
    expect(headers['set-cookie']?.[0]).toMatch(/^legato-\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(headers['set-cookie']?.[0]).not.toContain(token);
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(body).not.toContain(token);
  });

  it.each(['', '/', '/index.html', '/assets/a.js', '/api/session', '/api/nothing'])(
    'is needed for %s',
    async (path) => {
      const strangers: Record<string, string>[] = [
        {},
        { cookie: `legato-${port}=guess` },
        { cookie: cookie.replace(/\d+=/, '1=') },
      ];
      for (const headers of strangers) {
        const answer = await get(path || '/', headers);
        expect(answer.status).toBe(401);
        expect(answer.headers['set-cookie']).toBeUndefined();
        expect(answer.body).toContain('needs its link');
      }
    },
  );

  it.each(['wrong', '', 'x'.repeat(5000)])('refuses a wrong token', async (wrong) => {
    const answer = await get(`/?token=${wrong}`);
    expect(answer.status).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('with the cookie', () => {
  it('serves the page under its policy', async () => {
    const { status, headers, body } = await get('/', known());
    expect([status, body]).toEqual([200, '<!doctype html><title>page</title>']);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).toContain("worker-src 'self' blob:;");
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|\*|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect((await get('/assets/a.js', known())).headers['content-type']).toContain('text/javascript');
  });

  it('tells the session as the contract says', async () => {
    const { status, headers, body } = await get('/api/session', known());
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(sessionInfo.parse(JSON.parse(body))).toEqual(told);
  });

  it.each([
    '/../secret.html',
    '/assets/../../secret.html',
    '/%2e%2e/secret.html',
    '/..%2fsecret.html',
    '/assets/..%2f..%2fsecret.html',
    '/..%5csecret.html',
    '/..\\secret.html',
    '/%2e%2e%2fpage-next-door/secret.html',
    '/../page-next-door/secret.html',
    '//etc/passwd.html',
    '/index.html%00.js',
    '/%c0%ae%c0%ae/secret.html',
    '/%',
    '/link.html',
    '/assets',
    '/assets/',
    '/api/../index.html',
  ])('gives nothing for %s', async (path) => {
    const { status, body } = await get(path, known());
    expect(status).toBe(404);
    expect(body).not.toContain('secret');
  });

  it('answers GET and HEAD alone', async () => {
    expect((await get('/', known(), 'HEAD')).body).toBe('');
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect((await get('/api/session', known(), method)).status).toBe(405);
    }
  });

  it.each([
    'legato.evil.example',
    `evil.example:${1}`,
    '127.0.0.1.evil.example',
    '192.168.1.7',
    'localhost@evil',
    '[::2]',
    'a b',
  ])('refuses the host %s, even with the cookie (DNS rebinding)', async (host) => {
    for (const path of ['/', '/api/session', `/?token=${token}`]) {
      const answer = await get(path, known({ host }));
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it.each(['localhost', 'LOCALHOST:9000', '127.0.0.1:9000', '[::1]:9000'])(
    'accepts %s, as behind a tunnel',
    async (host) => {
      expect((await get('/api/session', known({ host }))).status).toBe(200);
    },
  );

  it.each(['http://evil.example', 'null', 'https://localhost', 'http://localhost:1', 'file://'])(
    'refuses the origin %s',
    async (origin) => {
      expect((await get('/api/session', known({ origin, host: 'localhost' }))).status).toBe(403);
    },
  );

  it('accepts its own origin', async () => {
    expect((await get('/api/session', known({ origin: `http://127.0.0.1:${port}` }))).status).toBe(200);
  });

  it('lets other sites link to the page, and embed or fetch nothing', async () => {
    const cross = (mode: string, dest: string) =>
      get('/', known({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }));
    expect((await cross('navigate', 'document')).status).toBe(200);
    expect((await cross('navigate', 'iframe')).status).toBe(403);
    expect((await cross('no-cors', 'script')).status).toBe(403);
  });
});

describe('the live channel', () => {
  const dial = (headers: Record<string, string>, path = '/api/live') =>
    new Promise<number | WebSocket>((done) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
      socket.on('open', () => done(socket));
      socket.on('unexpected-response', (_request, response) => done(response.statusCode ?? 0));
      socket.on('error', () => undefined);
    });
  const own = () => ({ origin: `http://127.0.0.1:${port}` });

  it('needs cookie, origin, host and path', async () => {
    expect(await dial(own())).toBe(403);
    expect(await dial({ cookie })).toBe(403);
    expect(await dial(known({ origin: 'http://evil.example' }))).toBe(403);
    expect(await dial(known({ ...own(), host: 'evil.example' }))).toBe(403);
    expect(await dial(known(own()), '/elsewhere')).toBe(403);
  });

  it('pushes the session when a project was written', async () => {
    const socket = await dial(known(own()));
    if (typeof socket === 'number') throw new Error(`refused: ${socket}`);
    const message = new Promise<string>((done) => socket.once('message', (data: Buffer) => done(data.toString())));
    await rememberProject({ path: join(folder, 'a.legato'), splats: 3 });
    expect(sessionEvent.parse(JSON.parse(await message))).toEqual({ type: 'session', session: told });
    socket.close();
  });
});

describe('the server itself', () => {
  it('survives noise', async () => {
    await new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('\0\0not http\r\n\r\n'));
      socket.on('close', () => done());
      socket.on('error', () => undefined);
      socket.resume();
    });
    expect((await get('/api/session', known())).status).toBe(200);
  });

  it('says which port is taken, and what to do', async () => {
    const again = serve({ port, session: async () => told });
    await expect(again).rejects.toThrow(ServeError);
    await expect(again).rejects.toThrow(`127.0.0.1:${port} is taken by another program; choose another with --port`);
  });

  it('answers 500 without details when the studio breaks its contract', async () => {
    const broken = await serve({ session: async () => ({ ...told, version: '' }) });
    const url = new URL(broken.url);
    const before = port;
    port = Number(url.port);
    const mine = String((await get(`/${url.search}`)).headers['set-cookie']?.[0]).split(';')[0];
    const answer = await get('/api/session', { cookie: mine });
    port = before;
    await broken.close();
    expect([answer.status, answer.body]).toEqual([500, 'Legato could not answer.\n']);
  });

  it('closes at once, whatever is connected', async () => {
    const other = await serve({ session: async () => told });
    const idle = connect(Number(new URL(other.url).port), '127.0.0.1');
    await new Promise((done) => idle.once('connect', done));
    idle.on('error', () => undefined);
    const started = Date.now();
    await other.close();
    expect(Date.now() - started).toBeLessThan(1000);
    idle.destroy();
  });
});
