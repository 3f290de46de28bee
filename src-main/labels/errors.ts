import { SaidError } from '#contract/sayings';

/** An edit that does not fit the labels as they are, with what to do instead. */
export class LabelError extends SaidError {
  override name = 'InputError';
}
