import { SaidError } from '#contract/sayings';
import type { Saying } from '#contract/sayings';

/** What can be wrong with features, codebooks and index maps: the message names the file or the photo and what to do. */
export class LanguageError extends SaidError {
  /** the file that is wrong; null when none is */
  readonly file: string | null;

  constructor(file: string | null, said: Saying | string, cause?: unknown) {
    const saying = typeof said === 'string' ? { message: said } : said;
    super(file === null ? saying : { ...saying, message: `${file}: ${saying.message}` }, cause);
    this.name = 'LanguageError';
    this.file = file;
  }
}

/** A model that is missing, incomplete, or not what its folder says. */
export class ModelError extends LanguageError {
  override name = 'ModelError';
}

/** A model that is not on this machine, though it could be fetched. */
export class ModelMissingError extends ModelError {}
