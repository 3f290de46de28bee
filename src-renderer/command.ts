/** Command lines for people to copy: quoted for the shell of the machine that Legato runs on. */
import { commandSettings, fieldsOf, flagName } from '#contract/settings';
import type { SettingCommand, TrainingSettings } from '#contract/settings';
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

/** Settings as the flags of a command, which has no others. */
export function settingFlags(command: SettingCommand, settings: Partial<TrainingSettings>): string[] {
  return fieldsOf(commandSettings[command])
    .filter(({ name }) => name in settings)
    .flatMap(({ name, kind }) => {
      const flag = flagName(name);
      const value = settings[name];
      if (kind === 'boolean') return [value === true ? `--${flag}` : `--no-${flag}`];
      return [`--${flag}`, Array.isArray(value) ? value.join(',') : String(value)];
    });
}

export interface RunInWords {
  readonly capture: string;
  readonly project: string;
  readonly settings: Partial<TrainingSettings>;
  /** whether words can be learned: without encoders only colour is trained */
  readonly words: boolean;
}

/** The commands, one after the other, that do what the studio would do with a capture. */
export function runCommands(shell: Shell, { capture, project, settings, words }: RunInWords): string[] {
  const line = (command: SettingCommand, ...args: string[]): string =>
    legatoCommand(shell, command, ...args, ...settingFlags(command, settings));
  const train = line('train', capture, '--out', project);
  if (!words || settings.semanticWeight === 0) return [train];
  return [line('features', capture, '--out', project), line('codebook', project), train];
}
