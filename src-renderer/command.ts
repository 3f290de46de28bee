/** Command lines for people to copy: quoted for the shell of the machine that Legato runs on. */
import type { SessionInfo } from '#contract/session';

type Shell = SessionInfo['shell'];

/** One argument, quoted only if it must be. A leading ~/ stays outside, since quotes would keep it from meaning home. */
export function quote(argument: string, shell: Shell): string {
  if (shell === 'windows')
    return /^[\p{L}\p{N}_.:\\/@+=,-]+$/u.test(argument) ? argument : `"${argument.replaceAll('"', '')}"`;
  if (/^[\p{L}\p{N}_@%+=:,./~-]+$/u.test(argument)) return argument;
  const home = argument.startsWith('~/') ? '~/' : '';
  return `${home}'${argument.slice(home.length).replaceAll("'", `'\\''`)}'`;
}

/** `npx legato …`, ready for the terminal. */
export function legatoCommand(shell: Shell, ...args: string[]): string {
  return ['npx legato', ...args.map((argument) => quote(argument, shell))].join(' ');
}

/** Copies to the clipboard; false when the browser refuses (a page without a secure context has no clipboard). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
