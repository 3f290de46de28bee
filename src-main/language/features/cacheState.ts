/**
 * What the cache has of a photo already, and whether it is still true: each half is keyed by the photo's content, its model and
 * the settings that decide it, so that other crops do not cost new patch tokens, nor the other way round.
 */
import { createHash } from 'node:crypto';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import { nameList } from '../../base/index';
import type { Photo } from '../../capture/index';
import { LanguageError } from '../errors';
import { modelDigest } from '../models/index';
import type { ModelFolder } from '../models/index';
import { cropKey } from './crops';
import { details } from './detail';
import { featurePath, readPhotoFeatures, type FeatureKeys, type PhotoFeatures } from './featureFile';
import { photoDigest } from './photoIdentity';

/** Identities of both halves for a job, and of the models alone. */
export interface HalfKeys {
  readonly clip: string;
  readonly dino: string;
  readonly clipDigest: string;
  readonly dinoDigest: string;
}

const sha256 = (...parts: string[]): string => createHash('sha256').update(parts.join('\n')).digest('hex');

export async function halfKeys(
  models: { clip: ModelFolder; dino: ModelFolder },
  settings: TrainingSettings,
): Promise<HalfKeys> {
  const [clipDigest, dinoDigest] = await Promise.all([modelDigest(models.clip), modelDigest(models.dino)]);
  const { tokenRows } = details[settings.featureDetail];
  return {
    clip: sha256(clipDigest, cropKey(settings)),
    dino: sha256(dinoDigest, String(tokenRows)),
    clipDigest,
    dinoDigest,
  };
}

/** Files that a sentence names. */
const LISTED = 3;

type StaleCode = 'cacheDamaged' | 'cacheOfOtherPhoto' | 'cacheOfOtherClip' | 'cacheOfOtherDino';

export interface CacheState {
  readonly keys: FeatureKeys;
  /** patch tokens, or both halves, are missing */
  readonly needsPreview: boolean;
  readonly needsCrops: boolean;
  /** what is wrong with what is there; null when nothing is */
  readonly stale: StaleCode | null;
  /** of a cache that is complete */
  readonly widths: { readonly clip: number; readonly dino: number } | null;
}

/** Reads what is there, without trusting it. @throws LanguageError when the photo itself cannot be read */
export async function examineCache(folder: string, photo: Photo, half: HalfKeys): Promise<CacheState> {
  const keys = { photo: await photoDigest(photo), clip: half.clip, dino: half.dino };
  const anew = (stale: StaleCode | null) => ({ keys, needsPreview: true, needsCrops: true, stale, widths: null });
  let features: PhotoFeatures | null;
  try {
    features = await readPhotoFeatures(folder, photo.name);
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    return anew('cacheDamaged');
  }
  if (features === null) return anew(null);
  const same = sameHalves(features, keys);
  if (features.keys.photo !== keys.photo) return anew('cacheOfOtherPhoto');
  if (!same.clip) return { ...anew('cacheOfOtherClip') };
  const needsCrops = features.stage !== 'crops';
  const widths = { clip: features.clipWidth, dino: features.dinoWidth };
  if (same.dino) return { keys, needsPreview: false, needsCrops, stale: null, widths };
  return { keys, needsPreview: true, needsCrops, stale: 'cacheOfOtherDino', widths: null };
}

/** Which halves of a cache are those that are wanted. */
export function sameHalves({ keys: found }: PhotoFeatures, wanted: FeatureKeys): { clip: boolean; dino: boolean } {
  const photo = found.photo === wanted.photo;
  return { clip: photo && found.clip === wanted.clip, dino: photo && found.dino === wanted.dino };
}

/** Files that were found wanting, as a person reads it. */
export function staleSaying(folder: string, photos: readonly string[], code: StaleCode): Saying {
  const files = photos.map((photo) => featurePath(folder, photo));
  return said(code, { count: photos.length, files: nameList(files, LISTED) });
}
