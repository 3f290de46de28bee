import { describe, expect, it } from 'vitest';
import { suggestions } from '../../../src-renderer/picture/suggestions';

const entries = [
  { name: 'mug', share: 0.1 },
  { name: 'plant', share: 0.2 },
  { name: 'plate', share: 0.05 },
  { name: 'plate', share: 0.3 },
  { name: null, share: 0.2 },
];
const lines = (line: string, history: string[] = []) => suggestions(line, history, entries).map((found) => found.line);

describe('suggestions', () => {
  it('begin with what was asked before', () => {
    expect(suggestions('', ['red mug'], entries)[0]).toEqual({ line: 'red mug', from: 'history' });
  });

  it('complete a name, those with most cells first; entries of one name count together', () => {
    expect(lines('pl')).toEqual(['plate', 'plant']);
  });

  it('complete the last question of several', () => {
    expect(lines('mug, pla')).toEqual(['mug, plate', 'mug, plant']);
  });

  it('do not offer what is written already, nor anything twice', () => {
    expect(lines('mug', ['mug'])).toEqual([]);
    expect(lines('', ['mug']).filter((line) => line === 'mug')).toHaveLength(1);
  });
});
