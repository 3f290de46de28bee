/**
 * What a page learns when it opens: which Legato this is, what computes, and which projects were open last.
 * The same shape travels over the bridge (desktop) and over HTTP and WebSocket (server).
 */
import { z } from 'zod';

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
  reason: z.string().max(1000),
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

/** What the server pushes over its WebSocket; the page sends nothing. */
export const sessionEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session'), session: sessionInfo }),
]);
export type SessionEvent = z.infer<typeof sessionEvent>;

/** What the bridge puts on `window.legato`. */
export interface LegatoBridge {
  readonly session: () => Promise<unknown>;
  /** makes the demo room or stops that; the session tells how it goes */
  readonly demo: (command: DemoCommand) => Promise<void>;
  readonly onSession: (listener: (session: unknown) => void) => () => void;
  /** absolute path of a dropped file or folder; empty when it has none on disk */
  readonly pathOf: (file: File) => string;
}
