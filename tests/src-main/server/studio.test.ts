/**
 * The whole path through the server, with nothing in its place: a page's socket, the studio's session, the trainer's process and a
 * demo room that is small enough to render and train within seconds. First the path, then what goes wrong on it: each fault has its
 * message, loses nothing that was saved, and leaves the server to everybody else.
 */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { mediaPath } from '#contract/studio';
import type { StudioCommand, StudioReply } from '#contract/studio';
import type { Answer } from '#contract/wire';
import { ensureBuilt } from '../../../resources/bin/build.mjs';
import { serve } from '../../../src-main/server';
import type { Serving } from '../../../src-main/server';
import { cacheFolder, DemoRoom } from '../../../src-main/studio/demoRoom';
import { StudioSession } from '../../../src-main/studio/session/studioSession';
import { forkedTrainer } from '../../../src-main/studio/studio';
import { demoCapture } from '../../../src-main/capture/demo/index';
import { smallDisk } from '../../smallDisk';
import { Visitor } from './client';
import type { LiveClient } from './client';

const small = {
  wanted: { objects: 12, views: 8, width: 96, height: 72 },
  making: { light: 'quick', threads: 2 },
} as const;
/** longer than any test waits */
const endless = { steps: 1_000_000 } as const;

let home: string;
let serving: Serving;
let visitor: Visitor;
let page: LiveClient;
/** of the newest trainer */
let trainer: number | null = null;

beforeAll(async () => {
  // The trainer is a process of the built bundle.
  ensureBuilt(console.warn);
  home = await mkdtemp(join(tmpdir(), 'legato-studio-'));
  process.env.LEGATO_HOME = home;
  const demo = new DemoRoom(small);
  const studio = new StudioSession({
    demo,
    makeTrainer: async (listener, onFrame) => {
      const host = await forkedTrainer(listener, onFrame);
      trainer = host.pid;
      return host;
    },
  });
  serving = await serve({ demo, studio });
  visitor = await new Visitor(serving).enter();
  page = await visitor.dial();
}, 600_000);

afterAll(async () => {
  await serving.close();
  delete process.env.LEGATO_HOME;
  await rm(home, { recursive: true, force: true });
}, 60_000);

const watch: StudioCommand = { type: 'watch', geometry: true, overlays: [] };

function replyOf(answer: Answer): unknown {
  if (answer.type === 'refused') throw new Error(`refused: ${answer.failure.message}`);
  return answer.reply;
}

const step = (client: LiveClient): number => client.state?.trainer?.step ?? 0;
const trainerState = (client: LiveClient): string | undefined => client.state?.trainer?.state;
const demoProject = (): string => join(home, 'Demo room.legato');

/** Others are served, and training goes on. */
async function allIsWell(): Promise<void> {
  const other = await visitor.dial();
  await other.until('a state', () => other.states.length > 0);
  const now = step(other);
  await other.until('a later step', () => step(other) > now);
  other.socket.close();
  expect((await visitor.get('/api/session')).status).toBe(200);
}

describe('the studio behind its server', { timeout: 120_000 }, () => {
  it('makes the demo room, trains it, and frames arrive', async () => {
    expect(replyOf(await page.command(watch))).toBeNull();
    const opened = page.command({ type: 'openDemo' });
    await page.until('the making of the room', () => page.state?.opening?.path === 'demo');
    expect(replyOf(await opened)).toBeNull();
    // Also while the run is only being prepared.
    replyOf(await page.command({ type: 'change', settings: endless }));
    await page.until('a first step', () => step(page) > 0, 60);
    await page.until('a snapshot', () => page.frames.some(({ header }) => header.kind === 'snapshot'), 60);
    const [{ header }] = page.frames;
    expect(header.kind === 'snapshot' && header.count).toBeGreaterThan(100);
    expect(page.state?.project).toMatchObject({ kind: 'project', name: 'Demo room', truth: true });
    await page.until('the new length', () => page.state?.trainer?.steps === 1_000_000);
    expect(page.state?.settings).toMatchObject(endless);
  });

  it('shows its photos by name, and nothing beside them', async () => {
    const photos = replyOf(await page.command({ type: 'photos' })) as StudioReply<'photos'>;
    expect(photos.length).toBe(page.state!.project!.photos + page.state!.project!.heldOut);
    const { status, headers, body } = await visitor.get(`/${mediaPath('photo', photos[0].name, 64, 1)}`);
    expect([status, headers['content-type']]).toEqual([200, 'image/jpeg']);
    expect(body.length).toBeGreaterThan(500);
    // Each of these lies there, seen from the photos' folder or from the maps'.
    for (const path of ['..%2ftruth%2ftruth.json', '../truth/truth.json', '..%2f..%2frecent.json', '%2fetc%2fpasswd'])
      for (const kind of ['photo', 'map'])
        expect((await visitor.get(`/media/${kind}/${path}?side=64`)).status, `${kind} ${path}`).toBe(404);
  });

  it('draws what a page looks at, though another page never takes its frames', async () => {
    const sleepy = await visitor.dial();
    sleepy.takes = false;
    await sleepy.command(watch);
    await sleepy.until('its one frame', () => sleepy.frames.length === 1);
    const [photo] = replyOf(await page.command({ type: 'photos' })) as StudioReply<'photos'>;
    const before = page.frames.length;
    await page.command({ type: 'look', request: 7, camera: photo.camera, channel: 'colour', way: 'blended' });
    await page.until('the picture', () =>
      page.frames.slice(before).some(({ header }) => header.kind === 'picture' && header.request === 7),
    );
    const newest = step(page);
    await page.until('more snapshots', () =>
      page.frames.some(({ header }) => header.kind === 'snapshot' && header.step > newest),
    );
    expect(sleepy.frames).toHaveLength(1);
    sleepy.socket.close();
  });

  it('is asked while it trains: an answer, or in words why there is none', async () => {
    const ask = { questions: ['chair'], negatives: ['object'], order: 'relevancies' } as const;
    const kept = { ...ask, questions: [...ask.questions], negatives: [...ask.negatives] };
    expect(replyOf(await page.command({ type: 'ask', ask: kept, keep: true }))).toBeNull();
    await page.until('an answer', () => page.state?.ask?.pending === false, 60);
    const { problem } = page.state!.ask!;
    if (!page.state!.words.ready) expect(problem?.message ?? page.state!.words.reason).not.toBe('');
    await page.until('the history', () => page.state?.project?.history[0] === 'chair');
  });

  it('pauses, saves and goes on', async () => {
    expect(replyOf(await page.command({ type: 'pause' }))).toBeNull();
    await page.until('the pause', () => trainerState(page) === 'paused');
    const paused = step(page);
    await page.until('the checkpoint', () => (page.state?.saved?.step ?? -1) >= paused);
    await page.command({ type: 'resume' });
    // Both: the last report of the pause may still carry a later step.
    await page.until('more steps', () => step(page) > paused && trainerState(page) === 'running');
  });

  it('tells a page that comes back the state, the curves and the last snapshot at once', async () => {
    await page.command({ type: 'pause' });
    await page.until('the pause', () => trainerState(page) === 'paused');
    page.socket.terminate();
    page = await visitor.dial();
    await page.until('state and curves', () => page.states.length > 0 && page.curves.length > 0, 5);
    expect(page.curves[0].from).toBe(0);
    expect(page.curves[0].points.length).toBeGreaterThan(0);
    expect(trainerState(page)).toBe('paused');
    await page.command(watch);
    await page.until('the snapshot', () => page.frames.length > 0, 5);
    expect(page.frames[0].header.kind).toBe('snapshot');
  });

  it('browses folders, and nothing that is none', async () => {
    const listing = replyOf(await page.command({ type: 'browse', path: home })) as StudioReply<'browse'>;
    expect(listing.entries).toContainEqual(expect.objectContaining({ name: 'Demo room.legato', kind: 'project' }));
    for (const path of [join(home, 'recent.json'), join(home, '../../nowhere'), `${home}\0/etc`])
      expect(await page.command({ type: 'browse', path })).toMatchObject({ type: 'refused' });
  });
});

describe('faults of whoever connects', { timeout: 120_000 }, () => {
  const dial = (headers: Record<string, string>) =>
    new Promise<number>((done) => {
      const socket = new WebSocket(`ws://127.0.0.1:${visitor.port}/api/live`, { headers });
      socket.on('open', () => (done(101), socket.terminate()));
      socket.on('unexpected-response', (_request, response) => done(response.statusCode ?? 0));
      socket.on('error', () => undefined);
    });

  beforeAll(async () => {
    await page.command({ type: 'resume' });
    await page.until('the run', () => trainerState(page) === 'running');
  });

  it('keep strangers out: wrong token, foreign Origin, no cookie', async () => {
    const origin = `http://127.0.0.1:${visitor.port}`;
    const { cookie } = visitor;
    expect((await visitor.get('/?token=wrong', { cookie: '' })).status).toBe(401);
    expect((await visitor.get('/?token=wrong', { cookie: '' })).body.toString()).toContain('needs its link');
    expect(await dial({ origin })).toBe(403);
    expect(await dial({ origin, cookie: `${cookie}x` })).toBe(403);
    expect(await dial({ origin: 'http://evil.example', cookie })).toBe(403);
    expect(await dial({ origin, cookie })).toBe(101);
    await allIsWell();
  });

  it.each([
    ['binary where pages send text', Buffer.from('LGTO'), 1003],
    ['what is no JSON', '{', 1007],
    ['a message without a number', '{"command":{"type":"pause"}}', 1008],
    ['more than a message may weigh', 'x'.repeat(9 * 2 ** 20), 1009],
  ] as const)('close the socket that sends %s, and no other', async (_what, data, code) => {
    const hostile = await visitor.dial();
    await hostile.command(watch);
    hostile.socket.send(data);
    expect((await hostile.closed).code).toBe(code);
    await allIsWell();
    expect(trainerState(page)).toBe('running');
  });

  it('refuse commands that the contract does not know, in words', async () => {
    for (const [command, where] of [
      [{ type: 'format', disk: '/' }, 'command.type'],
      [{ type: 'change', settings: { resolution: 3 } }, 'resolution'],
      [{ type: 'look', request: 1, camera: {}, channel: 'colour', way: 'blended' }, 'camera'],
      [{ type: 'watch', geometry: true, overlays: ['everything'] }, 'overlays'],
    ] as const) {
      // Answers carry the number of the message; the client counts its own.
      const probe = await visitor.dial();
      const refused = await probe.message({ id: 0, command });
      expect(refused).toMatchObject({ type: 'refused', failure: { fault: 'input' } });
      expect(JSON.stringify(refused)).toContain(where);
      probe.socket.close();
    }
    await allIsWell();
  });

  it('let go of a page that is torn away in the middle of a frame, and of one that takes what it never got', async () => {
    for (let round = 0; round < 5; round++) {
      const torn = await visitor.dial();
      // What was not read yet is lost with the socket.
      torn.socket.pause();
      torn.socket.send(JSON.stringify({ id: 0, command: watch }));
      await new Promise((done) => setTimeout(done, 50 * round));
      torn.socket.terminate();
    }
    const liar = await visitor.dial();
    liar.takes = false;
    await liar.command(watch);
    await liar.until('a frame', () => liar.frames.length > 0);
    for (const sequence of [0, 4_000_000_000, liar.frames[0].header.sequence])
      expect((await liar.command({ type: 'taken', sequence })).type).toBe('reply');
    await liar.until('the next frame', () => liar.frames.length > 1, 60);
    liar.socket.terminate();
    await allIsWell();
  });

  it('refuse a second opener of the project, and say who has it', async () => {
    const other = await serve({ studio: new StudioSession({ demo: new DemoRoom(small) }) });
    const client = await (await new Visitor(other).enter()).dial();
    const refused = await client.command({ type: 'open', path: demoProject() });
    expect(refused).toMatchObject({ type: 'refused', failure: { kind: 'ProjectError', fault: 'input' } });
    expect(JSON.stringify(refused)).toContain(String(process.pid));
    await other.close();
    await allIsWell();
  });
});

describe('faults of the machine', { timeout: 180_000 }, () => {
  it('a killed trainer: the page is told what survived, and goes on from there', async () => {
    replyOf(await page.command({ type: 'save' }));
    const before = step(page);
    await page.until('a checkpoint', () => (page.state?.saved?.step ?? 0) >= before);
    const saved = page.state!.saved!.step;
    await page.until('more steps', () => step(page) > saved);
    process.kill(trainer!, 'SIGKILL');
    await page.until('the failure', () => page.state?.failure !== null);
    expect(trainerState(page)).toBe('failed');
    expect(page.state!.failure).toMatchObject({ failure: { kind: 'crash' }, checkpointStep: saved });
    expect(page.state!.failure!.failure.message).toContain(`the checkpoint of step ${saved} is safe`);
    // Neither questions nor curves went with it.
    expect(page.state!.project!.history).toContain('chair');
    replyOf(await page.command({ type: 'train', settings: {}, resume: true, paused: false }));
    await page.until('later steps', () => step(page) > saved && trainerState(page) === 'running', 60);
    expect(page.state!.failure).toBeNull();
    expect(page.state!.settings).toMatchObject(endless);
  });

  it('a length that has been passed ends the run, saved and measured', async () => {
    replyOf(await page.command({ type: 'change', settings: { steps: 1 } }));
    await page.until('the end', () => page.state?.stages.geometry.state === 'done', 60);
    expect(page.state!.heldOut?.step).toBe(step(page));
    expect(page.state!.saved?.step).toBe(step(page));
  });

  it('a project folder that goes while it trains: said by name, and back it goes on', async () => {
    const { step: saved } = page.state!.saved!;
    replyOf(await page.command({ type: 'train', settings: endless, resume: true, paused: false }));
    await page.until('more steps', () => step(page) > saved, 60);
    // Words are learned in the folder as well.
    await page.until('the codebook', () => page.state?.stages.codebook.state === 'done', 120);
    // As a disk that is unplugged: nothing of it is left at its place.
    const away = join(home, 'away');
    await rename(demoProject(), away);
    await page.command({ type: 'save' });
    await page.until('the failure', () => page.state?.failure != null);
    expect(page.state!.failure).toMatchObject({ failure: { fault: 'input' }, checkpointStep: saved });
    expect(page.state!.failure!.failure.message).toContain('Demo room.legato');
    expect(existsSync(demoProject())).toBe(false);
    await rename(away, demoProject());
    replyOf(await page.command({ type: 'train', settings: {}, resume: true, paused: false }));
    await page.until('later steps', () => step(page) > saved && trainerState(page) === 'running', 60);
    expect(page.state!.failure).toBeNull();
  });

  it('a project folder that is deleted: one can close it, and start anew', async () => {
    // The trainer may write into a folder that is being emptied.
    await rm(demoProject(), { recursive: true, force: true, maxRetries: 50 });
    await page.command({ type: 'save' });
    await page.until('the failure', () => page.state?.failure != null);
    await page.command({ type: 'close' });
    await page.until('the start page', () => page.state?.project === null);
    expect((await visitor.get('/api/session')).status).toBe(200);
    const refused = await page.command({ type: 'open', path: demoProject() });
    expect(refused).toMatchObject({ type: 'refused', failure: { fault: 'input' } });
  });

  it('a full disk: the checkpoint before stays, and with room again the run goes on', async ({ skip }) => {
    const own = await smallDisk(join(home, 'disk'), 64);
    if (!own) return skip();
    const disk = own.path;
    try {
      const capture = await demoCapture(cacheFolder(), small.wanted, small.making);
      await cp(capture, join(disk, 'capture'), { recursive: true });
      const project = join(disk, 'full.legato');
      const settings = {
        ...endless,
        semanticWeight: 0,
        featureDetail: 'fast',
        maxSplats: 4000,
        checkpointInterval: 1,
      } as const;
      const command = { type: 'create', capture: join(disk, 'capture'), project, settings, paused: false } as const;
      replyOf(await page.command(command));
      await page.until('a checkpoint', () => page.state?.saved != null, 60);
      // Fills what is left, and what a last checkpoint frees.
      const filler = join(disk, 'filler');
      const until = (what: string, holds: () => boolean) => page.until(what, holds, 60);
      await writeFile(filler, Buffer.alloc(128 * 2 ** 20)).catch(() => undefined);
      await until('the failure', () => page.state?.failure != null);
      const { failure, checkpointStep } = page.state!.failure!;
      expect(failure.fault).toBe('environment');
      expect(failure.message).toMatch(/the disk is full/);
      expect(checkpointStep).toBe(page.state!.saved!.step);
      expect((await visitor.get('/api/session')).status).toBe(200);
      // Said, not died of: the project's own writes fail as well.
      expect((await page.command({ type: 'ask', ask: null, keep: false })).type).toBe('reply');
      expect((await stat(filler)).size).toBeGreaterThan(0);
      await rm(filler);
      replyOf(await page.command({ type: 'train', settings: {}, resume: true, paused: false }));
      await until('later steps', () => step(page) > checkpointStep! && trainerState(page) === 'running');
      await until('a later checkpoint', () => page.state!.saved!.step > checkpointStep!);
      expect(page.state!.failure).toBeNull();
    } finally {
      await page.command({ type: 'close' });
      own.close();
    }
  });
});
