/** What is wrong with a text that was asked for: the message says what to write instead. */
import type { Saying } from '#contract/sayings';
import { LanguageError } from '../errors';

export type TextFault = 'empty' | 'too-long' | 'unknown-word' | 'no-negatives';

export class TextError extends LanguageError {
  override name = 'TextError';
  readonly fault: TextFault;
  /** the text as it was given; '' when there was none */
  readonly text: string;

  constructor(fault: TextFault, text: string, said: Saying) {
    super(null, said);
    this.fault = fault;
    this.text = text;
  }
}
