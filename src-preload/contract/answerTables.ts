/**
 * What a pixel answers, as tables of f32 that a viewer's graphics card can read.
 *
 * `cells` is the decoder near the directions that R_s takes: in the cell c with the largest ⟨R̂, c⟩ the entries that are most probable at c, and
 * all others together as the entry OTHERS, CELL_ENTRIES in all, share the pixel as
 *
 *   p = softmax(ℓ),   ℓ_m = ℓ_m(c) + ⟨slope_m, R̂ − c⟩
 *
 * CELL_ROWS rows of four numbers a cell, number n of row r of cell k at 4·(r·cells + k) + n: c in rows 0 and 1, ℓ(c) in 2 and 3, the entries,
 * 0-based, in 4 and 5, slope_m in 6 + 2m and 7 + 2m. Cells lie in ⌈√cells⌉ groups, so that few have to be compared: their centres in the rows
 * GROUP_ROW and the one after it, first cell and the one after the last in the third, group g at place g. The nearest cell is looked for in
 * the two groups whose centres are nearest.
 *
 * `texts` has the relevancy of each entry to each text, [texts, 256], at OTHERS their mean, and `program` what is asked of them, in postfix order: a number from 0
 * on pushes the score Σ_m p_m·relevancy of that text; AND and OR join the two on top as their least and greatest, NOT turns the top one to
 * 1 − x, ANSWER ends a question with the score on top. The pixel's answer is the first of the questions with the greatest score. Never more
 * than PROGRAM_DEPTH scores wait.
 */
export const CELL_ENTRIES = 8;
/** No codebook has an entry of this number. */
export const OTHERS = 255;
export const GROUP_ROW = 6 + 2 * CELL_ENTRIES;
export const CELL_ROWS = GROUP_ROW + 3;
export const cellWords = 4 * CELL_ROWS;
export const groupsOf = (cells: number): number => Math.ceil(Math.sqrt(cells));
export const CELLS_LIMIT = 4096;
export const TEXT_WORDS = 256;
export const TEXTS_LIMIT = 1024;
export const operations = { and: -1, or: -2, not: -3, answer: -4 } as const;
export const PROGRAM_DEPTH = 8;
export const PROGRAM_LIMIT = 2048;

/** Sections of an overlay frame beside `relevancy`. */
export const tableNames = ['cells', 'texts', 'program'] as const;
export type TableName = (typeof tableNames)[number];
export type AnswerTables = Readonly<Record<TableName, Float32Array>>;

const sizes: Record<TableName, { unit: number; limit: number }> = {
  cells: { unit: cellWords, limit: CELLS_LIMIT },
  texts: { unit: TEXT_WORDS, limit: TEXTS_LIMIT },
  program: { unit: 1, limit: PROGRAM_LIMIT },
};

/** What is wrong with the sections of a frame; null when nothing is. They come together or not at all. */
export function tablesProblem(section: (name: TableName) => unknown): string | null {
  if (tableNames.every((name) => section(name) === undefined)) return null;
  for (const name of tableNames) {
    const numbers = section(name);
    const { unit, limit } = sizes[name];
    if (!(numbers instanceof Float32Array) || numbers.length === 0 || numbers.length % unit !== 0)
      return `section "${name}" is not what pixels answer by`;
    if (numbers.length > unit * limit) return `section "${name}" of ${numbers.length} numbers is too long`;
  }
  return null;
}
