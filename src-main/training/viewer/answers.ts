/**
 * What is asked, answered for splats or pixels: the studio sends relevancies of entries to texts, here they meet what splats and pixels
 * decode to. Likeness is one row of relevancies without questions.
 */
import type { AskOrder } from '#contract/viewerMessages';
import {
  comparesScalars,
  mixFeatures,
  plainTexts,
  readQuestions,
  scoreCodes,
  scoreQuestions,
} from '../../semantics/index';
import type { Answering, Codes, FeatureProducts, Question } from '../../semantics/index';
import type { SceneLabels } from '../ports';
import type { ViewedScene, ViewedSemantics } from './scene';

/** An ask whose questions are read. */
export interface Ask {
  readonly revision: number;
  readonly codebook: string;
  /** empty for likeness */
  readonly questions: readonly Question[];
  readonly texts: readonly string[];
  /** [texts, entries]; one row for likeness */
  readonly relevancies: Float32Array;
  /** for features first; null for relevancies first, and for likeness */
  readonly products: FeatureProducts | null;
}

/** An ask that does not fit together. */
export class AskError extends Error {
  override name = 'AskError';
}

/** @throws ExpressionError for a question that cannot be read, AskError for relevancies of another shape */
export function readAsk({ revision, codebook, questions, texts, relevancies, products }: AskOrder): Ask {
  const rows = questions.length === 0 ? 1 : texts.length;
  if (rows > 0 && (relevancies.length === 0 || relevancies.length % rows !== 0))
    throw new AskError(`ask ${revision}: ${relevancies.length} relevancies are not those of ${rows} texts`);
  const entries = rows > 0 ? relevancies.length / rows : 0;
  if (products) {
    const { gram, toTexts, toNegatives } = products;
    const whole = toNegatives.length > 0 && toNegatives.length % entries === 0;
    if (gram.length !== entries ** 2 || toTexts.length !== relevancies.length || !whole)
      throw new AskError(`ask ${revision}: products of features are not those of ${entries} entries and ${rows} texts`);
  }
  return { revision, codebook, questions: readQuestions(questions), texts, relevancies, products };
}

/** Scores of what codes stand for, for one row, [count]. */
export function scoresOfCodes(
  { relevancies, products }: Ask,
  row: number,
  entries: number,
  codes: Codes,
): Float32Array {
  if (products) return mixFeatures(codes, row, products);
  return scoreCodes(codes, relevancies.subarray(row * entries, (row + 1) * entries));
}

/** The ask, if its relevancies are those of this codebook's entries; null before semantics have joined. */
export function answerable(semantics: ViewedSemantics | null, ask: Ask | null): Ask | null {
  if (!semantics || ask?.codebook !== semantics.codebook) return null;
  const rows = ask.questions.length === 0 ? 1 : ask.texts.length;
  return ask.relevancies.length === semantics.entries * rows ? ask : null;
}

/** Classes that an ask tells apart. */
export const classesOf = ({ questions }: Ask): number => Math.max(1, questions.length);

/** Whether what is asked depends on S_G alone, and not on what else a splat or pixel has. */
export function asksMeaningAlone({ questions }: Ask): boolean {
  return !questions.some(({ expression }) => comparesScalars(expression));
}

/**
 * Scores of each question, one for likeness, 0 … 1.
 *
 * @param scoresOf  for a row of relevancies, [n]
 */
export function answersOf(
  ask: Ask,
  n: number,
  scoresOf: (row: number) => ArrayLike<number>,
  scalars: Answering['scalars'],
): ArrayLike<number>[] {
  if (ask.questions.length === 0) return [scoresOf(0)];
  return scoreQuestions(ask.questions, { n, scalars, text: (text) => scoresOf(ask.texts.indexOf(text)) });
}

/** The best score and whose it is, 1-based; class 0 where every score is 0. */
export function bestAnswers(
  scores: readonly ArrayLike<number>[],
  n: number,
  relevancy: Uint16Array | null,
  classes: Uint8Array | null,
): void {
  for (let i = 0; i < n; i++) {
    let best = 0;
    let most = 0;
    for (let c = 0; c < scores.length; c++)
      if (scores[c][i] > most) {
        most = scores[c][i];
        best = c + 1;
      }
    if (relevancy) relevancy[i] = Math.round(CERTAIN * Math.min(1, most));
    if (classes) classes[i] = best;
  }
}

/** Full marks, as they are sent. */
export const CERTAIN = 65_535;

/**
 * Questions (1-based) that a person's own hand answers splats with, 0 for the rest; null where that is all of them. A question is answered
 * so when it is the plain name of a class.
 */
export function saidOf(labels: SceneLabels | null, { model }: ViewedScene, { questions }: Ask): Uint8Array | null {
  if (!labels || questions.length === 0) return null;
  return labels.said(model, plainTexts(questions));
}

/** A person's word stands above what the model answers, and is certain. @param said  of `saidOf` */
export function overrule(said: Uint8Array | null, relevancy: Uint16Array | null, classes: Uint8Array | null): void {
  said?.forEach((question, row) => {
    if (question === 0) return;
    if (relevancy) relevancy[row] = CERTAIN;
    if (classes) classes[row] = question;
  });
}

/** The best answers of splats, from their codes. @param scalars  of the splats, [count] */
export function bestOfCodes(
  ask: Ask,
  entries: number,
  codes: Codes,
  scalars: Answering['scalars'],
  relevancy: Uint16Array | null,
  classes: Uint8Array | null,
): void {
  const scoresOf = (row: number): Float32Array => scoresOfCodes(ask, row, entries, codes);
  bestAnswers(answersOf(ask, codes.count, scoresOf, scalars), codes.count, relevancy, classes);
}
