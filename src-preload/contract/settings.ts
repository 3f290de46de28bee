/**
 * Every setting of a run, once. Command-line flags, the form in the studio and the saved `run.json` all derive from this schema.
 *
 * A field says what it is (description), its unit, its range and its group. Fields in `reference steps` are stated for a run of
 * 30,000 steps and scale with `steps` (training/schedule.ts does it), so that a preset means the same at every length.
 * METHOD §1–4 are the source of the figures.
 */
import { z } from 'zod';
import { gaussianSettings } from './gaussianSettings';
import { languageSettings } from './languageSettings';
import { machineSettings } from './machineSettings';
import { semanticSettings } from './semanticSettings';
import type { FieldMeta, SettingGroup } from './settingFields';

export { presetNames, viewOrders } from './gaussianSettings';
export { backendNames } from './machineSettings';
export type { PresetName } from './gaussianSettings';
export { REFERENCE_STEPS, settingGroups } from './settingFields';
export type { SettingGroup } from './settingFields';

export const trainingSettings = z.strictObject({
  ...gaussianSettings,
  ...languageSettings,
  ...semanticSettings,
  ...machineSettings,
});
export type TrainingSettings = z.infer<typeof trainingSettings>;
export type SettingName = keyof TrainingSettings;

/** The settings that a command of the terminal has flags for: those of whole groups, and single ones of others. */
export interface CommandSettings {
  readonly groups: readonly SettingGroup[];
  readonly also: readonly SettingName[];
}
export const commandSettings = {
  train: {
    groups: ['run', 'photos', 'rates', 'appearance', 'loss', 'start', 'density', 'machine', 'semantics'],
    also: [],
  },
  features: { groups: ['features'], also: ['preset', 'seed', 'holdout', 'threads', 'photoCache'] },
  codebook: { groups: ['codebook', 'machine'], also: ['preset', 'seed', 'resolution'] },
} as const satisfies Record<string, CommandSettings>;
export type SettingCommand = keyof typeof commandSettings;

/** One field as a form or a command line wants it. */
export interface SettingField {
  name: SettingName;
  group: SettingGroup;
  description: string;
  /** '' when the figure has none */
  unit: string;
  kind: 'integer' | 'number' | 'boolean' | 'choice' | 'colour' | 'text';
  min?: number;
  max?: number;
  choices?: readonly string[];
}

/** The schema's fields in their order, for flags and forms. */
export const settingFields: readonly SettingField[] = Object.entries(trainingSettings.shape).map(([name, schema]) => {
  const meta = schema.meta() as unknown as FieldMeta;
  const common = { name: name as SettingName, group: meta.group, description: meta.description, unit: meta.unit ?? '' };
  if (schema instanceof z.ZodEnum) return { ...common, kind: 'choice', choices: schema.options };
  if (schema instanceof z.ZodBoolean) return { ...common, kind: 'boolean' };
  if (schema instanceof z.ZodTuple) return { ...common, kind: 'colour', min: 0, max: 1 };
  if (schema instanceof z.ZodString) return { ...common, kind: 'text' };
  const kind = schema.format === 'safeint' ? 'integer' : 'number';
  return { ...common, kind, min: schema.minValue ?? undefined, max: schema.maxValue ?? undefined };
});

/** The fields that a command has flags for, in the schema's order. */
export function fieldsOf({ groups, also }: CommandSettings): SettingField[] {
  return settingFields.filter(({ name, group }) => groups.includes(group) || also.includes(name));
}

/** `meansRateStart` → `means-rate-start` */
export function flagName(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
