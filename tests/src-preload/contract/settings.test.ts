/** One schema: presets satisfy it, files round-trip, every field can explain itself. */
import { describe, expect, it } from 'vitest';
import { presets, readSettings, resolveSettings, SettingsError } from '#contract/presets';
import { presetNames, settingFields, settingGroups, trainingSettings } from '#contract/settings';

describe('training settings', () => {
  it('describes every field with group, kind and range', () => {
    expect(settingFields.map((field) => field.name)).toEqual(Object.keys(presets.notes));
    for (const field of settingFields) {
      expect(settingGroups).toContain(field.group);
      expect(field.description.length).toBeGreaterThan(10);
      if (field.kind === 'choice') expect(field.choices?.length).toBeGreaterThan(1);
      if (field.kind === 'integer' || field.kind === 'number') {
        expect(Number.isFinite(field.min)).toBe(true);
        expect(field.max).toBeGreaterThan(field.min!);
      }
    }
    const kinds = Object.fromEntries(settingFields.map((field) => [field.name, field.kind]));
    expect(kinds).toMatchObject({ steps: 'integer', ssimWeight: 'number', antialiased: 'boolean', backend: 'choice' });
    expect(kinds.background).toBe('colour');
  });

  it.each(presetNames)('preset %s is valid and names itself', (name) => {
    expect(trainingSettings.parse(presets[name])).toEqual(presets[name]);
    expect(presets[name].preset).toBe(name);
  });

  it('preset notes has the figures of METHOD §1', () => {
    expect(presets.notes).toMatchObject({
      steps: 30_000,
      meansRateStart: 1.6e-4,
      meansRateEnd: 1.6e-6,
      sphericalHarmonicsRate: 2.5e-3,
      sphericalHarmonicsRestDivisor: 20,
      opacityRate: 0.05,
      logScalesRate: 0.005,
      quaternionsRate: 0.001,
      shInterval: 1000,
      densityStart: 500,
      densityStop: 15_000,
      densityInterval: 100,
      gradientThreshold: 2e-4,
      opacityResetInterval: 3000,
      semanticsMovesGeometry: false,
    });
  });

  it.each(presetNames)('a saved run of preset %s reads back as it was', (name) => {
    const settings = resolveSettings({ preset: name, steps: 123, background: [0.1, 0.2, 0.3], antialiased: true });
    expect(readSettings(JSON.parse(JSON.stringify(settings)), 'run.json')).toEqual(settings);
  });

  it('fills a field that is younger than the file from its preset', () => {
    const { prefetch, ...older } = presets.notes;
    expect(readSettings(older, 'run.json').prefetch).toBe(prefetch);
  });

  it.each([
    ['an unknown field', { ...presets.notes, tea: 1 }, /run\.json: tea/],
    ['a figure out of range', { ...presets.notes, ssimWeight: 2 }, /run\.json: ssimWeight/],
    ['a fraction of a step', { ...presets.notes, steps: 1.5 }, /run\.json: steps/],
    ['something else', [], /run\.json: preset/],
  ])('refuses %s and names file and field', (_, saved, message) => {
    expect(() => readSettings(saved, 'run.json')).toThrow(message);
    expect(() => readSettings(saved, 'run.json')).toThrow(SettingsError);
  });
});
