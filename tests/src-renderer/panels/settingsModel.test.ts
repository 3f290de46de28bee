import { describe, expect, it } from 'vitest';
import { presets } from '#contract/presets';
import { settingFields } from '#contract/settings';
import {
  formFields,
  isLive,
  overridesOf,
  parseTyped,
  resolve,
  visibleGroups,
  withField,
  without,
  withPreset,
} from '../../../src-renderer/panels/settingsModel';

const field = (name: string) => {
  const found = settingFields.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const plain = ({ name, description }: (typeof settingFields)[number]) => ({ label: name, text: description });
const all = { text: '', onlyChanged: false };

describe('settings as a form holds them', () => {
  it('keeps only what differs from the preset', () => {
    const changed = withField({}, 'steps', 500);
    expect(changed).toEqual({ steps: 500 });
    expect(withField(changed, 'steps', presets.legato.steps)).toEqual({});
    expect(without(changed, 'steps')).toEqual({});
    expect(resolve(changed)).toEqual({ ...presets.legato, steps: 500 });
  });

  it('changes the preset under what was changed', () => {
    const next = withPreset({ steps: 500, resolution: presets.notes.resolution }, 'notes');
    expect(next).toEqual({ preset: 'notes', steps: 500 });
    expect(withPreset(next, 'legato')).toEqual({ steps: 500 });
  });

  it('shows a run’s settings as what differs from its preset', () => {
    expect(overridesOf(presets.published)).toEqual({ preset: 'published' });
    expect(overridesOf({ ...presets.legato, background: [1, 1, 1] })).toEqual({ background: [1, 1, 1] });
  });

  it('shows every setting but the preset, once', () => {
    const shown = visibleGroups({}, all, plain).flatMap(({ fields }) => fields);
    expect(shown).toHaveLength(settingFields.length - 1);
    expect(new Set(shown).size).toBe(formFields.length);
  });

  it('finds by all words, in name, label, description and group', () => {
    const found = visibleGroups({}, { text: 'opacity reset', onlyChanged: false }, plain).flatMap(
      ({ fields }) => fields,
    );
    expect(found.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['opacityResetInterval', 'opacityResetTo', 'pruneRadius']),
    );
    expect(found.map(({ name }) => name)).not.toContain('opacityRate');
  });

  it('narrows to what was changed', () => {
    const groups = visibleGroups({ seed: 4 }, { text: '', onlyChanged: true }, plain);
    expect(groups.map(({ fields }) => fields.map(({ name }) => name))).toEqual([['seed']]);
  });

  it('knows what may change while a run goes on', () => {
    expect(isLive('gradientThreshold')).toBe(true);
    expect(isLive('resolution')).toBe(false);
  });
});

describe('what a person types', () => {
  it('becomes a value of its kind', () => {
    expect(parseTyped(field('steps'), ' 3000 ')).toEqual({ ok: true, value: 3000 });
    expect(parseTyped(field('steps'), '30,000')).toEqual({ ok: true, value: 30_000 });
    expect(parseTyped(field('gradientThreshold'), '2e-4')).toEqual({ ok: true, value: 2e-4 });
    expect(parseTyped(field('background'), '1 0.5, 0')).toEqual({ ok: true, value: [1, 0.5, 0] });
    expect(parseTyped(field('clipModel'), 'toy-clip')).toEqual({ ok: true, value: 'toy-clip' });
  });

  it('or says why it is none', () => {
    const problem = (name: string, text: string) => {
      const typed = parseTyped(field(name), text);
      return typed.ok ? null : typed.problem;
    };
    expect(problem('steps', '')).toBe('empty');
    expect(problem('steps', 'many')).toBe('number');
    expect(problem('steps', '1.5')).toBe('integer');
    expect(problem('steps', '0')).toBe('range');
    expect(problem('ssimWeight', '1.2')).toBe('range');
    expect(problem('ssimWeight', '0,5')).toBe('number');
    expect(problem('background', '1 2 3')).toBe('colour');
    expect(problem('holdout', '1')).toBe('refused');
  });
});
