/**
 * The three presets (METHOD): `notes`, every figure as the owner wrote it; `published`, the released method's; `legato`, the
 * default, whatever measures best. Where they differ, the difference is a setting.
 */
import { z } from 'zod';
import { SaidError } from './sayings';
import type { Saying } from './sayings';
import { trainingSettings } from './settings';
import type { PresetName, TrainingSettings } from './settings';

const notes: TrainingSettings = {
  preset: 'notes',
  steps: 30_000,
  seed: 0,
  checkpointInterval: 60,
  evaluationInterval: 0,
  resolution: 1600,
  holdout: 8,
  viewOrder: 'shuffled',
  coarseFactor: 1,
  coarseSteps: 0,
  meansRateStart: 1.6e-4,
  meansRateEnd: 1.6e-6,
  sphericalHarmonicsRate: 2.5e-3,
  sphericalHarmonicsRestDivisor: 20,
  opacityRate: 0.05,
  logScalesRate: 0.005,
  quaternionsRate: 0.001,
  exposureRate: 0.01,
  rateDecay: 1,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-15,
  shDegree: 3,
  shInterval: 1000,
  background: [0, 0, 0],
  randomBackground: false,
  antialiased: false,
  exposure: false,
  semanticsMovesGeometry: false,
  ssimWeight: 0.2,
  initialOpacity: 0.1,
  initialNeighbours: 3,
  initialScale: 1,
  randomPoints: 50_000,
  densityStart: 500,
  densityStop: 15_000,
  densityInterval: 100,
  densityShortestInterval: 1,
  gradientThreshold: 2e-4,
  cloneScale: 0.01,
  splitDivisor: 1.6,
  pruneOpacity: 0.005,
  pruneRadius: 20,
  pruneScale: 0.1,
  hazeStep: 0,
  hazeOpacity: 0.1,
  hazeScale: 0.1,
  opacityResetInterval: 3000,
  opacityResetTo: 0.01,
  maxSplats: 6_000_000,
  budget: 0,
  relocationInterval: 100,
  relocationStop: 25_000,
  relocationParents: 'opacity',
  budgetGrowth: 1.05,
  noiseRate: 5e5,
  opacityWeight: 0.01,
  scaleWeight: 0.01,
  clipModel: 'auto',
  dinoModel: 'auto',
  featureDetail: 'full',
  crops: 'random',
  cropLevels: 7,
  cropScaleMin: 0.05,
  cropScaleMax: 0.5,
  randomCrops: 3000,
  randomScaleMin: 0.05,
  randomScaleMax: 0.2,
  featureRows: 0,
  codebookSize: 128,
  dinoWeight: 0.5,
  cosineWeight: 1,
  balanceWeight: 0.5,
  balanceTemperature: 1,
  codebookStart: 'uniform',
  codebookReseed: false,
  codebookEpochs: 300,
  codebookDecayEpochs: 1000,
  codebookBatch: 0,
  codebookRate: 1e-4,
  codebookWeightDecay: 0.01,
  mapResolution: 0,
  mapPooling: 'none',
  semanticFrom: 0,
  semanticSteps: 0,
  semanticStart: 'normal',
  liftGate: 0.1,
  liftPower: 1,
  liftKinship: 0,
  liftInterval: 0,
  labelVote: false,
  splatWeight: 0,
  splatSamples: 1024,
  settleSplats: false,
  labelWeight: 1,
  initialUncertainty: 0.01,
  semanticWeight: 1,
  crossEntropyWeight: 1,
  labelTrust: 1,
  uncertaintyWeight: 1,
  uncertaintyForm: 'linear',
  uncertaintyBelow: 1,
  learnUncertainty: true,
  semanticSamples: 0,
  semanticRate: 0.001,
  uncertaintyRate: 0.05,
  decoderFirst: 128,
  decoderSecond: 256,
  networkRate: 1e-3,
  networkWeightDecay: 1e-5,
  smoothingWeight: 1,
  smoothingForm: 'floor',
  smoothingFloor: 0.1,
  smoothingSamples: 0,
  smoothingInterval: 1,
  smoothingFrequencies: 2,
  smoothingWidth: 128,
  smoothingLayers: 4,
  smoothingNormalises: false,
  backend: 'auto',
  threads: 0,
  memory: 0,
  photoCache: 256,
  prefetch: 2,
};

/**
 * For runs of hundreds to some thousands of steps on a CPU, chosen on photos that no reported figure is computed from: larger
 * rates, since a short run has fewer steps to arrive in; few passes of density control with full statistics; no opacity resets,
 * from which a short run does not recover, but haze is removed once; half-size photos first; higher harmonics once the shape stands. Semantics start from the
 * maps and then learn slowly under strong smoothing: at large rates they fit the pictures and lose the Gaussians; and the decoder's own
 * answer counts more than one map's, since maps of different views disagree (docs/ablation.md).
 */
const legato: TrainingSettings = {
  ...notes,
  preset: 'legato',
  steps: 3000,
  resolution: 960,
  coarseFactor: 2,
  coarseSteps: 12_000,
  meansRateStart: 2.5e-3,
  meansRateEnd: 2.5e-5,
  sphericalHarmonicsRate: 7.5e-3,
  logScalesRate: 0.025,
  quaternionsRate: 0.005,
  exposureRate: 0.02,
  shInterval: 4000,
  densityStart: 3000,
  densityInterval: 2000,
  densityShortestInterval: 100,
  gradientThreshold: 3e-4,
  pruneRadius: 0,
  hazeStep: 20_000,
  opacityResetInterval: 0,
  maxSplats: 1_000_000,
  relocationInterval: 1000,
  relocationParents: 'pull',
  budgetGrowth: 1.5,
  noiseRate: 5e4,
  opacityWeight: 0.001,
  scaleWeight: 0.001,
  featureDetail: 'standard',
  featureRows: 120,
  crops: 'pyramid',
  cropLevels: 4,
  cropScaleMax: 0.2,
  codebookSize: 255,
  balanceTemperature: 0.1,
  codebookStart: 'kmeans',
  codebookReseed: true,
  codebookEpochs: 2,
  codebookDecayEpochs: 2,
  codebookBatch: 16_384,
  codebookRate: 1e-3,
  mapPooling: 'superpixels',
  semanticFrom: 9000,
  semanticStart: 'lift',
  liftGate: 0.01,
  liftPower: 4,
  liftKinship: 0.1,
  liftInterval: 7500,
  labelVote: true,
  settleSplats: true,
  labelTrust: 0.5,
  uncertaintyForm: 'log',
  uncertaintyBelow: 0,
  semanticSamples: 1024,
  semanticRate: 0.002,
  networkRate: 3e-3,
  smoothingWeight: 50,
  smoothingSamples: 1024,
  smoothingInterval: 2,
  smoothingNormalises: true,
};

export const presets: Readonly<Record<PresetName, TrainingSettings>> = {
  notes,
  published: {
    ...notes,
    preset: 'published',
    crops: 'pyramid',
    balanceWeight: 1,
    uncertaintyForm: 'log',
    uncertaintyBelow: 0,
    smoothingForm: 'blend',
    smoothingFrequencies: 0,
  },
  legato,
};

/** A setting that is not what the schema asks for: names the field and the range. */
export class SettingsError extends SaidError {
  readonly field: string;
  constructor(field: string, said: Saying) {
    super(said);
    this.name = 'SettingsError';
    this.field = field;
  }
}

function checked(value: unknown, source: string): TrainingSettings {
  const result = trainingSettings.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.');
  throw new SettingsError(field, { message: `${source}: ${field}: ${issue.message}` });
}

/** A preset with some of its settings changed. @throws SettingsError */
export function resolveSettings(overrides: Partial<TrainingSettings> = {}): TrainingSettings {
  const preset = overrides.preset ?? 'legato';
  return checked({ ...presets[preset], ...overrides }, 'settings');
}

/**
 * Settings from a saved run. A field that is younger than the file takes its preset's value; a field that is unknown here is an
 * error, since ignoring it would silently train something else.
 *
 * @throws SettingsError
 */
export function readSettings(saved: unknown, source: string): TrainingSettings {
  const head = z.looseObject({ preset: z.enum(['notes', 'published', 'legato']) }).safeParse(saved);
  if (!head.success) throw new SettingsError('preset', { message: `${source}: preset: not a run's settings` });
  return checked({ ...presets[head.data.preset], ...head.data }, source);
}
