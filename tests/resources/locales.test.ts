/** Both languages say the same things: the same keys, the same placeholders, nothing empty, nothing unused. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingFields } from '#contract/settings';
import en from '../../resources/locales/en.json';
import settings from '../../resources/locales/settings.zh.json';
import zh from '../../resources/locales/zh.json';
import { repositoryPath } from '../shared';

type Key = keyof typeof en;
const keys = Object.keys(en) as Key[];
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? sources(join(folder, entry.name)) : read(join(folder, entry.name))))
    .join('\n');
}
const read = (file: string) => (/\.(ts|vue)$/.test(file) ? readFileSync(file, 'utf8') : '');

describe('the two languages', () => {
  it('have the same keys, in the same order', () => {
    expect(Object.keys(zh)).toEqual(keys);
  });

  it.each(keys)('%s says something, with the same values', (key) => {
    expect(en[key].trim()).not.toBe('');
    expect(zh[key].trim()).not.toBe('');
    expect(placeholders(zh[key])).toEqual(placeholders(en[key]));
  });

  it('carry no words that the page never says', () => {
    const page = sources(repositoryPath('src-renderer'));
    // Keys that are put together: `status.${…}`, `channel.${…}.long`.
    const patterns = [...page.matchAll(/`([\w.]+\.)\$\{[^}]*\}([\w.]*)`/g)].map(
      ([, head, tail]) => new RegExp(`^${head.replaceAll('.', '\\.')}[\\w .-]+${tail.replaceAll('.', '\\.')}$`),
    );
    const used = (key: string) =>
      page.includes(`'${key}'`) || page.includes(`"${key}"`) || patterns.some((pattern) => pattern.test(key));
    expect(keys.filter((key) => !used(key))).toEqual([]);
  });

  it('say every setting in Chinese: its name and what it does', () => {
    expect(Object.keys(settings).sort()).toEqual(settingFields.map(({ name }) => name).sort());
    for (const [name, words] of Object.entries(settings)) {
      expect(words, name).toHaveLength(2);
      for (const text of words) expect(text.trim(), name).not.toBe('');
    }
  });

  it.each(settingFields.filter(({ unit }) => unit !== '').map(({ unit }) => unit))('name the unit "%s"', (unit) => {
    expect(keys).toContain(`unit.${unit}`);
  });
});
