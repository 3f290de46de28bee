/**
 * The one error that opening a capture may raise. Every file a person opens is hostile until parsed, so each reader
 * turns whatever it finds into this type: which file, where in it, what is wrong, and what to do about it.
 */

import { SaidError } from '#contract/sayings';
import type { Saying } from '#contract/sayings';

export interface CaptureProblem {
  /** the file as the person knows it, e.g. `images.bin` */
  readonly file: string;
  /** the field or record inside the file, e.g. `frames[3].fl_x` or `image 37 of 97` */
  readonly field?: string;
  /** byte offset where the trouble starts */
  readonly offset?: number;
  /** what is wrong, without the file's name */
  readonly problem: string;
  /** what the person can do */
  readonly remedy: string;
}

/** One of few sentences, which pages say in their own language. */
export interface SaidProblem {
  readonly file: string;
  /** names the file, too */
  readonly said: Saying;
}

/** A capture, or a file in it, that cannot be used: `file: problem at byte N (field); remedy`. */
export class CaptureError extends SaidError {
  readonly file: string;
  readonly field: string | undefined;
  readonly offset: number | undefined;

  constructor(what: CaptureProblem | SaidProblem, options?: ErrorOptions) {
    super('said' in what ? what.said : { message: english(what) }, options?.cause);
    this.name = 'CaptureError';
    this.file = what.file;
    this.field = 'said' in what ? undefined : what.field;
    this.offset = 'said' in what ? undefined : what.offset;
  }
}

function english({ file, field, offset, problem, remedy }: CaptureProblem): string {
  const at = offset === undefined ? '' : ` at byte ${offset.toLocaleString('en-US')}`;
  return `${file}: ${problem}${at}${field ? ` (${field})` : ''}; ${remedy}`;
}
