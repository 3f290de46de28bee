/**
 * Token ids of hard strings against the tokeniser that CLIP was trained with (open_clip's SimpleTokenizer; how the fixture was
 * made: tests/fixtures/text/make.py). Equality, no tolerance. What clean.ts says it does not reproduce is marked in the
 * fixture, and is held to be different still.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelFolder } from '../../../../src-main/language/models/index';
import { TextTokenizer } from '../../../../src-main/language/text/tokenizer';
import { repositoryPath, sharedPath } from '../../../shared';
import { suiteFolder } from '../suiteFolder';
import { END, START, writeClipTokenizer } from './clipTokenizer';

const merges = sharedPath('language', 'bpe_simple_vocab_16e6.txt.gz');
const fixture = JSON.parse(await readFile(repositoryPath('tests/fixtures/text/clip-bpe.json'), 'utf8')) as {
  texts: { text: string; ids: number[]; differs?: string }[];
};

describe.runIf(merges !== null)('the ids of CLIP', () => {
  const folder = suiteFolder();
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    const path = folder();
    await writeClipTokenizer(path, merges!);
    const file = (name: string): string => `${path}/${name}`;
    const model: ModelFolder = {
      name: 'clip-bpe',
      path,
      kind: 'clip',
      files: {
        ...{ config: file('config.json'), preprocessor: '', vision: '', text: '' },
        ...{ tokenizer: file('tokenizer.json'), tokenizerConfig: file('tokenizer_config.json') },
      },
    };
    tokenizer = await TextTokenizer.load(model);
  });

  it.each(fixture.texts.filter(({ differs }) => !differs))('$text', ({ text, ids }) => {
    expect(tokenizer.ids(text)).toEqual([START, ...ids, END]);
  });

  it.each(fixture.texts.filter(({ differs }) => differs))('$text differs: $differs', ({ text, ids }) => {
    expect(tokenizer.ids(text)).not.toEqual([START, ...ids, END]);
  });

  it('refuses what the model cannot take, and knows every word', () => {
    expect(tokenizer.limit).toBe(77);
    expect(() => tokenizer.encode('word '.repeat(90))).toThrow(
      /"word word .*…" is too long \(92 tokens, clip-bpe takes 77\)/,
    );
    expect(tokenizer.encode('word '.repeat(75))).toHaveLength(77);
    expect(() => tokenizer.encode('word '.repeat(76))).toThrow(/78 tokens/);
    expect(() => tokenizer.encode(' \u00a0 ')).toThrow(/text is empty/);
    expect(tokenizer.encode('xylophagous 木')).not.toContain(undefined);
  });
});
