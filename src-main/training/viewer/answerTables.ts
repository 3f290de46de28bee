/**
 * What pixels answer to what is asked, as tables for a viewer (#contract/answerTables), and the readable form of what its shader does with
 * them.
 */
import {
  CELL_ENTRIES,
  cellWords,
  GROUP_ROW,
  groupsOf,
  operations,
  OTHERS,
  PROGRAM_DEPTH,
  PROGRAM_LIMIT,
  TEXT_WORDS,
  TEXTS_LIMIT,
} from '#contract/answerTables';
import type { AnswerTables } from '#contract/answerTables';
import { SEMANTICS } from '../../kernels/layout';
import type { Expression } from '../../semantics/index';
import { asksMeaningAlone } from './answers';
import type { Ask } from './answers';
import { nearestTwo, nearness } from './meaningCells';
import type { MeaningCells } from './meaningCells';

const D = SEMANTICS.dimensions;

/**
 * Null where a pixel's R_s is not all that is asked of: scalars are compared, or features are mixed before they meet the texts; and for
 * questions that are too long for a viewer. Such answers are blended from those of splats.
 */
export function answerTables(ask: Ask, entries: number, cells: MeaningCells): AnswerTables | null {
  if (cells.cells === 0 || ask.products || !asksMeaningAlone(ask)) return null;
  const program = programOf(ask);
  const rows = ask.relevancies.length / entries;
  if (program === null || rows > TEXTS_LIMIT) return null;
  const texts = new Float32Array(TEXT_WORDS * rows);
  for (let row = 0; row < rows; row++) {
    const own = ask.relevancies.subarray(row * entries, (row + 1) * entries);
    texts.set(own, row * TEXT_WORDS);
    texts[row * TEXT_WORDS + OTHERS] = own.reduce((sum, one) => sum + one, 0) / entries;
  }
  return { cells: cells.table(), texts, program };
}

/** Null where it is too deep or too long. */
export function programOf({ questions, texts }: Pick<Ask, 'questions' | 'texts'>): Float32Array | null {
  const program: number[] = [];
  let deepest = 0;
  /** @param waiting  scores that wait below */
  const add = (expression: Expression, waiting: number): void => {
    deepest = Math.max(deepest, waiting + 1);
    switch (expression.type) {
      case 'text':
        program.push(texts.indexOf(expression.text));
        return;
      case 'scalar':
        throw new TypeError('a pixel has no scalars of its own');
      case 'not':
        add(expression.of, waiting);
        program.push(operations.not);
        return;
      default:
        expression.of.forEach((part, i) => {
          add(part, waiting + Math.min(1, i));
          if (i > 0) program.push(operations[expression.type]);
        });
    }
  };
  if (questions.length === 0) program.push(0, operations.answer);
  for (const { expression } of questions) {
    add(expression, 0);
    program.push(operations.answer);
  }
  return deepest > PROGRAM_DEPTH || program.length > PROGRAM_LIMIT ? null : Float32Array.from(program);
}

/** @param features  R_s, [n, 8]; @returns the best score of each, and whose it is, 1-based, 0 where every score is 0 */
export function answerByTables(
  { cells: table, texts, program }: AnswerTables,
  features: Float32Array,
): { scores: Float32Array; classes: Uint8Array } {
  const cells = table.length / cellWords;
  const at = (row: number, place: number, n: number): number => table[4 * ((row + (n >> 2)) * cells + place) + (n & 3)];
  const vectors = (row: number, count: number): Float32Array =>
    Float32Array.from({ length: count * D }, (_, i) => at(row, Math.floor(i / D), i % D));
  const [centres, middles] = [vectors(0, cells), vectors(GROUP_ROW, groupsOf(cells))];
  const count = features.length / D;
  const [scores, classes] = [new Float32Array(count), new Uint8Array(count)];
  const direction = new Float32Array(D);
  const shares = new Float64Array(CELL_ENTRIES);
  for (let pixel = 0; pixel < count; pixel++) {
    const own = features.subarray(pixel * D, (pixel + 1) * D);
    const length = Math.max(Math.hypot(...own), 1e-6);
    own.forEach((value, k) => (direction[k] = value / length));
    let cell = 0;
    let nearest = -Infinity;
    for (const group of nearestTwo(middles, groupsOf(cells), direction)) {
      if (group < 0) continue;
      for (let one = at(GROUP_ROW + 2, group, 0); one < at(GROUP_ROW + 2, group, 1); one++) {
        const near = nearness(centres, one, direction, 0);
        if (near > nearest) [nearest, cell] = [near, one];
      }
    }
    for (let m = 0; m < CELL_ENTRIES; m++) {
      shares[m] = at(2, cell, m);
      for (let k = 0; k < D; k++) shares[m] += at(6 + 2 * m, cell, k) * (direction[k] - centres[cell * D + k]);
    }
    const most = Math.max(...shares);
    shares.forEach((value, m) => (shares[m] = Math.exp(value - most)));
    const whole = shares.reduce((sum, share) => sum + share, 0);
    const scoreOf = (text: number): number =>
      shares.reduce((sum, share, m) => sum + share * texts[text * TEXT_WORDS + at(4, cell, m)], 0) / whole;
    const best = run(program, scoreOf);
    [scores[pixel], classes[pixel]] = [Math.min(1, best.score), best.question];
  }
  return { scores, classes };
}

function run(program: Float32Array, scoreOf: (text: number) => number): { score: number; question: number } {
  const waiting: number[] = [];
  const best = { score: 0, question: 0 };
  let question = 0;
  for (const operation of program) {
    if (operation >= 0) {
      waiting.push(scoreOf(operation));
      continue;
    }
    const top = waiting.pop() ?? 0;
    if (operation === operations.not) waiting.push(1 - top);
    else if (operation === operations.and) waiting.push(Math.min(waiting.pop() ?? 0, top));
    else if (operation === operations.or) waiting.push(Math.max(waiting.pop() ?? 0, top));
    else {
      question++;
      if (top > best.score) [best.score, best.question] = [top, question];
    }
  }
  return best;
}
