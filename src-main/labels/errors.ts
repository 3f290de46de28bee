/** An edit that does not fit the labels as they are, with what to do instead. */
export class LabelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InputError';
  }
}
