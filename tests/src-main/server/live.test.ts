/**
 * The protocol of /api/live and /media over real sockets, against pages that break it. The studio behind is a stand-in that does
 * just what a fault needs; studio.test.ts has the real one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '#contract/frame';
import type { SessionInfo } from '#contract/session';
import type { CurvePoint, StudioCommand } from '#contract/studio';
import { serve } from '../../../src-main/server';
import type { Serving } from '../../../src-main/server';
import type { PageLink, PageSink, StudioDoor } from '../../../src-main/studio/session/door';
import { emptyState } from '../../../src-main/studio/session/state';
import { Visitor } from './client';
import type { LiveClient } from './client';

const told: SessionInfo = {
  version: '0.0.0-test',
  door: 'server',
  folder: '/somewhere',
  shell: 'posix',
  backend: null,
  backendProblem: 'test',
  recent: [],
  demo: { state: 'absent' },
};

const point = (step: number): CurvePoint => ({
  ...{ step, seconds: step, loss: 1, psnr: null, heldOutPsnr: null, splats: null, stepsPerSecond: null },
  ...{ crossEntropy: null, accuracy: null, uncertainty: null },
});

/** A snapshot of no splats, as large as wanted. */
const snapshot = (sequence: number, bytes: number): Uint8Array<ArrayBuffer> =>
  encodeFrame(
    {
      ...{
        kind: 'snapshot',
        sequence,
        rows: 1,
        step: 1,
        count: 0,
        shDegree: 0,
        origin: [0, 0, 0],
        rgbMin: 0,
        rgbMax: 1,
      },
      ...{ lnScaleMin: -9, lnScaleMax: 1, sh1Max: 1, sh2Max: 1, sh3Max: 1, antialiased: true, centre: [0, 0, 0] },
      ...{ radius: 1, extent: 1 },
    },
    { splats: new Uint32Array(0), ids: new Uint32Array(0), filling: new Uint8Array(bytes) },
  );

class StandIn implements StudioDoor {
  readonly pages = new Set<PageSink>();
  readonly heard: StudioCommand[] = [];
  readonly asked: string[] = [];
  reply: () => unknown = () => null;

  join(page: PageSink): PageLink {
    this.pages.add(page);
    page.event({ type: 'state', state: emptyState() });
    page.event({ type: 'curves', from: 0, points: [] });
    return {
      perform: async (command) => {
        this.heard.push(command);
        return this.reply();
      },
      leave: () => void this.pages.delete(page),
    };
  }

  async picture(kind: string, photo: string, side: number) {
    this.asked.push(`${kind} ${photo} ${side}`);
    return photo === 'a/b.jpg' ? { type: 'image/jpeg', bytes: Buffer.from(`${kind} ${side}`) } : null;
  }

  async close(): Promise<void> {
    this.pages.clear();
  }
}

let home: string;
let studio: StandIn;
let serving: Serving;
let visitor: Visitor;
let page: LiveClient;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'legato-live-'));
  process.env.LEGATO_HOME = home;
});
afterAll(async () => {
  delete process.env.LEGATO_HOME;
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  studio = new StandIn();
  serving = await serve({ studio, session: async () => told });
  visitor = await new Visitor(serving).enter();
  page = await visitor.dial();
  await page.until('the curves', () => page.curves.length > 0);
  return () => serving.close();
});

/** Everybody else is still served. */
async function othersAreWell(): Promise<void> {
  const other = await visitor.dial();
  expect(await other.command({ type: 'pause' })).toMatchObject({ type: 'reply', reply: null });
  other.socket.close();
}

describe('answers', () => {
  it('come with the id of the message, null where there is nothing to tell', async () => {
    studio.reply = () => 'what nobody shall see';
    expect(await page.command({ type: 'pause' })).toEqual({ type: 'reply', id: 0, reply: null });
    expect(await page.command({ type: 'resume' })).toEqual({ type: 'reply', id: 1, reply: null });
    expect(studio.heard.map(({ type }) => type)).toEqual(['pause', 'resume']);
  });

  it('are refusals that name what went wrong', async () => {
    studio.reply = () => {
      throw Object.assign(new Error('/a: no such folder'), { name: 'FileError', stack: 'secret' });
    };
    expect(await page.command({ type: 'browse', path: '/a' })).toEqual({
      ...{ type: 'refused', id: 0 },
      failure: { kind: 'FileError', message: '/a: no such folder', fault: 'input' },
    });
  });

  it('are checked before they leave', async () => {
    studio.reply = () => ({ path: '/a', parent: null, entries: [{ name: 'x', path: '/a/x', kind: 'devil' }], more: 0 });
    const refused = await page.command({ type: 'browse', path: '/a' });
    expect(refused).toMatchObject({ type: 'refused', failure: { fault: 'internal' } });
    expect(JSON.stringify(refused)).toContain('entries.0.kind');
  });

  it.each([
    [{ id: 0, command: { type: 'format', disk: '/' } }, 'command.type'],
    [{ id: 0, command: { type: 'open', path: '' } }, 'command.path'],
    [{ id: 0, command: { type: 'pause', evil: 1 } }, 'evil'],
    [{ id: 0 }, 'command'],
  ])('refuse the unknown: %j', async (message, where) => {
    const refused = await page.message(message);
    expect(refused).toMatchObject({ type: 'refused', id: 0, failure: { fault: 'input' } });
    expect(JSON.stringify(refused)).toContain(where);
    expect(studio.heard).toEqual([]);
  });
});

describe('a page that breaks the protocol is closed with a reason', () => {
  it.each<[string, string | Buffer, number]>([
    ['no JSON', '{"id":', 1007],
    ['no id', '{"command":{"type":"pause"}}', 1008],
    ['not an object', '[]', 1008],
    ['__proto__', '{"__proto__":{"id":1}}', 1008],
    ['binary', Buffer.from([1, 2, 3]), 1003],
    ['oversized', `"${'x'.repeat(9 * 2 ** 20)}"`, 1009],
  ])('%s', async (_what, message, code) => {
    page.socket.send(message);
    expect((await page.closed).code).toBe(code);
    expect(studio.heard).toEqual([]);
    await othersAreWell();
  });

  it('too many pages', async () => {
    await Promise.all(Array.from({ length: 15 }, () => visitor.dial()));
    const late = await visitor.dial();
    expect(await late.closed).toEqual({ code: 1013, reason: 'too many pages' });
  });
});

describe('a page that leaves', () => {
  it('in the middle of a frame leaves the studio too', async () => {
    const [sink] = studio.pages;
    page.socket.pause();
    sink.frame(snapshot(1, 32 * 2 ** 20));
    page.socket.terminate();
    await expect.poll(() => studio.pages.size, { timeout: 5000 }).toBe(0);
    sink.frame(snapshot(2, 10));
    sink.event({ type: 'state', state: emptyState() });
    await othersAreWell();
  });
});

describe('a page that stops reading', () => {
  it('gets the newest state and whole curves when it reads again, and costs one frame meanwhile', async () => {
    const [sink] = studio.pages;
    page.socket.pause();
    sink.frame(snapshot(1, 32 * 2 ** 20));
    const before = process.memoryUsage.rss();
    const state = emptyState();
    state.words = { ready: false, reason: 'x'.repeat(50_000), missing: [] };
    for (let i = 0; i < 4000; i++) {
      sink.event({ type: 'state', state: { ...state, memoryBytes: i } });
      sink.event({ type: 'curves', from: i, points: [point(i), point(i + 1)] });
    }
    // 200 MB of states were told; a tenth of that would be noise of the collector.
    expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 2 ** 20);
    await othersAreWell();
    page.socket.resume();
    await page.until('the newest state', () => page.state?.memoryBytes === 3999);
    await page.until('the curves', () => page.curves.at(-1)?.points.at(-1)?.step === 4000);
    expect(page.states.length).toBeLessThan(50);
    const curve: CurvePoint[] = [];
    for (const { from, points } of page.curves) {
      expect(from).toBeLessThanOrEqual(curve.length);
      curve.splice(from, Infinity, ...points);
    }
    expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 4001 }, (_, step) => step));
  });

  it('and is sent another frame nevertheless is closed, to begin anew', async () => {
    const [sink] = studio.pages;
    page.socket.pause();
    sink.frame(snapshot(1, 32 * 2 ** 20));
    sink.frame(snapshot(2, 10));
    page.socket.resume();
    expect(await page.closed).toEqual({ code: 1013, reason: 'a frame was taken before it arrived' });
  });

  it('is not read from while it owes too much', async () => {
    studio.reply = () => new Promise(() => undefined);
    // Each is larger than what a socket reads at once, since what was read already is performed.
    const padding = ' '.repeat(128 * 1024);
    for (let id = 0; id < 200; id++)
      page.socket.send(`${padding}${JSON.stringify({ id, command: { type: 'pause' } })}`);
    await expect.poll(() => studio.heard.length, { timeout: 5000 }).toBeGreaterThanOrEqual(64);
    await new Promise((done) => setTimeout(done, 200));
    expect(studio.heard.length).toBeLessThan(70);
  });
});

describe('pictures', () => {
  it('come by name, with how long they may be kept', async () => {
    const kept = await visitor.get('/media/photo/a%2Fb.jpg?side=300&r=7');
    expect([kept.status, kept.body.toString()]).toEqual([200, 'photo 300']);
    expect(kept.headers['content-type']).toBe('image/jpeg');
    expect(kept.headers['cache-control']).toBe('private, max-age=3600');
    for (const query of ['?side=300', '?side=300&r=0']) {
      const asked = await visitor.get(`/media/photo/a%2Fb.jpg${query}`);
      expect(asked.headers['cache-control']).toBe('private, no-cache');
      const again = await visitor.get(`/media/photo/a%2Fb.jpg${query}`, {
        'if-none-match': String(asked.headers.etag),
      });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    }
    expect((await visitor.get('/media/map/a%2Fb.jpg?side=0&r=1')).status).toBe(200);
  });

  it.each([
    ['/media/photo/nobody.jpg?side=300', 404],
    ['/media/photo/..%2f..%2fetc%2fpasswd', 404],
    ['/media/photo/../../etc/passwd', 404],
    ['/media/photo/%2e%2e', 404],
    ['/media/photo/', 404],
    ['/media/photo/%', 404],
    ['/media/photo/%c0%ae', 404],
    [`/media/photo/${'x'.repeat(1025)}`, 404],
    ['/media/truth/a%2Fb.jpg', 404],
    ['/media/', 404],
    ['/media/photo/a/b.jpg', 404],
    ['/media/photo/a%2Fb.jpg?side=-1', 400],
    ['/media/photo/a%2Fb.jpg?side=1e9', 400],
    ['/media/photo/a%2Fb.jpg?side=8193', 400],
    ['/media/photo/a%2Fb.jpg?side=NaN', 400],
    ['/media/photo/a%2Fb.jpg?side=', 400],
    ['/media/photo/a%2Fb.jpg?side=3.5', 400],
    ['/media/photo/a%2Fb.jpg?r=x', 400],
  ])('%s is %i', async (path, status) => {
    expect((await visitor.get(path)).status).toBe(status);
  });

  it('need the cookie, and our own origin', async () => {
    expect((await visitor.get('/media/photo/a%2Fb.jpg', { cookie: '' })).status).toBe(401);
    expect((await visitor.get('/media/photo/a%2Fb.jpg', { origin: 'http://evil.example' })).status).toBe(403);
    const foreign = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
    expect((await visitor.get('/media/photo/a%2Fb.jpg', foreign)).status).toBe(403);
    expect(studio.asked).toEqual([]);
  });
});

describe('the end', () => {
  it('is said to every page, and closes the studio', async () => {
    await serving.close();
    expect(await page.closed).toEqual({ code: 1001, reason: 'server stopped' });
    expect(studio.pages.size).toBe(0);
  });
});
