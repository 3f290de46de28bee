import { describe, expect, it } from 'vitest';
import { joinQuestions, placeOf, QUESTIONS_LIMIT, splitQuestions } from '../../src-renderer/questions';

const texts = (line: string) => splitQuestions(line).map(({ text }) => text);

describe('the line of the ask box', () => {
  it('is parted into questions by commas and semicolons of both scripts', () => {
    expect(texts('mug, red chair；plant，lamp ;')).toEqual(['mug', 'red chair', 'plant', 'lamp']);
    expect(texts('  ')).toEqual([]);
  });

  it('leaves commas between quotation marks and brackets alone', () => {
    expect(texts('"salt, and pepper", (mug OR (cup, saucer)), chair')).toEqual([
      '"salt, and pepper"',
      '(mug OR (cup, saucer))',
      'chair',
    ]);
  });

  it('reads what is not closed to its end', () => {
    expect(texts('"mug, chair')).toEqual(['"mug, chair']);
    expect(texts('mug), chair')).toEqual(['mug)', 'chair']);
  });

  it('asks no more than the contract allows', () => {
    expect(texts(Array.from({ length: 40 }, (_, i) => `a${i}`).join(','))).toHaveLength(QUESTIONS_LIMIT);
  });

  it('comes back from its questions', () => {
    expect(texts(joinQuestions(['mug', 'chair NOT armchair']))).toEqual(['mug', 'chair NOT armchair']);
  });

  it('knows where a question begins, and marks the word that is wrong', () => {
    const line = 'mug,  chair AND zxqq, plant';
    const questions = splitQuestions(line);
    const place = placeOf(line, questions, { question: 1, column: 10 });
    expect(line.slice(place?.from, place?.to)).toBe('zxqq');
  });

  it('marks the last sign when something is missing at the end, and all of it without a column', () => {
    const line = 'mug AND';
    const questions = splitQuestions(line);
    expect(placeOf(line, questions, { question: 0, column: 7 })).toEqual({ from: 6, to: 7 });
    expect(placeOf(line, questions, { question: 0, column: null })).toEqual({ from: 0, to: 7 });
    expect(placeOf(line, questions, { question: null, column: null })).toBeNull();
    expect(placeOf(line, questions, { question: 3, column: 0 })).toBeNull();
  });

  it('marks signs as well as words', () => {
    const line = 'uncertainty << 0.2';
    const place = placeOf(line, splitQuestions(line), { question: 0, column: 12 });
    expect(line.slice(place?.from, place?.to)).toBe('<<');
  });
});
