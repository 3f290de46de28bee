/**
 * Words that entries are named with: the toy encoders know their own vocabulary alone, real ones are asked for a taxonomy's classes.
 */
import type { WordList } from '#contract/codebookMessages';
import { allClassNames } from '../../capture/demo/catalogue';
import { toyModels } from '../models/index';
import { loadTaxonomy, taxonomyWords } from '../taxonomies';

/** Indoor things and surfaces, a text encoder's work of seconds. */
const STANDARD = 'scannet200';

/** @param clipModel  name of the CLIP model  @throws LanguageError for a damaged taxonomy */
export async function wordsFor(list: WordList, clipModel: string): Promise<string[]> {
  if (list === 'none') return [];
  const resolved = list === 'auto' ? (clipModel === toyModels.clip ? 'toy' : STANDARD) : list;
  return resolved === 'toy' ? allClassNames() : taxonomyWords(await loadTaxonomy(resolved));
}
