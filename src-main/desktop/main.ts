/**
 * The studio's first door: Electron windows. Wiring only: the page comes from `legato://app/` under the same files and policy as
 * the server's, the session over the bridge's channels, and everything else is refused. What is decided is decided in the pure
 * modules beside this one.
 */
import { app, BrowserWindow, Menu, protocol, session } from 'electron';
import { channels } from '#contract/channels';
import { sessionInfo as sessionSchema } from '#contract/session';
import { pageFolder } from '../server/page';
import { DemoRoom } from '../studio/demoRoom';
import { recentProjects, watchRecent } from '../studio/recent';
import { StudioSession } from '../studio/session/studioSession';
import { sessionInfo } from '../studio/sessionInfo';
import { openChannels } from './bridgeChannels';
import { ask, detailOf, pickPath } from './dialogs';
import { asksForExamination, examineAll } from './examine';
import { menuTemplate } from './menu';
import { asksForDemo, handedOver, opensDemo, requestedPath } from './openRequest';
import { StudioPages } from './pages';
import { QuitGuard } from './quitGuard';
import { describeGone } from './recovery';
import { pageOrigin, scheme, servePage } from './scheme';
import { denyEverything } from './security';
import { openWindow } from './windows';
import { wordsFor } from './words';

protocol.registerSchemesAsPrivileged([
  { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]);

/** `electron-vite dev` serves the page itself, with hot reload; never in a packaged app. */
const developmentUrl = app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL;
const origin = developmentUrl === undefined ? pageOrigin : new URL(developmentUrl).origin;
const mac = process.platform === 'darwin';
const asked = requestedPath(process.argv, process.cwd(), app.getAppPath());

if (app.requestSingleInstanceLock({ path: asked, demo: asksForDemo(process.argv) })) run();
else app.quit();

function run(): void {
  app.enableSandbox();
  let first = asked;
  // macOS tells of a double-clicked project before the app is ready.
  const early = (event: { preventDefault(): void }, path: string): void => {
    event.preventDefault();
    first = path;
  };
  app.on('open-file', early);
  app.on('window-all-closed', () => {
    if (!mac) app.quit();
  });
  void app.whenReady().then(() => {
    app.off('open-file', early);
    start(first);
  });
}

function start(path: string | null): void {
  const words = wordsFor(app.getLocale());
  const demo = new DemoRoom();
  const studio = new StudioSession({ demo });
  const pages = new StudioPages(studio);
  /** Commands of the desktop itself, which looks at nothing. */
  const own = studio.join({ event: () => undefined, frame: () => undefined });
  const window = (): BrowserWindow | null => BrowserWindow.getAllWindows().at(0) ?? null;
  const show = (): void => {
    const shown = window() ?? openWindow(ports);
    if (shown.isMinimized()) shown.restore();
    shown.focus();
  };
  const training = (): string | null => {
    const { trainer, project } = studio.state;
    return trainer?.state === 'running' || trainer?.state === 'preparing' ? (project?.name ?? '') : null;
  };
  const trains = (name: string): string => words.trains.replace('NAME', name);

  const guard = new QuitGuard({
    training,
    ask: async (name) => {
      const buttons = [words.saveAndQuit, words.keepOn, words.cancel];
      return (['save', 'keep', 'cancel'] as const)[await ask(window(), trains(name), words.trainsDetail, buttons)];
    },
    keep: () => window()?.minimize(),
    save: async () => {
      await studio.close();
      await demo.close();
    },
    giveUp: async (error) =>
      (await ask(window(), words.cannotSave, detailOf(error), [words.quitAnyway, words.cancel], 'error')) === 0,
    quit: () => app.quit(),
  });
  // On macOS a program lives on without windows, and so does the run.
  const ports = {
    ...{ url: developmentUrl ?? `${pageOrigin}/`, words, gone: (page: number) => pages.leave(page) },
    mayClose: () => mac || guard.mayQuit(),
  };

  /** @param wanted  path of a project, a capture or a splat file; null for the demo room */
  async function open(wanted: string | null): Promise<void> {
    show();
    const name = training();
    const buttons = [words.saveAndOpen, words.cancel];
    if (name !== null && (await ask(window(), trains(name), words.opensDetail, buttons)) !== 0) return;
    try {
      await own.perform(wanted === null ? { type: 'openDemo' } : { type: 'open', path: wanted });
      if (wanted !== null) app.addRecentDocument(wanted);
    } catch (error) {
      await ask(window(), words.cannotOpen, detailOf(error), [words.cancel], 'error');
    }
  }

  const info = async () => sessionSchema.parse(await sessionInfo('desktop', demo));
  const publish = async (): Promise<void> => {
    const state = await info();
    for (const { webContents } of BrowserWindow.getAllWindows()) webContents.send(channels.changed, state);
  };
  const offer = (actions: Parameters<typeof menuTemplate>[0]): void => {
    const choose = (id: string): void => window()?.webContents.send(channels.action, id);
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(menuTemplate(actions, { platform: process.platform, words, choose })),
    );
  };

  servePage(session.defaultSession, pageFolder, studio);
  denyEverything(session.defaultSession, origin);
  openChannels({
    ...{ origin, pages, session: info, offer },
    demo: (command) => demo[command](),
    pick: (kind, page) => pickPath(kind, words, BrowserWindow.fromWebContents(page)),
  });
  offer([]);
  demo.onChange(() => void publish());
  app.on(
    'will-quit',
    watchRecent(() => void publish()),
  );
  app.on('before-quit', (event) => {
    if (!guard.mayQuit()) event.preventDefault();
  });
  app.on('second-instance', (_event, _argv, _folder, data) => {
    const other = handedOver.safeParse(data).data;
    if (other && (other.path !== null || other.demo)) void open(other.path);
    else show();
  });
  app.on('open-file', (event, other) => {
    event.preventDefault();
    void open(other);
  });
  app.on('activate', show);
  app.on('child-process-gone', (_event, gone) => {
    const message = describeGone(gone);
    if (message !== null) studio.note(message);
  });

  if (asksForExamination(process.argv)) {
    void examine();
    return;
  }
  show();
  if (path !== null) void open(path);
  else void openFirst();

  async function examine(): Promise<void> {
    const findings = await examineAll(ports.url);
    process.stdout.write(`${JSON.stringify({ findings })}\n`, () => app.exit(0));
  }

  async function openFirst(): Promise<void> {
    if (!opensDemo(path, (await recentProjects()).length, process.argv)) return;
    // A demo that cannot be made is a state of the page; there is nobody here to tell.
    await own.perform({ type: 'openDemo' }).catch((error: unknown) => studio.note(detailOf(error)));
  }
}
