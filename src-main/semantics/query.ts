/**
 * Answers in words, for pixels and for splats (METHOD §5): a query is one expression, whose texts score what a pixel or splat
 * decodes to and whose scalars compare it, or several expressions, of which each pixel or splat takes the best.
 *
 *   mask    score ≥ threshold, 0.5 as usual: as near to the text as to the nearest negative
 *   class   argmax of the scores (the first on ties), "none" = 0 where even the best is below the threshold
 *
 * A score of exactly 0 says no at every threshold: a comparison that fails, or a splat of which no photo said anything.
 *
 * Scalars: `uncertainty` is R_u in 2D and u_G in 3D; `opacity` is the accumulated α in 2D and that of the splat in 3D.
 */
import { GEOMETRY, SEMANTICS, sigmoid } from '../kernels/layout';
import { evaluateExpression, ExpressionError, parseExpression, textsOf } from './expression';
import type { Expression } from './expression';

export const DEFAULT_THRESHOLD = 0.5;
export const queryScalars = ['uncertainty', 'opacity'] as const;
export type QueryScalar = (typeof queryScalars)[number];

/** One thing that is asked for, by the name it is shown under. */
export interface Question {
  readonly name: string;
  readonly expression: Expression;
}

/** What is asked, read but not yet scored. @throws ExpressionError with its column, and of several the one that is meant */
export function readQuestions(queries: readonly string[]): Question[] {
  return queries.map((name) => {
    try {
      return { name, expression: parseExpression(name, queryScalars) };
    } catch (error) {
      if (error instanceof ExpressionError && queries.length > 1) error.message += ` (in "${name}")`;
      throw error;
    }
  });
}

/** Of each question the text that is all of it; null for what is compound. */
export function plainTexts(questions: readonly Question[]): (string | null)[] {
  return questions.map(({ expression }) => (expression.type === 'text' ? expression.text : null));
}

/** All texts of some questions, each once, in the order in which they come. */
export function textsIn(questions: readonly Question[]): string[] {
  return [...new Set(questions.flatMap(({ expression }) => textsOf(expression)))];
}

/** What questions are asked of: n pixels or splats. */
export interface Answering {
  readonly n: number;
  /** scores of a text, [n] */
  text(text: string): ArrayLike<number>;
  readonly scalars: Readonly<Record<QueryScalar, ArrayLike<number>>>;
}

/** Scores of every question, [n] each, in 0…1. */
export function scoreQuestions(questions: readonly Question[], of: Answering): Float32Array[] {
  const known = new Map<string, ArrayLike<number>>();
  const values = {
    text: (text: string): ArrayLike<number> => {
      const scores = known.get(text) ?? of.text(text);
      known.set(text, scores);
      return scores;
    },
    scalar: (name: string): ArrayLike<number> => of.scalars[name as QueryScalar],
  };
  return questions.map(({ expression }) => evaluateExpression(expression, of.n, values));
}

/** 1 where a score reaches the threshold. */
export function maskOf(scores: ArrayLike<number>, threshold = DEFAULT_THRESHOLD): Uint8Array {
  return Uint8Array.from({ length: scores.length }, (_, i) => (scores[i] >= threshold && scores[i] > 0 ? 1 : 0));
}

/** The number of the best score, 1-based; 0 = none where it is below the threshold. @param scores  one array a class, at most 255 */
export function classify(scores: readonly ArrayLike<number>[], threshold = DEFAULT_THRESHOLD): Uint8Array {
  const n = scores[0]?.length ?? 0;
  const classes = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    let best = 0;
    for (let c = 1; c < scores.length; c++) if (scores[c][i] > scores[best][i]) best = c;
    if (scores[best][i] >= threshold && scores[best][i] > 0) classes[i] = best + 1;
  }
  return classes;
}

/** u_G and opacity of the live splats. @param geometry  [≥ count, 11]; @param semantics  [≥ count, 9] */
export function splatScalars(
  geometry: Float32Array,
  semantics: Float32Array,
  count: number,
): Record<QueryScalar, Float32Array> {
  const uncertainty = new Float32Array(count);
  const opacity = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    uncertainty[row] = sigmoid(semantics[row * SEMANTICS.columns + SEMANTICS.uncertaintyLogit]);
    opacity[row] = sigmoid(geometry[row * GEOMETRY.columns + GEOMETRY.opacityLogit]);
  }
  return { uncertainty, opacity };
}
