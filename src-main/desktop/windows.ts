/** Makes the window, keeps its place, and mends it when its page crashes or hangs. */
import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import type { WebPreferences } from 'electron';
import { ask } from './dialogs';
import { CrashCounter } from './recovery';
import { placeWindow, readPlace, smallest, writePlace } from './windowPlace';
import type { Words } from './words';

export interface WindowPorts {
  readonly url: string;
  readonly words: Words;
  /** the page of that number is gone, or is being loaded anew */
  readonly gone: (page: number) => void;
  /** whether a window may close now */
  readonly mayClose: () => boolean;
}

/** What every page of ours lives under. */
export const pagePreferences = (): WebPreferences => ({
  preload: join(import.meta.dirname, '../preload/bridge.cjs'),
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  webviewTag: false,
  spellcheck: false,
});

export function openWindow({ url, words, gone, mayClose }: WindowPorts): BrowserWindow {
  const file = join(app.getPath('userData'), 'window.json');
  const saved = readPlace(file);
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const window = new BrowserWindow({
    ...placeWindow(
      saved,
      [primary, ...others].map(({ workArea }) => workArea),
    ),
    minWidth: smallest.width,
    minHeight: smallest.height,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#121212' : '#f4f4f4',
    webPreferences: pagePreferences(),
  });
  const contents = window.webContents;
  const page = contents.id;
  window.once('ready-to-show', () => {
    if (saved?.maximized) window.maximize();
    window.show();
  });
  window.on('close', (event) => {
    writePlace(file, { ...window.getNormalBounds(), maximized: window.isMaximized() });
    if (!mayClose()) event.preventDefault();
  });
  contents.on('destroyed', () => gone(page));
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) gone(page);
  });
  mend(window, words, () => gone(page));
  void window.loadURL(url);
  return window;
}

/** The session lives in this process, so a page that is loaded anew shows what the one before showed. */
function mend(window: BrowserWindow, words: Words, gone: () => void): void {
  const crashes = new CrashCounter();
  const contents = window.webContents;
  contents.on('render-process-gone', (_event, { reason }) => {
    gone();
    const next = crashes.next(reason, performance.now());
    if (next === 'reload') contents.reload();
    if (next !== 'ask') return;
    void ask(window, words.crashed, words.crashedDetail, [words.reload, words.quit], 'warning').then((button) =>
      button === 0 ? contents.reload() : app.quit(),
    );
  });
  let asking = false;
  window.on('unresponsive', () => {
    if (asking) return;
    asking = true;
    void ask(window, words.hangs, words.crashedDetail, [words.reload, words.wait], 'warning').then((button) => {
      asking = false;
      // A page that hangs cannot be loaded anew; ending its process leads to render-process-gone, which loads it.
      if (button === 0) contents.forcefullyCrashRenderer();
    });
  });
}
