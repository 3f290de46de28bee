/** An edit that does not fit the labels as they are, with what to do instead. */
export class LabelError extends Error {
  /** what a page has words of its own for: locked, gone, taken, last; '' for the rest */
  readonly code: string;

  constructor(message: string, code: '' | 'locked' | 'gone' | 'taken' | 'last' = '') {
    super(message);
    this.name = 'InputError';
    this.code = code;
  }
}
