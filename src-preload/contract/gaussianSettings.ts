/** Settings of the Gaussians' training (METHOD §1): run, photos, rates, appearance, loss, start, density. */
import { z } from 'zod';
import { flag, integer, number, rate, REFERENCE, unitInterval } from './settingFields';
import type { FieldMeta } from './settingFields';

export const presetNames = ['notes', 'published', 'legato'] as const;
export type PresetName = (typeof presetNames)[number];
export const relocationParents = ['opacity', 'pull'] as const;
export const viewOrders = ['shuffled', 'sequential'] as const;

export const gaussianSettings = {
  preset: z.enum(presetNames).meta({ group: 'run', description: 'the preset that the other settings start from' }),
  steps: integer(1, 10_000_000, { group: 'run', unit: 'steps', description: 'length of the run' }),
  seed: integer(0, 0xffff_ffff, { group: 'run', description: 'seed of every random choice' }),
  checkpointInterval: number(1, 86_400, { group: 'run', unit: 's', description: 'time between checkpoints' }),
  evaluationInterval: integer(0, 10_000_000, {
    group: 'run',
    unit: REFERENCE,
    description: 'distance between evaluations on the held-out photos; 0 evaluates at the end only',
  }),

  resolution: integer(0, 65_536, {
    group: 'photos',
    unit: 'px',
    description: 'long side that photos are reduced to; 0 keeps their size',
  }),
  holdout: z
    .int()
    .min(0)
    .max(100_000)
    .refine((every) => every !== 1, 'holding out every photo leaves none to train on')
    .meta({
      group: 'photos',
      unit: 'photos',
      description: 'every n-th photo by name is kept for evaluation, the first one included; 0 trains on all',
    } satisfies FieldMeta),
  viewOrder: z.enum(viewOrders).meta({
    group: 'photos',
    description: 'order of the photos: a new seeded permutation each epoch, or by name',
  }),
  coarseFactor: integer(1, 16, { group: 'photos', description: 'photos start this many times smaller; 1 is off' }),
  coarseSteps: integer(0, 10_000_000, {
    group: 'photos',
    unit: REFERENCE,
    description: 'until this step the photos grow, by halving the coarse factor at equal distances, to their size',
  }),

  meansRateStart: rate('learning rate of the means at the first step, times the camera extent'),
  meansRateEnd: rate('learning rate of the means at the last step, times the camera extent (log-linear between)'),
  sphericalHarmonicsRate: rate('learning rate of the spherical harmonics of degree 0'),
  sphericalHarmonicsRestDivisor: number(1, 1000, {
    group: 'rates',
    description: 'the higher degrees learn this many times slower',
  }),
  opacityRate: rate('learning rate of the opacity logits'),
  logScalesRate: rate('learning rate of the log-scales'),
  quaternionsRate: rate('learning rate of the rotations'),
  exposureRate: rate('learning rate of the photos’ exposures'),
  rateDecay: number(0.0001, 1, {
    group: 'rates',
    description: 'all rates but that of the means fall log-linearly to this share of themselves; 1 keeps them constant',
  }),
  adamBeta1: number(0, 0.999999, { group: 'rates', description: 'Adam: decay of the first moment' }),
  adamBeta2: number(0, 0.999999, { group: 'rates', description: 'Adam: decay of the second moment' }),
  adamEpsilon: number(0, 1, { group: 'rates', description: 'Adam: added to the root of the second moment' }),

  shDegree: integer(0, 3, { group: 'appearance', description: 'highest degree of the spherical harmonics' }),
  shInterval: integer(1, 10_000_000, {
    group: 'appearance',
    unit: REFERENCE,
    description: 'the degree rises by one after every such distance',
  }),
  background: z.tuple([unitInterval, unitInterval, unitInterval]).meta({
    group: 'appearance',
    description: 'colour behind the Gaussians: red, green, blue',
  }),
  randomBackground: flag({ group: 'appearance', description: 'a new random background each step' }),
  antialiased: flag({ group: 'appearance', description: 'opacity makes up for the dilation of small Gaussians' }),
  exposure: flag({
    group: 'appearance',
    description: 'learn the exposure and white balance of each photo, so that the scene need not explain them',
  }),
  semanticsMovesGeometry: flag({
    group: 'appearance',
    description: 'language and uncertainty may move geometry and opacity too (off: only colour does)',
  }),

  ssimWeight: number(0, 1, { group: 'loss', description: 'share of 1 − SSIM in the photometric loss; the rest is L1' }),

  initialOpacity: number(0.001, 0.999, { group: 'start', description: 'opacity of the Gaussians at the start' }),
  initialNeighbours: integer(1, 64, {
    group: 'start',
    description: 'the start scale is the mean distance to this many neighbours',
  }),
  initialScale: number(0.01, 10, { group: 'start', description: 'factor on the start scale' }),
  randomPoints: integer(1, 10_000_000, {
    group: 'start',
    unit: 'splats',
    description: 'random Gaussians that a capture without sparse points starts with',
  }),

  densityStart: integer(0, 10_000_000, {
    group: 'density',
    unit: REFERENCE,
    description: 'first step of density control',
  }),
  densityStop: integer(0, 10_000_000, {
    group: 'density',
    unit: REFERENCE,
    description: 'last step of density control',
  }),
  densityInterval: integer(1, 10_000_000, {
    group: 'density',
    unit: REFERENCE,
    description: 'distance between two passes of density control',
  }),
  densityShortestInterval: integer(1, 100_000, {
    group: 'density',
    unit: 'steps',
    description: 'a pass sees the statistics of at least this many steps, however short the run',
  }),
  gradientThreshold: number(0, 1, {
    group: 'density',
    unit: 'NDC',
    description: 'mean screen gradient above which a Gaussian is cloned or split',
  }),
  cloneScale: number(0, 10, {
    group: 'density',
    unit: 'camera extents',
    description: 'largest scale that is cloned; larger ones are split',
  }),
  splitDivisor: number(1, 10, { group: 'density', description: 'the children of a split are this many times smaller' }),
  pruneOpacity: number(0, 1, { group: 'density', description: 'opacity below which a Gaussian is removed' }),
  pruneRadius: number(0, 100_000, {
    group: 'density',
    unit: 'px',
    description: 'after the first opacity reset, larger Gaussians on the screen are removed; 0 is off',
  }),
  pruneScale: number(0, 1000, {
    group: 'density',
    unit: 'camera extents',
    description: 'after the first opacity reset, larger Gaussians are removed; 0 is off',
  }),
  hazeStep: integer(0, 10_000_000, {
    group: 'density',
    unit: REFERENCE,
    description: 'after this step haze is removed: Gaussians that are both faint and large; 0 is off',
  }),
  hazeOpacity: number(0.0001, 0.9999, {
    group: 'density',
    description: 'opacity below which a large Gaussian is haze',
  }),
  hazeScale: number(0.0001, 1000, {
    group: 'density',
    unit: 'camera extents',
    description: 'scale above which a faint Gaussian is haze',
  }),
  opacityResetInterval: integer(0, 10_000_000, {
    group: 'density',
    unit: REFERENCE,
    description: 'distance between two opacity resets while density control runs; 0 is off',
  }),
  opacityResetTo: number(0.0001, 1, { group: 'density', description: 'opacity after a reset, at most' }),
  maxSplats: integer(1, 100_000_000, { group: 'density', unit: 'splats', description: 'Gaussians at most' }),
  budget: integer(0, 100_000_000, {
    group: 'density',
    unit: 'splats',
    description:
      'number of Gaussians to make the most of: those that died are relocated and wander (MCMC), none is cloned, split or reset; 0 is off',
  }),
  relocationInterval: integer(1, 10_000_000, {
    group: 'density',
    unit: REFERENCE,
    description: 'under a budget, distance between two relocations',
  }),
  relocationStop: integer(0, 10_000_000, {
    group: 'density',
    unit: REFERENCE,
    description: 'under a budget, last step of relocation',
  }),
  relocationParents: z.enum(relocationParents).meta({
    group: 'density',
    description:
      'under a budget, who gets children: chance by opacity, or by opacity times the screen gradient that pulls at it',
  }),
  budgetGrowth: number(1, 10, {
    group: 'density',
    description: 'under a budget, how many times more Gaussians a relocation may leave',
  }),
  noiseRate: number(0, 1e9, {
    group: 'density',
    description: 'under a budget, how far faint Gaussians wander in a step, times the learning rate of the means',
  }),
  opacityWeight: number(0, 1000, {
    group: 'density',
    description: 'under a budget, weight of the mean opacity in the loss',
  }),
  scaleWeight: number(0, 1000, {
    group: 'density',
    description: 'under a budget, weight of the mean scale in the loss, in camera extents',
  }),
};
