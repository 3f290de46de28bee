/**
 * The one error that opening a capture may raise. Every file a person opens is hostile until parsed, so each reader
 * turns whatever it finds into this type: which file, where in it, what is wrong, and what to do about it.
 */

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

/** A capture, or a file in it, that cannot be used: `file: problem at byte N (field); remedy`. */
export class CaptureError extends Error {
  readonly file: string;
  readonly field: string | undefined;
  readonly offset: number | undefined;

  constructor({ file, field, offset, problem, remedy }: CaptureProblem, options?: ErrorOptions) {
    const where =
      (offset === undefined ? '' : ` at byte ${offset.toLocaleString('en-US')}`) + (field ? ` (${field})` : '');
    super(`${file}: ${problem}${where}; ${remedy}`, options);
    this.name = 'CaptureError';
    this.file = file;
    this.field = field;
    this.offset = offset;
  }
}
