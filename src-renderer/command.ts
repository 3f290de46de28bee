/** Command lines for people to copy: quoted for the shell of the machine that Legato runs on. */
import { gaussianGroups, settingFields } from '#contract/settings';
import type { SettingGroup, TrainingSettings } from '#contract/settings';
import type { SessionInfo } from '#contract/session';

const trainGroups: ReadonlySet<SettingGroup> = new Set([...gaussianGroups, 'semantics']);

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

/** Settings as the flags of `legato train`: those of the language half have commands of their own. */
export function settingFlags(settings: Partial<TrainingSettings>): string[] {
  return settingFields
    .filter(({ name, group }) => name in settings && (trainGroups.has(group) || name === 'preset'))
    .flatMap(({ name, kind }) => {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const value = settings[name];
      if (kind === 'boolean') return [value === true ? `--${flag}` : `--no-${flag}`];
      return [`--${flag}`, Array.isArray(value) ? value.join(',') : String(value)];
    });
}
