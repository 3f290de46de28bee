/**
 * The studio's first door: Electron windows. Wiring only: the page comes from `legato://app/` under the same files and
 * policy as the server's, the session over one channel, and everything else is refused.
 */
import { join } from 'node:path';
import { app, BrowserWindow, ipcMain, Menu, nativeTheme, protocol, session } from 'electron';
import { channels } from '#contract/channels';
import { demoCommand, sessionInfo as sessionSchema } from '#contract/session';
import { pageFolder } from '../server/page';
import { DemoRoom } from '../studio/demoRoom';
import { watchRecent } from '../studio/recent';
import { sessionInfo } from '../studio/sessionInfo';
import { denyEverything, isOwnPage } from './security';
import { pageOrigin, scheme, servePage } from './scheme';

protocol.registerSchemesAsPrivileged([
  { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]);

/** `electron-vite dev` serves the page itself, with hot reload; never in a packaged app. */
const developmentUrl = app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL;
const ownOrigin = developmentUrl === undefined ? pageOrigin : new URL(developmentUrl).origin;

function openWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 720,
    minHeight: 480,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#121212' : '#f4f4f4',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/bridge.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  void window.loadURL(developmentUrl ?? `${pageOrigin}/`);
  return window;
}

const demo = new DemoRoom();

function wire(): void {
  servePage(session.defaultSession, pageFolder);
  denyEverything(session.defaultSession, ownOrigin);
  ipcMain.handle(channels.session, async (event) => {
    if (!isOwnPage(event, ownOrigin)) throw new Error('Refused: not the Legato page');
    return sessionSchema.parse(await sessionInfo('desktop', demo));
  });
  ipcMain.handle(channels.demo, (event, command: unknown) => {
    if (!isOwnPage(event, ownOrigin)) throw new Error('Refused: not the Legato page');
    demo[demoCommand.parse(command)]();
  });
  demo.onChange(() => void publish());
  app.on('will-quit', () => demo.cancel());
  const stopWatching = watchRecent(() => void publish());
  app.on('will-quit', stopWatching);
}

async function publish(): Promise<void> {
  const state = sessionSchema.parse(await sessionInfo('desktop', demo));
  for (const window of BrowserWindow.getAllWindows()) window.webContents.send(channels.changed, state);
}

if (!app.requestSingleInstanceLock()) {
  app.quit();
} else {
  app.enableSandbox();
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) return;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  void app.whenReady().then(() => {
    wire();
    openWindow();
    app.on('activate', () => {
      if (BrowserWindow.getAllWindows().length === 0) openWindow();
    });
  });
}
