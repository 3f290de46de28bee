/** Which encoders the words of a capture would be learned with, and which of the two this machine lacks. */
import { said } from '#contract/sayings';
import type { TrainingSettings } from '#contract/settings';
import type { Preview } from '#contract/studio';
import { truthFile } from '../../capture/demo/truth';
import { ModelMissingError } from '../../language/errors';
import { resolveModel, toyModels } from '../../language/models/index';
import { sayingOf } from '../failures';
import { exists } from '../sceneLanguage';

/** @param capture  its folder; a demo room's comes with toys of its own */
export async function encodersFor(
  capture: string,
  settings: Pick<TrainingSettings, 'clipModel' | 'dinoModel'>,
): Promise<Preview['words']> {
  const demo = await exists(truthFile(capture));
  const words: Preview['words'] = { clip: null, dino: null, problem: null, missing: [] };
  for (const kind of ['clip', 'dino'] as const) {
    try {
      words[kind] = (await resolveModel(settings[`${kind}Model`], kind, { demo })).name;
    } catch (error) {
      words.problem ??= sayingOf(error);
      if (error instanceof ModelMissingError) words.missing.push(kind);
    }
  }
  // They are there for a person who asks for them; what they are worth has to be said.
  if (!demo && words.clip === toyModels.clip) words.problem ??= said('toysOnPhotos');
  // With one alone nothing is learned.
  return words.clip !== null && words.dino !== null ? words : { ...words, clip: null, dino: null };
}
