/** What the system asks to open: by the command line, by a second start of the program, or by a first start without anything. */
import { namesSplats } from '#contract/splatFiles';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** What a second start hands to the first. */
export const handedOver = z.object({ path: z.string().min(1).max(4096).nullable(), demo: z.boolean() });

/** Turns off what the first start does by itself. */
const quietSwitch = '--no-demo';
/** Opens the demo room, whatever was open before: the line in the menu of the program's icon. */
const demoSwitch = '--demo';

/**
 * The project, capture or splat file that a command line names; null without any. Switches are Chromium's or ours, and an
 * unpackaged Electron names the app itself first.
 */
export function requestedPath(argv: readonly string[], folder: string, appFolder: string): string | null {
  for (const argument of argv.slice(1)) {
    if (argument.startsWith('-') || argument === '') continue;
    const path = resolve(folder, plainPath(argument));
    if (path !== resolve(appFolder) && canBeOpened(path)) return path;
  }
  return null;
}

/** File managers of Linux name a folder by its URL. */
function plainPath(argument: string): string {
  if (!argument.startsWith('file:')) return argument;
  try {
    return fileURLToPath(argument);
  } catch {
    return argument;
  }
}

function canBeOpened(path: string): boolean {
  const entry = statSync(path, { throwIfNoEntry: false });
  return entry !== undefined && (entry.isDirectory() || namesSplats(path));
}

/** Whether a command line asks for the demo room by name. */
export const asksForDemo = (argv: readonly string[]): boolean => argv.includes(demoSwitch);

/** Who starts Legato for the first time sees it learn: nothing was asked for and nothing was ever opened. */
export function opensDemo(path: string | null, recent: number, argv: readonly string[]): boolean {
  return path === null && (asksForDemo(argv) || (recent === 0 && !argv.includes(quietSwitch)));
}
