/** Settings of the language-embedded Gaussians (METHOD §4): decoder, uncertainty, smoothing, and when they learn. */
import { choice, flag, integer, number, REFERENCE } from './settingFields';

export const uncertaintyForms = ['log', 'linear'] as const;
export type UncertaintyForm = (typeof uncertaintyForms)[number];
export const smoothingForms = ['floor', 'blend'] as const;
export type SmoothingForm = (typeof smoothingForms)[number];
export const semanticStarts = ['normal', 'lift'] as const;
export type SemanticStart = (typeof semanticStarts)[number];

const group = 'semantics';

export const semanticSettings = {
  semanticFrom: integer(0, 10_000_000, {
    group,
    unit: REFERENCE,
    description: 'semantics learn from this step on, once index maps exist; 0 is from the start',
  }),
  semanticSteps: integer(0, 10_000_000, {
    group,
    unit: 'steps',
    description: 'further steps in which only semantics learn, on finished geometry',
  }),
  semanticStart: choice(semanticStarts, {
    group,
    description: 'start of S_G: standard normal, or lifted from the index maps by blending weight',
  }),
  liftGate: number(0, 1, {
    group,
    description: 'least blending weight with which a Gaussian has a say in a pixel when labels are lifted',
  }),
  liftPower: number(1, 8, {
    group,
    description: 'γ: lifted votes count as the blending weight to this power; 1 is the weight itself',
  }),
  liftKinship: number(0, 2, {
    group,
    description:
      'T: a lifted vote also counts for entries that mean the same, by exp((cosine − 1) / T); 0 lets every entry stand alone',
  }),
  liftInterval: integer(0, 10_000_000, {
    group,
    unit: REFERENCE,
    description: 'distance between liftings while geometry learns; 0 lifts once, when semantics join',
  }),
  labelVote: flag({
    group,
    description:
      'take the label of a pixel by vote of the lifted labels of the Gaussians that it blends, so that photos agree; else from its photo’s own map',
  }),
  splatWeight: number(0, 100, {
    group,
    description: 'λ_G: weight of the cross-entropy of single Gaussians with their lifted labels; 0 is off',
  }),
  splatSamples: integer(1, 10_000_000, { group, unit: 'splats', description: 'Gaussians a step that it looks at' }),
  settleSplats: flag({
    group,
    description:
      'before the last step, turn Gaussians to what the pixels answer that they are part of, so that direct 3D agrees with pictures',
  }),
  labelWeight: number(0, 100, {
    group,
    description:
      'λ_L: weight of the cross-entropy of Gaussians that a person labelled with what their label means; 0 is off',
  }),
  initialUncertainty: number(0.0001, 0.9, { group, description: 'uncertainty of the Gaussians at the start' }),
  semanticWeight: number(0, 100, { group, description: 'λ_s: weight of the semantic loss' }),
  crossEntropyWeight: number(0, 100, { group, description: 'λ_CE: weight of the cross-entropy in it' }),
  labelTrust: number(0, 1, {
    group,
    description:
      'β: share of the cross-entropy with the map’s label once the decoder knows its labels; the rest is with its own answer, so that views come to agree',
  }),
  uncertaintyWeight: number(0, 100, { group, description: 'λ_u: weight of the price of uncertainty in it' }),
  uncertaintyForm: choice(uncertaintyForms, {
    group,
    description: 'price of uncertainty: −log(1 − u), or u itself as in the notes',
  }),
  uncertaintyBelow: number(0, 100, {
    group,
    unit: 'nats',
    description: 'uncertainty is held at 0 until the running cross-entropy is below this; 0 lets it learn at once',
  }),
  learnUncertainty: flag({ group, description: 'learn an uncertainty per Gaussian at all' }),
  semanticSamples: integer(0, 10_000_000, {
    group,
    unit: 'pixels',
    description: 'pixels a step that the semantic loss looks at, stratified over the photo; 0 takes all',
  }),
  semanticRate: number(0, 1, { group, description: 'learning rate of S_G' }),
  uncertaintyRate: number(0, 1, { group, description: 'learning rate of the uncertainty logits' }),
  decoderFirst: integer(1, 1024, {
    group,
    unit: 'units',
    description: 'width of the first hidden layer of the decoder',
  }),
  decoderSecond: integer(1, 1024, {
    group,
    unit: 'units',
    description: 'width of the second hidden layer of the decoder',
  }),
  networkRate: number(0, 1, { group, description: 'learning rate of decoder and smoothing network (AdamW)' }),
  networkWeightDecay: number(0, 1, { group, description: 'decoupled weight decay of both networks (AdamW)' }),

  smoothingWeight: number(0, 100, { group, description: 'λ_smo: weight of the smoothing loss; 0 is off' }),
  smoothingForm: choice(smoothingForms, {
    group,
    description: 'how uncertainty steers it: max(u, floor) as in the notes, or floor·(1 − u) + u as published',
  }),
  smoothingFloor: number(0, 1, { group, description: 'w_s: weight of the smoothing where nothing is uncertain' }),
  smoothingSamples: integer(0, 100_000_000, {
    group,
    unit: 'splats',
    description: 'Gaussians that a smoothing step looks at; 0 takes all',
  }),
  smoothingInterval: integer(1, 1_000_000, { group, unit: 'steps', description: 'distance between smoothing steps' }),
  smoothingFrequencies: integer(0, 16, { group, description: 'L: frequencies of the positional encoding' }),
  smoothingWidth: integer(1, 1024, { group, unit: 'units', description: 'width of the smoothing network' }),
  smoothingLayers: integer(1, 7, { group, unit: 'layers', description: 'hidden layers of the smoothing network' }),
  smoothingNormalises: flag({
    group,
    description: 'compare directions: both sides of the smoothing loss at unit length, so that S_G does not shrink',
  }),
};
