import { describe, expect, it } from 'vitest';
import { rank } from '../../../src-renderer/lists/rank';

const names = ['Pause or resume training', 'Show Depth', 'Split the picture', 'Stop training and save'];
const ranked = (text: string) => rank(names, text, (name) => name);

describe('the palette’s search', () => {
  it('keeps the order while nothing is typed', () => {
    expect(ranked(' ')).toEqual(names);
  });

  it('wants every word, in any order', () => {
    expect(ranked('save stop')).toEqual(['Stop training and save']);
    expect(ranked('depth split')).toEqual([]);
  });

  it('puts beginnings of words first', () => {
    expect(ranked('s')[0]).toBe('Show Depth');
    expect(ranked('p')[0]).toBe('Pause or resume training');
    expect(ranked('training')).toEqual(['Stop training and save', 'Pause or resume training']);
  });
});
