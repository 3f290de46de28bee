import { SaidError } from '#contract/sayings';
import type { Saying } from '#contract/sayings';

/** Semantics that do not fit: maps of another size, heads of another codebook, checkpoints without them. */
export class SemanticsError extends SaidError {
  override name = 'SemanticsError';

  constructor(said: Saying | string) {
    super(typeof said === 'string' ? { message: said } : said);
  }
}
