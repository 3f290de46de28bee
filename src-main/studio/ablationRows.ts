/**
 * The rows of an ablation: the three presets, and the default preset with one switch turned (METHOD §3–6).
 *
 * Rows of a preset take its language half (codebook and semantics); photos, geometry and features are shared by all rows. They look at no
 * more pixels and Gaussians a step than the default does unless told otherwise: the notes' "all" of a photo is about twenty times
 * as many, and the gradient of a sample is the same in the mean.
 */
import { presets } from '#contract/presets';
import { settingFields } from '#contract/settings';
import type { PresetName, SettingName, TrainingSettings } from '#contract/settings';

export interface AblationRow {
  readonly name: string;
  /** what differs from the default, in words */
  readonly what: string;
  readonly preset: PresetName;
  readonly settings: Partial<TrainingSettings>;
  /** geometry cannot be shared: semantics move it */
  readonly joint: boolean;
  /** off: labels are lifted from the maps, and nothing is trained on top */
  readonly trained: boolean;
}

const SAMPLES = ['semanticSamples', 'smoothingSamples', 'smoothingInterval'] as const;

/** Codebook and semantics of a preset. */
function languageHalf(preset: PresetName, whole: boolean): Partial<TrainingSettings> {
  const names = settingFields
    .filter(
      ({ group, name }) =>
        (group === 'codebook' && name !== 'mapResolution') || group === 'semantics' || name === 'dinoWeight',
    )
    .map(({ name }) => name)
    .filter((name) => !['semanticSteps', 'semanticFrom'].includes(name))
    .filter((name) => whole || !(SAMPLES as readonly SettingName[]).includes(name));
  return Object.fromEntries(names.map((name) => [name, presets[preset][name]]));
}

/** @param whole  presets with their own numbers of pixels and Gaussians a step */
export function ablationRows(whole: boolean): AblationRow[] {
  const turned = (name: string, what: string, settings: Partial<TrainingSettings>): AblationRow => ({
    ...{ name, what, settings },
    ...{ preset: 'legato', joint: false, trained: true },
  });
  const pooled = presets.legato.mapPooling === 'superpixels';
  return [
    {
      name: 'notes',
      what: 'every formula as the notes have it',
      preset: 'notes',
      settings: languageHalf('notes', whole),
      joint: false,
      trained: true,
    },
    {
      name: 'published',
      what: "the released method's figures",
      preset: 'published',
      settings: languageHalf('published', whole),
      joint: false,
      trained: true,
    },
    turned('legato', 'the default', {}),
    turned('no-dino', 'DINO off: λ_DINO = 0', { dinoWeight: 0 }),
    turned('no-balance', 'L_lb off', { balanceWeight: 0 }),
    turned('no-uncertainty', 'u is not learned', { learnUncertainty: false }),
    turned('no-bootstrapping', 'labels alone are trusted: β = 1', { labelTrust: 1 }),
    turned('no-smoothing', 'L_smo off', { smoothingWeight: 0 }),
    turned('no-lifting', 'S_G starts at random', { semanticStart: 'normal' }),
    turned('hard-gate', 'lifted from weights of at least 0.1, as they are', { liftGate: 0.1, liftPower: 1 }),
    turned('no-kinship', 'lifted votes of each entry stand alone', { liftKinship: 0 }),
    turned('no-vote', "labels of a photo's own map", { labelVote: false }),
    turned('splat-loss', 'L_G on: λ_G = 1', { splatWeight: 1 }),
    turned('no-settling', 'Gaussians keep what they learned, and do not settle', { settleSplats: false }),
    turned(
      pooled ? 'no-pooling' : 'pooling',
      pooled ? 'D is not averaged over superpixels' : 'D averaged over superpixels of the photo',
      { mapPooling: pooled ? 'none' : 'superpixels' },
    ),
    turned('haze', 'large faint Gaussians stay (on geometry of its own)', { hazeStep: 0 }),
    { ...turned('lifted', 'labels lifted from the maps, no semantics trained', {}), trained: false },
    { ...turned('joint', 'the default, trained jointly with geometry', {}), joint: true },
    {
      ...turned('semantics-move-geometry', 'as joint, and L_s reaches geometry and opacity', {
        semanticsMovesGeometry: true,
      }),
      joint: true,
    },
  ];
}

/** Settings of a row: the default's, the preset's, what was asked for, and the row's switch on top. */
export function rowSettings(row: AblationRow, given: Partial<TrainingSettings>): TrainingSettings {
  const own = row.preset === 'legato' ? {} : row.settings;
  const switched = row.preset === 'legato' ? row.settings : {};
  return { ...presets.legato, ...own, ...given, ...switched };
}
