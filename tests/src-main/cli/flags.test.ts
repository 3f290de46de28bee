/** Settings → flags → settings, for every field; and flags that make no sense name themselves and the range. */
import { Command } from 'commander';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presets, readSettings, resolveSettings } from '#contract/presets';
import { flagName, presetNames, settingFields } from '#contract/settings';
import type { SettingField, TrainingSettings } from '#contract/settings';
import { UsageError } from '../../../src-main/cli/exit';
import { addSettingFlags, givenSettings, parseSetting, toFlags } from '../../../src-main/cli/flags';

function parse(flags: string[]): Partial<TrainingSettings> {
  const command = addSettingFlags(new Command('train'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  command.parse(flags, { from: 'user' });
  return givenSettings(command);
}

/** Any value that the field allows. */
function arbitrary(field: SettingField): fc.Arbitrary<unknown> {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  switch (field.kind) {
    case 'boolean':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...field.choices!);
    case 'colour':
      return fc.tuple(unit, unit, unit);
    case 'integer':
      return fc.integer({ min: field.min!, max: field.max! }).filter((n) => field.name !== 'holdout' || n !== 1);
    case 'number':
      return fc.double({ min: field.min!, max: field.max!, noNaN: true });
    case 'text':
      // A value that starts with a dash would be a flag of its own.
      return fc.string({ minLength: 1 }).filter((name) => !name.startsWith('-'));
  }
}

describe('flags from the settings schema', () => {
  it.each(presetNames)('preset %s → flags → settings → file → settings, unchanged', (name) => {
    const back = resolveSettings(parse(toFlags(presets[name])));
    expect(back).toEqual(presets[name]);
    expect(readSettings(JSON.parse(JSON.stringify(back)), 'run.json')).toEqual(presets[name]);
  });

  it.each(settingFields)('--$name gives back any value it allows', (field) => {
    fc.assert(
      fc.property(arbitrary(field), (value) => {
        const settings = { [field.name]: value } as Partial<TrainingSettings>;
        expect(parse(toFlags(settings))).toEqual(settings);
      }),
      { numRuns: 20, seed: 5 },
    );
  });

  it('takes only what was given', () => {
    expect(parse([])).toEqual({});
    expect(parse(['--steps', '7', '--no-antialiased'])).toEqual({ steps: 7, antialiased: false });
    expect(resolveSettings(parse(['--preset', 'notes', '--steps', '9']))).toEqual({ ...presets.notes, steps: 9 });
  });

  it.each([
    ['steps', '0', /--steps 0: expected a whole number 1 …/],
    ['steps', '1.5', /--steps 1.5/],
    ['steps', '', /--steps : expected/],
    ['ssimWeight', '2', /--ssim-weight 2: expected a number 0 … 1/],
    ['backend', 'abacus', /--backend abacus: expected one of auto, native, reference/],
    ['background', '1,2', /--background 1,2: expected three numbers/],
    ['holdout', '1', /--holdout 1/],
  ])('refuses %s = "%s"', (name, text, message) => {
    const field = settingFields.find((one) => one.name === name)!;
    expect(() => parseSetting(field, text)).toThrow(message);
    expect(() => parseSetting(field, text)).toThrow(UsageError);
  });

  it('names flags in kebab case', () => {
    expect(flagName('meansRateStart')).toBe('means-rate-start');
    expect(flagName('shDegree')).toBe('sh-degree');
  });
});
