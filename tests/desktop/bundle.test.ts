/**
 * The built window (out/main/desktop.js) and the built bridge (out/preload/bridge.cjs), run in Node on a played `electron`
 * (playElectron.ts) with the real session, trainer and files behind them: what the window refuses, what its origin serves, what
 * crosses the bridge, what it opens, what it asks before it ends, and what survives a trainer that dies.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPinia, setActivePinia } from 'pinia';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { channels } from '#contract/channels';
import { sessionInfo } from '#contract/session';
import type { LegatoBridge } from '#contract/session';
import { mediaPath, studioEvent } from '#contract/studio';
import type { StudioCommand, StudioState } from '#contract/studio';
import { answer } from '#contract/wire';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import { createProject } from '../../src-main/project/index';
import { contentSecurityPolicy } from '../../src-main/server/page';
import { findingSchema } from '../../src-main/studio/examination';
import { menuLines } from '../../src-renderer/actions/menu';
import { actions } from '../../src-renderer/actions/table';
import { setGateway } from '../../src-renderer/gateway/shared';
import { repositoryPath } from '../shared';
import { playGateway } from '../src-renderer/play';
import { tinySettings, writeTinyCapture } from '../src-main/training/tinyCapture';
import { ownFrame, playElectron, Preventable } from './playElectron';
import type { PlayedElectron, PlayedWindow } from './playElectron';

let folder: string;
let capture: string;
let project: string;
let running: PlayedElectron | null = null;
const argv = process.argv;

beforeAll(async () => {
  ensureBuilt(console.warn);
  folder = await mkdtemp(join(tmpdir(), 'legato-bundle-'));
  process.env.LEGATO_HOME = join(folder, 'home');
  capture = await writeTinyCapture(join(folder, 'tiny'));
  project = join(folder, 'room.legato');
  await (await createProject(project, capture)).close();
}, 600_000);
afterEach(async () => {
  process.argv = argv;
  const electron = running;
  running = null;
  if (electron === null) return;
  electron.presses.length = 0;
  electron.app.quit();
  await expect.poll(() => electron.app.ended, { timeout: 20_000 }).toBe(true);
});
afterAll(async () => {
  delete process.env.LEGATO_HOME;
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts the built window as `electron REPOSITORY …args`. */
async function launch(args: readonly string[] = ['--no-demo'], lock = true): Promise<PlayedElectron> {
  const electron = playElectron({ userData: join(folder, 'user'), lock });
  vi.resetModules();
  vi.doMock('electron', () => electron.names);
  process.argv = ['electron', repositoryPath(), ...args];
  await import(/* @vite-ignore */ pathToFileURL(repositoryPath('out/main/desktop.js')).href);
  await new Promise((done) => setImmediate(done));
  if (lock) running = electron;
  return electron;
}

/** A page behind the bridge, which keeps the newest state and counts its commands. */
function follow(electron: PlayedElectron, window: PlayedWindow = electron.onlyWindow()) {
  const bridge = electron.bridgeOf(window);
  let state: StudioState | null = null;
  let id = 0;
  bridge.onEvent((event) => {
    const parsed = studioEvent.parse(event);
    if (parsed.type === 'state') state = parsed.state;
  });
  return {
    bridge,
    state: () => state,
    async command(command: StudioCommand): Promise<void> {
      const reply = answer.parse(await bridge.command({ id: ++id, command }));
      if (reply.type === 'refused') throw new Error(reply.failure.message);
    },
    reach: (test: (state: StudioState) => boolean, timeout = 60_000) =>
      expect.poll(() => state !== null && test(state), { timeout }).toBe(true),
  };
}

const request = (electron: PlayedElectron, url: string, init?: RequestInit): Promise<Response> =>
  Promise.resolve(electron.session.handlers.get('legato')!(new Request(url, init)));

describe('a start of the program', () => {
  it('hands what it was asked for to the one that runs, and ends', async () => {
    const electron = await launch([project, '--demo'], false);
    expect(electron.app.handedOver).toEqual({ path: project, demo: true });
    expect(electron.app.ended).toBe(true);
    expect(electron.app.windows.size).toBe(0);
    expect(electron.ipcMain.handlers.size).toBe(0);
    expect(electron.session.handlers.size).toBe(0);
  });

  it('opens one window: isolated, sandboxed, without Node, on an origin of its own', async () => {
    const electron = await launch();
    const { options, url, shown } = electron.onlyWindow();
    expect(url).toBe('legato://app/');
    expect(electron.app.sandboxed).toBe(true);
    expect(options.webPreferences).toEqual({
      preload: repositoryPath('out/preload/bridge.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    });
    expect(options.show).toBe(false);
    expect(shown).toContain('show');
    // Neither bypassCSP nor corsEnabled nor allowServiceWorkers.
    const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true };
    expect(electron.schemes).toEqual([{ scheme: 'legato', privileges }]);
  });

  it('opens a project that the command line names, also by its URL, and remembers it as a recent document', async () => {
    const electron = await launch([pathToFileURL(project).href]);
    const page = follow(electron);
    await page.reach(({ project: open }) => open?.name === 'room');
    await expect.poll(() => electron.app.recentDocuments).toEqual([project]);
    expect(electron.questions).toEqual([]);
  });

  it('examines itself when it is asked to, without a visible window, and ends', async () => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest: unknown[]) => {
      lines.push(String(text));
      for (const done of rest) if (typeof done === 'function') Reflect.apply(done, undefined, []);
      return true;
    });
    try {
      const electron = playElectron({ userData: join(folder, 'user') });
      electron.app.on('web-contents-created', (_event: unknown, contents: { answer: unknown }) => {
        const session = { ...{ version: '1', door: 'desktop', folder: '/', shell: 'posix', backend: null } };
        const rest = { backendProblem: 'played', recent: [], demo: { state: 'absent' } };
        contents.answer = { bridge: ['session'], node: false, session: { ...session, ...rest }, renderer: null };
      });
      vi.resetModules();
      vi.doMock('electron', () => electron.names);
      process.argv = ['electron', repositoryPath(), '--examine'];
      await import(/* @vite-ignore */ pathToFileURL(repositoryPath('out/main/desktop.js')).href);
      await expect.poll(() => electron.app.exitCode, { timeout: 60_000 }).toBe(0);
      expect(electron.onlyWindow().options).toMatchObject({ show: false, webPreferences: { sandbox: true } });
      expect(electron.onlyWindow().shown).toEqual([]);
    } finally {
      write.mockRestore();
    }
    const line = lines.find((text) => text.startsWith('{"findings"'))!;
    const { findings } = JSON.parse(line) as { findings: unknown[] };
    const found = findings.map((one) => findingSchema.parse(one));
    const of = (name: string) => found.find((one) => one.name === name);
    expect(of('trainer answers, in Electron')).toMatchObject({ ok: true });
    expect(of('bridge')).toMatchObject({ ok: true });
    expect(of('WebGL 2')).toMatchObject({ ok: false });
  });
});

describe('the window', () => {
  it('neither leaves the page, nor opens others, nor grants anything but copying', async () => {
    const electron = await launch();
    const { webContents } = electron.onlyWindow();
    const prevented = (event: string, details: object = {}): boolean => {
      const one = Object.assign(new Preventable(), details);
      webContents.emit(event, one);
      return one.defaultPrevented;
    };
    const details = { url: 'https://example.org', frameName: '', features: '', disposition: 'new-window' } as const;
    const referrer = { url: '', policy: 'default' } as const;
    expect(webContents.windowOpenHandler({ ...details, referrer })).toEqual({ action: 'deny' });
    for (const url of ['https://example.org/', 'file:///etc/passwd', 'legato://elsewhere/', 'javascript:1', 'nonsense'])
      expect(prevented('will-navigate', { url }), url).toBe(true);
    expect(prevented('will-navigate', { url: 'legato://app/index.html' })).toBe(false);
    expect(prevented('will-redirect')).toBe(true);
    expect(prevented('will-attach-webview')).toBe(true);

    const { permissionRequest, permissionCheck, devicePermission } = electron.session;
    const asks = (permission: string, from: string): boolean => {
      let granted: boolean | null = null;
      const decide = (one: boolean) => void (granted = one);
      Reflect.apply(permissionRequest!, undefined, [webContents, permission, decide, { requestingUrl: from }]);
      const checked: unknown = Reflect.apply(permissionCheck!, undefined, [webContents, permission, from, {}]);
      expect(checked, permission).toBe(granted);
      return granted === true;
    };
    for (const permission of ['media', 'geolocation', 'notifications', 'fullscreen', 'clipboard-read', 'openExternal'])
      expect(asks(permission, 'legato://app/'), permission).toBe(false);
    expect(asks('clipboard-sanitized-write', 'legato://app/')).toBe(true);
    expect(asks('clipboard-sanitized-write', 'https://example.org/')).toBe(false);
    expect(Reflect.apply(devicePermission!, undefined, [{}])).toBe(false);
    const download = new Preventable();
    electron.session.emit('will-download', download);
    expect(download.defaultPrevented).toBe(true);
  });

  it('loads a page that crashed again, and asks when it crashes again and again', async () => {
    const electron = await launch();
    const { webContents } = electron.onlyWindow();
    const crash = () => webContents.emit('render-process-gone', new Preventable(), { reason: 'crashed', exitCode: 1 });
    for (let i = 0; i < 3; i++) crash();
    expect(webContents.reloads).toBe(3);
    crash();
    await expect.poll(() => webContents.reloads).toBe(4);
    expect(electron.questions.map(({ message }) => message)).toEqual(['The page crashes again and again.']);
    electron.onlyWindow().emit('unresponsive');
    await expect.poll(() => webContents.crashes).toBe(1);
  });

  it('tells the page of a helper process that ended', async () => {
    const electron = await launch();
    const page = follow(electron);
    electron.app.emit('child-process-gone', new Preventable(), { type: 'GPU', reason: 'killed', exitCode: 9 });
    await page.reach(({ warnings }) => warnings.some(({ message }) => message.includes('GPU: killed, code 9')));
  });
});

describe('the origin legato://app', () => {
  it('serves the built page under its policy, and nothing else', async () => {
    const electron = await launch();
    const page = await request(electron, 'legato://app/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toBe(await readFile(repositoryPath('out/renderer/index.html'), 'utf8'));
    const [asset] = (await readdir(repositoryPath('out/renderer/assets'))).filter((name) => name.endsWith('.js'));
    const script = await request(electron, `legato://app/assets/${asset}`);
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    const refused: [string, RequestInit?][] = [
      ['legato://app/../main/desktop.js'],
      ['legato://app/..%2fmain%2fdesktop.js'],
      ['legato://app/%2e%2e/main/desktop.js'],
      ['legato://app/..%5cmain%5cdesktop.js'],
      ['legato://app/%00'],
      ['legato://app/%'],
      ['legato://app/assets/'],
      ['legato://app//etc/hosts.json'],
      ['legato://elsewhere/'],
      ['legato://app.evil/index.html'],
      ['legato://app/', { method: 'POST', body: '' }],
      ['legato://app/media/photo/nobody.png'],
      ['legato://app/media/photo/..%2f..%2fetc%2fpasswd'],
    ];
    for (const [url, init] of refused) expect((await request(electron, url, init)).status, url).toBe(404);
    expect((await request(electron, 'legato://app/media/photo/a.png?side=-1')).status).toBe(400);
    for (const response of [page, script, await request(electron, refused[0][0])]) {
      expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('serves photos of what is open by their names, and says when the page has them already', async () => {
    const electron = await launch([project]);
    await follow(electron).reach(({ project: open }) => open !== null);
    const [name] = await readdir(join(capture, 'images'));
    const url = (photo: string) => `legato://app/${mediaPath('photo', photo, 16, 1)}`;
    const found = await request(electron, url(name));
    expect([found.status, found.headers.get('content-security-policy')]).toEqual([200, contentSecurityPolicy]);
    expect(found.headers.get('content-type')).toMatch(/^image\//);
    expect((await found.arrayBuffer()).byteLength).toBeGreaterThan(50);
    const known = { headers: { 'if-none-match': found.headers.get('etag')! } };
    expect((await request(electron, url(name), known)).status).toBe(304);
    for (const other of ['transforms.json', '../transforms.json', join(capture, 'images', name)])
      expect((await request(electron, url(other))).status, other).toBe(404);
  });
});

describe('the bridge', () => {
  /** Held by the compiler to the contract: no function more, none less. */
  const names: Record<keyof LegatoBridge, true> = {
    ...{ session: true, demo: true, onSession: true, pathOf: true, command: true, onEvent: true },
    ...{ onFrame: true, pick: true, onAction: true, offer: true },
  };

  it('exposes the functions of the contract, and only those', async () => {
    const electron = await launch();
    const exposed = electron.runBridge(electron.onlyWindow().webContents);
    expect(Object.keys(exposed)).toEqual(['legato']);
    const bridge = exposed.legato as Record<string, unknown>;
    expect(Object.keys(bridge).sort()).toEqual(Object.keys(names).sort());
    expect(Object.values(bridge).every((one) => typeof one === 'function')).toBe(true);
  });

  it('carries the session, picks, paths of dropped files, and the menu both ways', async () => {
    const electron = await launch();
    const window = electron.onlyWindow();
    const bridge = electron.bridgeOf(window);
    expect(sessionInfo.parse(await bridge.session())).toMatchObject({ door: 'desktop' });
    expect(bridge.pathOf(new File([], 'plush'))).toBe('/dropped/plush');
    electron.picks.push('/captures/plush');
    expect(await bridge.pick('folder')).toBe('/captures/plush');
    expect(await bridge.pick('splats')).toBeNull();
    const chosen: unknown[][] = [];
    const end = bridge.onAction((...heard: unknown[]) => void chosen.push(heard));
    window.webContents.send(channels.action, 'pause');
    end();
    window.webContents.send(channels.action, 'pause');
    // The event, which carries ipcRenderer, never reaches the page.
    expect(chosen).toEqual([['pause']]);
  });

  it('is refused whatever the contract does not know', async () => {
    const electron = await launch();
    const bridge = electron.bridgeOf(electron.onlyWindow());
    for (const message of [undefined, null, 7, 'save', [], { id: -1 }, { id: 1, command: { type: 'format' } }]) {
      const reply = answer.parse(await bridge.command(message));
      expect(reply.type, JSON.stringify(message)).toBe('refused');
    }
    const long = { id: 2, command: { type: 'open', path: 'x'.repeat(5000) } };
    expect(await bridge.command(long)).toMatchObject({ type: 'refused', id: 2 });
    const ask = (channel: string, payload: unknown) =>
      electron.invoke(electron.onlyWindow().webContents, ownFrame, channel, payload);
    await expect(ask(channels.demo, 'format')).rejects.toThrow();
    await expect(ask(channels.pick, 'file')).rejects.toThrow('no such dialog');
    const before = electron.menu.lines;
    for (const lines of ['x', [{ id: 'a' }], [{ id: '', menu: 'file', words: 'x', accelerator: null, enabled: true }]])
      electron.send(electron.onlyWindow().webContents, ownFrame, channels.menu, lines);
    expect(electron.menu.lines).toBe(before);
  });

  it('hears nothing from any frame but the page itself', async () => {
    const electron = await launch();
    const { webContents } = electron.onlyWindow();
    const told: unknown[] = [];
    webContents.toPage.on(channels.event, (event) => told.push(event));
    const parent = { url: 'legato://app/', parent: null } as NonNullable<typeof ownFrame.parent>;
    const foreign = [
      null,
      { url: 'https://example.org/', parent: null },
      { url: 'legato://elsewhere/', parent: null },
      { url: 'file:///etc/passwd', parent: null },
      { url: 'legato://app/', parent },
    ];
    for (const frame of foreign) {
      for (const channel of electron.ipcMain.handlers.keys())
        await expect(electron.invoke(webContents, frame, channel), channel).rejects.toThrow('not the Legato page');
      electron.send(webContents, frame, channels.follow);
      electron.send(webContents, frame, channels.menu, []);
    }
    expect(told).toEqual([]);
    electron.send(webContents, ownFrame, channels.follow);
    expect(told).toHaveLength(2);
  });
});

describe('the menu bar', () => {
  it('has every action of the page that names a menu, under that menu, and tells the page which was chosen', async () => {
    setActivePinia(createPinia());
    setGateway(playGateway().gateway);
    const electron = await launch();
    const bridge = electron.bridgeOf(electron.onlyWindow());
    const chosen: string[] = [];
    bridge.onAction((id) => chosen.push(id));
    const offered = menuLines('studio');
    expect(offered.map(({ id }) => id)).toEqual(actions.filter(({ menu }) => menu !== null).map(({ id }) => id));
    bridge.offer(offered);
    const titles = { file: 'File', edit: 'Edit', view: 'View', training: 'Training', help: 'Help' };
    for (const { id, menu, words, enabled } of offered) {
      const submenu = electron.menu.lines.find(({ label }) => label === titles[menu])?.submenu;
      if (!Array.isArray(submenu)) throw new Error(`${menu}: no such menu`);
      const line = submenu.find(({ label }) => label === words);
      expect(line, id).toMatchObject({ enabled, registerAccelerator: false });
      Reflect.apply(line!.click!, undefined, []);
    }
    expect(chosen).toEqual(offered.map(({ id }) => id));
  });
});

describe('while the program runs', () => {
  it('opens what the system or a second start asks for, and says what cannot be opened', async () => {
    const electron = await launch();
    const page = follow(electron);
    const window = electron.onlyWindow();
    window.minimize();
    const early = new Preventable();
    electron.app.emit('open-file', early, project);
    expect(early.defaultPrevented).toBe(true);
    await page.reach(({ project: open }) => open?.name === 'room');
    expect(window.minimized).toBe(false);

    const empty = join(folder, 'empty');
    await mkdir(empty);
    electron.app.emit('second-instance', new Preventable(), [], folder, { path: empty, demo: false });
    await expect.poll(() => electron.questions.length, { timeout: 20_000 }).toBe(1);
    expect(electron.questions[0]).toMatchObject({ type: 'error', message: 'This cannot be opened.' });
    expect(electron.questions[0].detail).toContain(empty);

    // Malformed data of a second start shows the window, and does nothing else.
    window.minimize();
    electron.app.emit('second-instance', new Preventable(), [], folder, { path: 7 });
    expect(window.minimized).toBe(false);
    expect(electron.app.windows.size).toBe(1);
  });

  it.skipIf(process.platform === 'win32')(
    'survives a trainer that dies, continues the run, and asks before it ends one',
    { timeout: 180_000 },
    async () => {
      const electron = await launch();
      const window = electron.onlyWindow();
      const page = follow(electron);
      const settings = { ...tinySettings, steps: 1_000_000 };
      const path = join(folder, 'trained.legato');
      await page.command({ type: 'create', capture, project: path, settings, paused: false });
      await page.reach(({ trainer }) => trainer?.state === 'running' && trainer.step > 20);
      await page.command({ type: 'save' });
      await page.reach(({ saved }) => saved !== null);

      const children = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
        .split('\n')
        .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
        .filter((found) => found?.[2] === String(process.pid) && found[3].includes('out/main/trainer.js'));
      expect(children).toHaveLength(1);
      process.kill(Number(children[0]![1]), 'SIGKILL');
      await page.reach(({ failure }) => failure !== null);
      expect(page.state()!.failure!.failure.message).toMatch(/SIGKILL.*checkpoint of step \d+ is safe/);
      expect(page.state()!.trainer?.state).toBe('failed');
      expect(electron.app.ended).toBe(false);
      expect(electron.onlyWindow()).toBe(window);
      const saved = page.state()!.saved!.step;
      await page.command({ type: 'train', settings: {}, resume: true, paused: false });
      await page.reach(({ trainer }) => trainer?.state === 'running' && trainer.step > saved);

      // Closing asks: called off, then minimised, then saved.
      const question = 'trained is being trained.';
      electron.presses.push(2);
      window.close();
      await expect.poll(() => electron.questions.length).toBe(1);
      expect(electron.questions[0].message).toBe(question);
      expect(electron.app.windows.size).toBe(1);
      electron.presses.push(1);
      electron.app.quit();
      await expect.poll(() => window.minimized).toBe(true);
      expect(electron.app.ended).toBe(false);
      expect(page.state()!.trainer?.state).toBe('running');
      // Opening something else asks too.
      electron.presses.push(1);
      electron.app.emit('open-file', new Preventable(), project);
      await expect.poll(() => electron.questions.length).toBe(3);
      expect(page.state()!.project?.name).toBe('trained');
      electron.presses.push(0);
      electron.app.quit();
      await expect.poll(() => electron.app.ended, { timeout: 30_000 }).toBe(true);
      expect(electron.questions.map(({ message }) => message)).toEqual([question, question, question, question]);
      expect(electron.app.windows.size).toBe(0);
      expect((await readdir(join(path, 'checkpoints'))).length).toBeGreaterThan(0);
    },
  );
});
