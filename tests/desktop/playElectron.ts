/**
 * `electron` as far as the window uses it, played in plain Node, so that the built bundles run where no Electron binary is. Every
 * part is held by the compiler against Electron's typings (`implements Pick<…>`): a renamed method or option fails the types.
 *
 * It plays what matters here: one window closes through "close", quitting through "before-quit" and "will-quit", a new page is told
 * through "web-contents-created", and what crosses between processes is cloned.
 */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import type * as Electron from 'electron';
import type {
  App,
  BrowserWindow,
  BrowserWindowConstructorOptions,
  CustomScheme,
  Dialog,
  Display,
  IpcMain,
  IpcMainEvent,
  IpcMainInvokeEvent,
  IpcRenderer,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  NativeTheme,
  OpenDialogOptions,
  Protocol,
  Screen,
  Session,
  WebContents,
  WebFrameMain,
  WebUtils,
} from 'electron';
import type { LegatoBridge } from '#contract/session';
import { repositoryPath } from '../shared';

/** An event whose default a listener may prevent. */
export class Preventable {
  defaultPrevented = false;
  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

type WindowOpenHandler = Parameters<WebContents['setWindowOpenHandler']>[0];

export class PlayedContents
  extends EventEmitter
  implements
    Pick<
      WebContents,
      | 'id'
      | 'send'
      | 'reload'
      | 'isDestroyed'
      | 'setWindowOpenHandler'
      | 'forcefullyCrashRenderer'
      | 'executeJavaScript'
    >
{
  readonly id: number;
  /** what main sent, per channel */
  readonly toPage = new EventEmitter();
  windowOpenHandler: WindowOpenHandler = () => ({ action: 'allow' });
  reloads = 0;
  crashes = 0;
  destroyed = false;
  /** what the page answers to a script */
  answer: unknown = undefined;

  constructor(id: number) {
    super();
    this.id = id;
  }
  send(channel: string, ...payload: unknown[]): void {
    this.toPage.emit(channel, ...payload.map((one) => structuredClone(one)));
  }
  reload(): void {
    this.reloads++;
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.windowOpenHandler = handler;
  }
  forcefullyCrashRenderer(): void {
    this.crashes++;
  }
  executeJavaScript(): Promise<unknown> {
    return Promise.resolve(this.answer);
  }
}

export class PlayedApp
  extends EventEmitter
  implements
    Pick<
      App,
      | 'isPackaged'
      | 'whenReady'
      | 'quit'
      | 'exit'
      | 'requestSingleInstanceLock'
      | 'getAppPath'
      | 'getPath'
      | 'getLocale'
      | 'enableSandbox'
      | 'addRecentDocument'
    >
{
  readonly isPackaged = false;
  readonly recentDocuments: string[] = [];
  readonly windows = new Set<PlayedWindow>();
  /** what was handed to the first instance */
  handedOver: unknown = undefined;
  sandboxed = false;
  ended = false;
  exitCode: number | null = null;
  readonly #lock: boolean;
  readonly #userData: string;

  constructor(lock: boolean, userData: string) {
    super();
    this.#lock = lock;
    this.#userData = userData;
  }
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  requestSingleInstanceLock(additionalData?: Record<string, unknown>): boolean {
    this.handedOver = additionalData;
    return this.#lock;
  }
  getAppPath(): string {
    return repositoryPath();
  }
  getPath(): string {
    return this.#userData;
  }
  getLocale(): string {
    return 'en-GB';
  }
  enableSandbox(): void {
    this.sandboxed = true;
  }
  addRecentDocument(path: string): void {
    this.recentDocuments.push(path);
  }
  quit(): void {
    const event = new Preventable();
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    for (const window of [...this.windows]) window.close();
    if (this.windows.size > 0 || this.ended) return;
    this.ended = true;
    this.emit('will-quit', new Preventable());
  }
  exit(code = 0): void {
    this.exitCode = code;
    this.ended = true;
  }
}

export class PlayedWindow
  extends EventEmitter
  implements
    Pick<
      BrowserWindow,
      | 'show'
      | 'focus'
      | 'close'
      | 'minimize'
      | 'restore'
      | 'isMinimized'
      | 'maximize'
      | 'isMaximized'
      | 'getNormalBounds'
      | 'loadURL'
    >
{
  readonly options: BrowserWindowConstructorOptions;
  readonly webContents: PlayedContents;
  readonly #app: PlayedApp;
  readonly shown: string[] = [];
  url = '';
  minimized = false;

  constructor(app: PlayedApp, id: number, options: BrowserWindowConstructorOptions) {
    super();
    this.#app = app;
    this.options = options;
    this.webContents = new PlayedContents(id);
    app.windows.add(this);
    app.emit('web-contents-created', new Preventable(), this.webContents);
  }
  show(): void {
    this.shown.push('show');
  }
  focus(): void {
    this.shown.push('focus');
  }
  minimize(): void {
    this.minimized = true;
  }
  restore(): void {
    this.minimized = false;
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  maximize(): void {
    this.shown.push('maximize');
  }
  isMaximized(): boolean {
    return this.shown.includes('maximize');
  }
  getNormalBounds() {
    return { x: 10, y: 20, width: 1000, height: 700 };
  }
  async loadURL(url: string): Promise<void> {
    this.url = url;
    this.emit('ready-to-show');
  }
  close(): void {
    const event = new Preventable();
    this.emit('close', event);
    if (event.defaultPrevented || !this.#app.windows.delete(this)) return;
    this.webContents.destroyed = true;
    this.webContents.emit('destroyed');
    if (this.#app.windows.size === 0) this.#app.emit('window-all-closed');
  }
}

type PermissionRequest = NonNullable<Parameters<Session['setPermissionRequestHandler']>[0]>;
type PermissionCheck = NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>;
type DevicePermission = NonNullable<Parameters<Session['setDevicePermissionHandler']>[0]>;
type ProtocolHandler = Parameters<Protocol['handle']>[1];

export class PlayedSession
  extends EventEmitter
  implements Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'>
{
  permissionRequest: PermissionRequest | null = null;
  permissionCheck: PermissionCheck | null = null;
  devicePermission: DevicePermission | null = null;
  readonly handlers = new Map<string, ProtocolHandler>();
  readonly protocol: Pick<Protocol, 'handle'> = {
    handle: (scheme, handler) => void this.handlers.set(scheme, handler),
  };
  setPermissionRequestHandler(handler: PermissionRequest | null): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: PermissionCheck | null): void {
    this.permissionCheck = handler;
  }
  setDevicePermissionHandler(handler: DevicePermission | null): void {
    this.devicePermission = handler;
  }
}

type InvokeListener = Parameters<IpcMain['handle']>[1];

export class PlayedIpcMain extends EventEmitter implements Pick<IpcMain, 'handle'> {
  readonly handlers = new Map<string, InvokeListener>();
  handle(channel: string, listener: InvokeListener): void {
    this.handlers.set(channel, listener);
  }
}

/** Where a message comes from. */
export type PlayedFrame = Pick<WebFrameMain, 'url' | 'parent'>;
export const ownFrame: PlayedFrame = { url: 'legato://app/', parent: null };

export interface PlayOptions {
  /** for window.json */
  readonly userData: string;
  /** whether this is the first instance */
  readonly lock?: boolean;
}

export function playElectron({ userData, lock = true }: PlayOptions) {
  const app = new PlayedApp(lock, userData);
  const session = new PlayedSession();
  const ipcMain = new PlayedIpcMain();
  const schemes: CustomScheme[] = [];
  const menu: { lines: MenuItemConstructorOptions[] } = { lines: [] };
  /** questions that were asked, and the buttons that will be pressed (then 0) */
  const questions: MessageBoxOptions[] = [];
  const presses: number[] = [];
  /** paths that will be picked; cancelled when there are none */
  const picks: string[] = [];
  let windows = 0;

  class Window extends PlayedWindow {
    constructor(options: BrowserWindowConstructorOptions) {
      super(app, ++windows, options);
    }
    static getAllWindows = (): PlayedWindow[] => [...app.windows];
    static fromWebContents = (contents: PlayedContents): PlayedWindow | null =>
      [...app.windows].find(({ webContents }) => webContents === contents) ?? null;
  }
  const dialog: Pick<Dialog, 'showMessageBox' | 'showOpenDialog'> = {
    showMessageBox: async (...given: unknown[]) => {
      questions.push(given.at(-1) as MessageBoxOptions);
      return { response: presses.shift() ?? 0, checkboxChecked: false };
    },
    showOpenDialog: async (...given: unknown[]) => {
      const { properties } = given.at(-1) as OpenDialogOptions;
      const path = picks.shift();
      return path === undefined || !properties
        ? { canceled: true, filePaths: [] }
        : { canceled: false, filePaths: [path] };
    },
  };
  const display: Pick<Display, 'id' | 'workArea'> = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } };
  const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] } satisfies Record<
    keyof Pick<Screen, 'getPrimaryDisplay' | 'getAllDisplays'>,
    unknown
  >;
  const nativeTheme: Pick<NativeTheme, 'shouldUseDarkColors'> = { shouldUseDarkColors: true };
  const protocol: Pick<Protocol, 'registerSchemesAsPrivileged'> = {
    registerSchemesAsPrivileged: (customSchemes) => void schemes.push(...customSchemes),
  };
  const Menu = {
    buildFromTemplate: (lines: MenuItemConstructorOptions[]) => ({ lines }),
    setApplicationMenu: ({ lines }: { lines: MenuItemConstructorOptions[] }) => void (menu.lines = lines),
  };
  const names: Partial<Record<keyof typeof Electron, unknown>> = {
    ...{ app, BrowserWindow: Window, Menu, dialog, ipcMain, nativeTheme, protocol, screen },
    session: { defaultSession: session },
  };

  /** A page's message to main, as Electron delivers it. */
  const eventFrom = (sender: PlayedContents, senderFrame: PlayedFrame | null) => ({ sender, senderFrame }) as unknown;
  const invoke = async (
    contents: PlayedContents,
    frame: PlayedFrame | null,
    channel: string,
    payload?: unknown,
  ): Promise<unknown> => {
    const handler = ipcMain.handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    const event = eventFrom(contents, frame) as IpcMainInvokeEvent;
    const answer: unknown = await handler(event, structuredClone(payload));
    return structuredClone(answer);
  };
  const send = (contents: PlayedContents, frame: PlayedFrame | null, channel: string, payload?: unknown): void => {
    const event = eventFrom(contents, frame) as IpcMainEvent;
    ipcMain.emit(channel, event, structuredClone(payload));
  };

  /** Runs the built preload for a page and returns everything that it puts into the page's world. */
  function runBridge(contents: PlayedContents, frame: PlayedFrame = ownFrame): Record<string, unknown> {
    const exposed: Record<string, unknown> = {};
    const ipcRenderer: Pick<IpcRenderer, 'invoke' | 'send'> & Record<'on' | 'off', unknown> = {
      invoke: (channel: string, ...payload: unknown[]) => invoke(contents, frame, channel, payload[0]),
      send: (channel: string, ...payload: unknown[]) => send(contents, frame, channel, payload[0]),
      on: (channel: string, listener: (event: object, payload: unknown) => void) =>
        contents.toPage.on(channel, hear(listener)),
      off: (channel: string, listener: (event: object, payload: unknown) => void) =>
        contents.toPage.off(channel, hear(listener)),
    };
    const webUtils: WebUtils = { getPathForFile: (file) => `/dropped/${file.name}` };
    const contextBridge = {
      exposeInMainWorld: (name: string, api: unknown) => void (exposed[name] = api),
    };
    // A sandboxed preload may require electron, and nothing else of ours.
    const require = (name: string): unknown => {
      if (name !== 'electron') throw new Error(`module not found: ${name}`);
      return { ipcRenderer, webUtils, contextBridge };
    };
    const file = repositoryPath('out/preload/bridge.cjs');
    const run = compileFunction(readFileSync(file, 'utf8'), ['require', 'module', 'exports'], { filename: file });
    Reflect.apply(run, undefined, [require, { exports: {} }, {}]);
    return exposed;
  }
  const bridgeOf = (window: PlayedWindow, frame?: PlayedFrame): LegatoBridge =>
    runBridge(window.webContents, frame).legato as LegatoBridge;

  const onlyWindow = (): PlayedWindow => {
    const [window] = app.windows;
    if (app.windows.size !== 1) throw new Error(`${app.windows.size} windows are open`);
    return window;
  };
  return {
    ...{ names, app, session, ipcMain, schemes, menu, questions, presses, picks },
    ...{ invoke, send, runBridge, bridgeOf, onlyWindow },
  };
}

/** Page listeners get an event first, which the bridge must keep to itself. */
const heard = new WeakMap<object, (payload: unknown) => void>();
function hear(listener: (event: object, payload: unknown) => void): (payload: unknown) => void {
  const known = heard.get(listener);
  if (known) return known;
  const own = (payload: unknown): void => listener({ sender: 'ipcRenderer' }, payload);
  heard.set(listener, own);
  return own;
}

export type PlayedElectron = ReturnType<typeof playElectron>;
