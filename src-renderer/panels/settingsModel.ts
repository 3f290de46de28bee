/**
 * The settings form without its look: which fields are shown, what a person typed, and what may be changed now. The fields, their
 * units and ranges come from the contract's schema, so that a setting is said once.
 */
import { presets } from '#contract/presets';
import { liveSettings } from '#contract/messages';
import { presetNames, settingFields, settingGroups, trainingSettings } from '#contract/settings';
import type { PresetName, SettingField, SettingGroup, SettingName, TrainingSettings } from '#contract/settings';

/** What differs from the preset. */
export type Overrides = Partial<TrainingSettings>;

/** The preset is chosen above the form, not in it. */
export const formFields: readonly SettingField[] = settingFields.filter(({ name }) => name !== 'preset');

const live: ReadonlySet<SettingName> = new Set(liveSettings);
export const isLive = (name: SettingName): boolean => live.has(name);

export const presetOf = (overrides: Overrides): PresetName => overrides.preset ?? 'legato';

export const resolve = (overrides: Overrides): TrainingSettings => ({ ...presets[presetOf(overrides)], ...overrides });

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Sets a field; a value that is the preset's own is no difference any more. */
export function withField<N extends SettingName>(overrides: Overrides, name: N, value: TrainingSettings[N]): Overrides {
  if (same(value, presets[presetOf(overrides)][name])) return without(overrides, name);
  return { ...overrides, [name]: value };
}

export function without(overrides: Overrides, name: SettingName): Overrides {
  const next = { ...overrides };
  delete next[name];
  return next;
}

/** Another preset under the same changes; what it says itself is no change. */
export function withPreset(overrides: Overrides, preset: PresetName): Overrides {
  const kept = Object.entries(overrides).filter(
    ([name, value]) => name !== 'preset' && !same(value, presets[preset][name as SettingName]),
  );
  return { ...(preset === 'legato' ? {} : { preset }), ...Object.fromEntries(kept) };
}

/** What differs from the preset between two full settings: how a run's own settings are shown. */
export function overridesOf(settings: TrainingSettings): Overrides {
  const names = Object.keys(settings) as SettingName[];
  const changed = names.filter((name) => name !== 'preset' && !same(settings[name], presets[settings.preset][name]));
  const picked = Object.fromEntries(changed.map((name) => [name, settings[name]])) as Overrides;
  return settings.preset === 'legato' ? picked : { preset: settings.preset, ...picked };
}

export interface Filter {
  readonly text: string;
  readonly onlyChanged: boolean;
}

/** What a person sees of a field, in the language of the page. */
export type Describe = (field: SettingField) => { readonly label: string; readonly text: string };

export interface Group {
  readonly group: SettingGroup;
  readonly fields: readonly SettingField[];
}

/** Every word that is looked for must be in the field's name, label or description. */
export function visibleGroups(overrides: Overrides, { text, onlyChanged }: Filter, describe: Describe): Group[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (field: SettingField): boolean => {
    if (onlyChanged && !(field.name in overrides)) return false;
    const { label, text: description } = describe(field);
    const all = `${field.name} ${label} ${description} ${field.group}`.toLowerCase();
    return words.every((word) => all.includes(word));
  };
  return settingGroups
    .map((group) => ({ group, fields: formFields.filter((field) => field.group === group && fits(field)) }))
    .filter(({ fields }) => fields.length > 0);
}

/** What a person typed, as a value, or why it is none. */
export type Typed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Problem };
export type Problem = 'number' | 'integer' | 'range' | 'colour' | 'empty' | 'refused';

export function parseTyped(field: SettingField, text: string): Typed {
  const bad = (problem: Problem): Typed => ({ ok: false, problem });
  const trimmed = text.trim();
  if (trimmed === '') return bad('empty');
  let value: unknown = trimmed;
  if (field.kind === 'integer' || field.kind === 'number') {
    // A thousand may be typed as it is written here; a comma that parts decimals is not guessed at.
    const number = Number(trimmed.replace(/(?<=\d)[,  ](?=\d{3}(\D|$))/g, ''));
    if (!Number.isFinite(number)) return bad('number');
    if (field.kind === 'integer' && !Number.isInteger(number)) return bad('integer');
    if (number < (field.min ?? -Infinity) || number > (field.max ?? Infinity)) return bad('range');
    value = number;
  } else if (field.kind === 'colour') {
    const parts = trimmed.split(/[\s,]+/).map(Number);
    if (parts.length !== 3 || parts.some((part) => !(part >= 0 && part <= 1))) return bad('colour');
    value = parts;
  }
  return trainingSettings.shape[field.name].safeParse(value).success ? { ok: true, value } : bad('refused');
}

export { presetNames };
