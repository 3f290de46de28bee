/**
 * What a page learns when it opens: which Legato this is, what computes, and which projects were open last.
 * The same shape travels over the bridge (desktop) and over HTTP and WebSocket (server).
 */
import { z } from 'zod';
import { saying } from './sayings';

/** One line of the recent list. Unknown figures are null, never guessed. */
export const recentProject = z.object({
  /** absolute path of the project folder (NAME.legato) */
  path: z.string().min(1).max(4096),
  name: z.string().min(1).max(255),
  /** absolute path of the capture that it was trained from */
  capture: z.string().max(4096).nullable(),
  /** when it was last opened or written, ISO 8601 in UTC */
  openedAt: z.iso.datetime(),
  splats: z.number().int().nonnegative().nullable(),
  steps: z.number().int().nonnegative().nullable(),
  /** mean over held-out photos, dB */
  psnr: z.number().nullable(),
});
export type RecentProject = z.infer<typeof recentProject>;

/** Longest list that is kept and shown. */
export const RECENT_LIMIT = 24;

/** The file that the doors share: newest first. */
export const recentFile = z.object({
  version: z.literal(1),
  projects: z.array(recentProject).max(RECENT_LIMIT),
});

export const backendInfo = z.object({
  name: z.enum(['tensorflow', 'webgpu', 'native', 'reference']),
  /** why this one was chosen, in words for people */
  reason: saying,
  /** of the native kernels; null for the others */
  instructionSet: z.string().max(32).nullable(),
  threads: z.number().int().positive(),
});
export type BackendInfo = z.infer<typeof backendInfo>;

/** The demo room: not made, being made, a capture to train on, or what went wrong. */
export const demoState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('absent') }),
  z.object({
    state: z.literal('making'),
    stage: z.enum(['light', 'photos', 'writing']),
    done: z.number().int().nonnegative(),
    total: z.number().int().positive(),
  }),
  z.object({
    state: z.literal('ready'),
    /** absolute */
    path: z.string().min(1).max(4096),
    /** to train on */
    photos: z.number().int().nonnegative(),
    heldOut: z.number().int().nonnegative(),
    classes: z.number().int().nonnegative(),
  }),
  z.object({ state: z.literal('failed'), problem: z.string().max(2000) }),
]);
export type DemoState = z.infer<typeof demoState>;

/** What a page may ask of it. */
export const demoCommand = z.enum(['make', 'cancel']);
export type DemoCommand = z.infer<typeof demoCommand>;

export const sessionInfo = z.object({
  version: z.string().min(1).max(64),
  door: z.enum(['desktop', 'server']),
  /** folder that `npx legato` runs in */
  folder: z.string().max(4096),
  /** whose quoting a command for the terminal needs */
  shell: z.enum(['posix', 'windows']),
  /** null when the kernels could not be asked; `backendProblem` then says why */
  backend: backendInfo.nullable(),
  backendProblem: z.string().max(2000).nullable(),
  /** newest first; `missing` ones were moved or deleted since */
  recent: z.array(recentProject.extend({ missing: z.boolean() })).max(RECENT_LIMIT),
  demo: demoState,
});
export type SessionInfo = z.infer<typeof sessionInfo>;

/** Pushed when something about the session changed. */
export const sessionEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), session: sessionInfo }),
]);
export type SessionEvent = z.infer<typeof sessionEvent>;

/** One line of the desktop's menu bar, made from the page's table of actions, so that words and keys are said once. */
export const menuAction = z.object({
  /** of the page's table; `onAction` names it when the line is chosen */
  id: z.string().min(1).max(100),
  menu: z.enum(['file', 'edit', 'view', 'training', 'help']),
  /** in the language of the page */
  words: z.string().min(1).max(200),
  /** of Electron, such as "CmdOrCtrl+K"; null without a key. The page answers the key itself; the menu only shows it */
  accelerator: z.string().max(50).nullable(),
  enabled: z.boolean(),
});
export type MenuAction = z.infer<typeof menuAction>;
export const menuActions = z.array(menuAction).max(200);

/** What a native dialog picks. */
export const pickKinds = ['folder', 'splats'] as const;
export type PickKind = (typeof pickKinds)[number];

/** What the bridge puts on `window.legato`. */
export interface LegatoBridge {
  readonly session: () => Promise<unknown>;
  /** makes the demo room or stops that; the session tells how it goes */
  readonly demo: (command: DemoCommand) => Promise<void>;
  readonly onSession: (listener: (session: unknown) => void) => () => void;
  /** absolute path of a dropped file or folder; empty when it has none on disk */
  readonly pathOf: (file: File) => string;
  /** carries a `pageMessage` (wire.ts); resolves with the `answer` to it, refusals included */
  readonly command: (message: unknown) => Promise<unknown>;
  /** events of the studio; the state and the whole curves come first */
  readonly onEvent: (listener: (event: unknown) => void) => () => void;
  /** bytes of a frame (frame.ts); the page says `taken` when it is done with one */
  readonly onFrame: (listener: (frame: ArrayBuffer) => void) => () => void;
  /** absolute path that a person picked in a native dialog; null when it was cancelled */
  readonly pick: (kind: PickKind) => Promise<unknown>;
  /** the menu asks for an action, by its id */
  readonly onAction: (listener: (id: string) => void) => () => void;
  /** what the menu bar shows from now on */
  readonly offer: (actions: readonly MenuAction[]) => void;
}
