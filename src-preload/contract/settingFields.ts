/**
 * How a setting is declared: a zod schema that carries what a person needs to know about it (description, unit, group), from
 * which command-line flags and forms are made.
 */
import { z } from 'zod';

export const settingGroups = [
  'run',
  'photos',
  'rates',
  'appearance',
  'loss',
  'start',
  'density',
  'features',
  'codebook',
  'semantics',
  'machine',
] as const;
export type SettingGroup = (typeof settingGroups)[number];

export interface FieldMeta {
  group: SettingGroup;
  description: string;
  unit?: string;
}

/** Step numbers in the settings are stated for a run of this length. */
export const REFERENCE_STEPS = 30_000;
/** Unit of a step number that scales with `steps`. */
export const REFERENCE = 'reference steps';

export const integer = (min: number, max: number, meta: FieldMeta) =>
  z
    .int()
    .min(min)
    .max(max)
    .meta({ ...meta });
export const number = (min: number, max: number, meta: FieldMeta) =>
  z
    .number()
    .min(min)
    .max(max)
    .meta({ ...meta });
export const flag = (meta: FieldMeta) => z.boolean().meta({ ...meta });
export const choice = <const Names extends readonly [string, ...string[]]>(names: Names, meta: FieldMeta) =>
  z.enum(names).meta({ ...meta });
/** A name or a path. */
export const text = (meta: FieldMeta) =>
  z
    .string()
    .min(1)
    .max(4096)
    .meta({ ...meta });
export const rate = (description: string) => number(0, 1, { group: 'rates', description });
export const unitInterval = z.number().min(0).max(1);
