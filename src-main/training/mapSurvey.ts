/**
 * What the index maps offer before semantics join, in words: photos without a map teach colour alone, and maps without a label nothing.
 */
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { nameList } from '../base/index';
import type { IndexMaps } from './ports';

/** Names that a message lists. */
const LISTED = 3;

/**
 * @param photos  names of the photos that are trained on
 * @returns warnings, none when every photo has a map with labels
 * @throws what reading a map throws, naming its file
 */
export async function surveyMaps(photos: readonly string[], maps: IndexMaps): Promise<Saying[]> {
  const missing: string[] = [];
  const blank: string[] = [];
  for (const photo of photos) {
    const map = await maps.load(photo);
    if (!map) missing.push(photo);
    else if (map.indices.every((index) => index === 0)) blank.push(photo);
  }
  if (missing.length + blank.length === photos.length) return [said('mapsWithoutLabels')];
  return [[missing, 'photosWithoutMap'] as const, [blank, 'photosWithBlankMap'] as const]
    .filter(([names]) => names.length > 0)
    .map(([names, code]) => said(code, { count: names.length, photos: photos.length, names: nameList(names, LISTED) }));
}
