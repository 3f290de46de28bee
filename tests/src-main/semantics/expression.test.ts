/** Compound queries: what they mean, and that every mistake names its column. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateExpression, ExpressionError, parseExpression, textsOf } from '../../../src-main/semantics/expression';

const scores: Record<string, number[]> = {
  chair: [0.9, 0.8, 0.1, 0.6],
  armchair: [0.1, 0.7, 0.1, 0.2],
  'red mug': [0, 0, 0.9, 0.5],
};
const scalars: Record<string, number[]> = { uncertainty: [0.1, 0.1, 0.1, 0.3], opacity: [1, 1, 0.2, 1] };
const run = (query: string) =>
  Array.from(
    evaluateExpression(parseExpression(query), 4, { text: (text) => scores[text], scalar: (name) => scalars[name] }),
    (v) => Math.round(v * 100) / 100,
  );

describe('a compound query', () => {
  it.each([
    ['red mug', [0, 0, 0.9, 0.5]],
    ['NOT chair', [0.1, 0.2, 0.9, 0.4]],
    ['chair NOT armchair', [0.9, 0.3, 0.1, 0.6]],
    ['chair AND NOT armchair', [0.9, 0.3, 0.1, 0.6]],
    ['chair NOT armchair AND uncertainty < 0.2', [0.9, 0.3, 0.1, 0]],
    ['chair OR red mug', [0.9, 0.8, 0.9, 0.6]],
    ['chair OR red mug AND opacity >= 0.5', [0.9, 0.8, 0.1, 0.6]],
    ['(chair OR red mug) AND opacity>=0.5', [0.9, 0.8, 0, 0.6]],
    ['"red mug"', [0, 0, 0.9, 0.5]],
    ['NOT NOT chair', [0.9, 0.8, 0.1, 0.6]],
  ])('%s', (query, expected) => {
    expect(run(query)).toEqual(expected);
  });

  it('keeps small words in texts, and lists its texts once', () => {
    expect(parseExpression('salt and pepper')).toEqual({ type: 'text', text: 'salt and pepper' });
    expect(textsOf(parseExpression('a b OR c NOT a b AND uncertainty > 0.1'))).toEqual(['a b', 'c']);
  });

  it.each([
    ['', 1, 'empty'],
    ['   ', 1, 'empty'],
    ['AND chair', 1, 'nothing on its left'],
    ['chair AND', 10, 'ends'],
    ['(chair', 1, 'not closed'],
    ['chair)', 6, 'no place'],
    ['chair "red mug', 7, 'quotation mark'],
    ['""', 1, 'empty'],
    ['size < 3', 1, 'known are uncertainty, opacity'],
    ['uncertainty < big', 15, 'a number'],
    ['uncertainty <', 14, 'a number'],
    ['chair uncertainty < 0.2', 7, 'write AND'],
    ['< 0.2', 1, 'where a text'],
    ['chair OR OR mug', 10, 'nothing on its left'],
  ])('%j is refused at column %i', (query, column, message) => {
    const attempt = () => parseExpression(query);
    expect(attempt).toThrow(ExpressionError);
    expect(attempt).toThrow(`column ${column}: `);
    expect(attempt).toThrow(message);
  });

  it('is either understood or refused with a column inside it (1,000 seeded runs)', () => {
    const part = fc.constantFrom(
      'chair',
      'AND',
      'OR',
      'NOT',
      '(',
      ')',
      '<',
      '>=',
      '0.2',
      'uncertainty',
      '"',
      ' ',
      '红',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const query = parts.join(' ');
        try {
          parseExpression(query);
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          expect(error.column).toBeGreaterThanOrEqual(1);
          expect(error.column).toBeLessThanOrEqual(query.length + 1);
        }
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});
