/**
 * The list of recent projects: one small JSON file per person, shared by every door and written whole (temporary name,
 * then rename), so that a reader never sees half of it. It is a convenience: a damaged file is an empty list.
 *
 *   Linux    $XDG_CONFIG_HOME/legato/recent.json, else ~/.config/legato/recent.json
 *   macOS    ~/Library/Application Support/Legato/recent.json
 *   Windows  %APPDATA%\Legato\recent.json
 *   LEGATO_HOME, when set, replaces the folder
 */
import { existsSync, mkdirSync, watch } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { RECENT_LIMIT, recentFile } from '#contract/session';
import type { RecentProject, SessionInfo } from '#contract/session';

/** The folder with this person's Legato files; it may not exist yet. */
export function personalFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.LEGATO_HOME) return resolve(environment.LEGATO_HOME);
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Legato');
  if (platform === 'win32') return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Legato');
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'legato');
}

export function recentPath(): string {
  return join(personalFolder(), 'recent.json');
}

async function read(): Promise<RecentProject[]> {
  let text: string;
  try {
    text = await readFile(recentPath(), 'utf8');
  } catch {
    return [];
  }
  try {
    const parsed = recentFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.projects : [];
  } catch {
    return [];
  }
}

/** Newest first; `missing` marks a folder that is no longer where it was. */
export async function recentProjects(): Promise<SessionInfo['recent']> {
  const projects = await read();
  return projects.map((project) => ({ ...project, missing: !existsSync(project.path) }));
}

/**
 * Calls back after the list changed, at most every 100 ms; returns the function that stops it.
 * A folder that cannot be watched is no error: pages then show the list as of when they opened.
 */
export function watchRecent(changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  try {
    mkdirSync(personalFolder(), { recursive: true });
    // The folder, not the file: a rename replaces the file that a watch would hold on to.
    const watcher = watch(personalFolder(), { persistent: false }, (_event, file) => {
      if (file !== 'recent.json') return;
      timer ??= setTimeout(() => {
        timer = undefined;
        changed();
      }, 100).unref();
    });
    watcher.on('error', () => watcher.close());
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch {
    return () => undefined;
  }
}

export interface ProjectMention {
  /** the project folder; relative paths are resolved here */
  path: string;
  capture?: string | null;
  splats?: number | null;
  steps?: number | null;
  /** mean over held-out photos, dB */
  psnr?: number | null;
}

/**
 * Puts a project at the head of the list; figures that are not given keep their last known value.
 * Never throws: a read-only home must not fail a training run. Returns whether the list was written.
 */
export async function rememberProject(mention: ProjectMention, now = new Date()): Promise<boolean> {
  const path = resolve(mention.path);
  const projects = await read();
  const known = projects.find((project) => project.path === path);
  const entry: RecentProject = {
    path,
    name: basename(path).replace(/\.legato$/, '') || path,
    capture: mention.capture ? resolve(mention.capture) : (known?.capture ?? null),
    openedAt: now.toISOString(),
    splats: mention.splats ?? known?.splats ?? null,
    steps: mention.steps ?? known?.steps ?? null,
    psnr: mention.psnr ?? known?.psnr ?? null,
  };
  return write([entry, ...projects.filter((project) => project.path !== path)]);
}

/** Takes a project off the list; its folder stays. Returns whether the list was written. */
export async function forgetProject(path: string): Promise<boolean> {
  const absolute = resolve(path);
  return write((await read()).filter((project) => project.path !== absolute));
}

async function write(projects: readonly RecentProject[]): Promise<boolean> {
  const file = { version: 1, projects: projects.slice(0, RECENT_LIMIT) };
  const target = recentPath();
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await mkdir(personalFolder(), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(recentFile.parse(file), null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, target);
    return true;
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
    return false;
  }
}
