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

  /** @param said  English alone for what only whoever made the model can mend: pages say what it is about, and the rest as it stands */
  constructor(file: string | null, said: Saying | string, cause?: unknown) {
    super(file, typeof said === 'string' ? unusable(file, said) : said, cause);
  }
}

function unusable(file: string | null, message: string): Saying {
  return { message, code: 'modelUnusable', values: { problem: file === null ? message : `${file}: ${message}` } };
}

/** A model that is not on this machine, though it could be fetched. */
export class ModelMissingError extends ModelError {}
