/**
 * What a person types into the ask box, as questions: several are parted by commas or semicolons (Western or Chinese), each is a
 * text or a compound expression. A comma between quotation marks or brackets belongs to its question. The grammar inside a
 * question is the studio's; what it finds wrong comes back as question and column, which `placeOf` turns into a place in the line.
 */
export interface Question {
  readonly text: string;
  /** where it begins in the line */
  readonly at: number;
}

const SEPARATORS = new Set([',', ';', '，', '；', '\n']);
export const QUESTIONS_LIMIT = 24;

export function splitQuestions(line: string): Question[] {
  const found: Question[] = [];
  let from = 0;
  let depth = 0;
  let quoted = false;
  const end = (to: number): void => {
    const piece = line.slice(from, to);
    const text = piece.trim();
    if (text !== '') found.push({ text, at: from + piece.indexOf(text) });
    from = to + 1;
  };
  for (let i = 0; i < line.length; i++) {
    const sign = line[i];
    if (sign === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (sign === '(') depth++;
    else if (sign === ')') depth = Math.max(0, depth - 1);
    else if (SEPARATORS.has(sign) && depth === 0) end(i);
  }
  end(line.length);
  return found.slice(0, QUESTIONS_LIMIT);
}

/** The stretch of the line that a problem is about: from its column to the end of that word. */
export function placeOf(
  line: string,
  questions: readonly Question[],
  problem: { readonly question: number | null; readonly column: number | null },
): { from: number; to: number } | null {
  const question = problem.question === null ? undefined : questions.at(problem.question);
  if (question === undefined) return null;
  const end = question.at + question.text.length;
  if (problem.column === null) return { from: question.at, to: end };
  const from = Math.min(question.at + problem.column, end);
  // A problem at the very end ("… AND") is shown under the last sign.
  if (from === end) return { from: Math.max(question.at, end - 1), to: end };
  const word = /^[()<>=]+|^"[^"]*"?|^[^\s()<>"]+/.exec(line.slice(from, end));
  return { from, to: from + (word?.[0].length ?? 1) };
}

/** Questions as one line again. */
export const joinQuestions = (questions: readonly string[]): string => questions.join(', ');
