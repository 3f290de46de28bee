/**
 * One flag per setting, from the schema: `--means-rate-start 1e-4`, `--antialiased` / `--no-antialiased`,
 * `--background 1,1,1`. Only flags that were given become settings; everything else is the preset's.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import { fieldsOf, flagName, settingGroups, trainingSettings } from '#contract/settings';
import type { CommandSettings, SettingField, SettingName, TrainingSettings } from '#contract/settings';
import { presets } from '#contract/presets';
import { UsageError } from './exit';

function helpText(field: SettingField): string {
  const standard = presets.legato[field.name];
  const unit = field.unit ? `, in ${field.unit}` : '';
  return `${field.description}${unit} (legato: ${Array.isArray(standard) ? standard.join(',') : String(standard)})`;
}

function valueName(field: SettingField): string {
  if (field.kind === 'choice') return field.name === 'preset' ? 'name' : 'choice';
  if (field.kind === 'colour') return 'r,g,b';
  if (field.kind === 'text') return 'name';
  return field.unit === 'px' && field.name !== 'pruneRadius' ? 'long-side' : 'n';
}

/** The settings that a command has flags for: an option of its own may have the name of another setting, and mean something else. */
const flagged = new WeakMap<Command, SettingName[]>();

/** Adds a flag for every setting that a command takes. */
export function addSettingFlags(
  command: Command,
  settings: CommandSettings = { groups: settingGroups, also: [] },
): Command {
  const names = flagged.get(command) ?? [];
  flagged.set(command, names);
  let group = '';
  for (const field of fieldsOf(settings)) {
    if (field.group !== group) {
      group = field.group;
      command.optionsGroup(`Settings, ${group}:`);
    }
    names.push(field.name);
    const flag = `--${flagName(field.name)}`;
    if (field.kind === 'boolean') {
      command.addOption(new Option(flag, helpText(field)));
      command.addOption(new Option(`--no-${flagName(field.name)}`, `not: ${field.description}`));
    } else {
      const option = new Option(`${flag} <${valueName(field)}>`, helpText(field));
      command.addOption(option.argParser((text: string) => parseSetting(field, text)));
    }
  }
  return command;
}

/** The text of a flag as the setting's value. @throws UsageError naming the flag and the range */
export function parseSetting(field: SettingField, text: string): TrainingSettings[keyof TrainingSettings] {
  const result = trainingSettings.shape[field.name].safeParse(rawValue(field, text));
  if (result.success) return result.data;
  if (field.kind === 'text') throw new UsageError(`--${flagName(field.name)}: expected a name or a folder`);
  const range = field.choices ? field.choices.join(', ') : `${field.min} … ${field.max}`;
  const kind =
    field.kind === 'colour'
      ? 'three numbers r,g,b'
      : field.kind === 'choice'
        ? 'one of'
        : `a${field.kind === 'integer' ? ' whole' : ''} number`;
  throw new UsageError(`--${flagName(field.name)} ${text}: expected ${kind} ${range}`);
}

function rawValue(field: SettingField, text: string): unknown {
  if (field.kind === 'choice' || field.kind === 'text') return text;
  if (field.kind === 'colour') return text.split(',').map(numberOf);
  return numberOf(text);
}

/** NaN for anything but a number, '' included. */
function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

/** The settings among a command's options; booleans count only when their flag was given. */
export function givenSettings(command: Command): Partial<TrainingSettings> {
  const options = command.opts<Record<string, unknown>>();
  const given = (flagged.get(command) ?? []).filter((name) => command.getOptionValueSource(name) === 'cli');
  return trainingSettings.partial().parse(Object.fromEntries(given.map((name) => [name, options[name]])));
}

/** Settings as flags that give them back. */
export function toFlags(settings: Partial<TrainingSettings>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return [`--${value ? '' : 'no-'}${flagName(name)}`];
    return [`--${flagName(name)}`, Array.isArray(value) ? value.join(',') : String(value)];
  });
}
