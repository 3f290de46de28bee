/** The settings that decide what a codebook is: group `codebook` of the schema and the seed. */
import type { TrainingSettings } from '#contract/settings';

export type CodebookSettings = Pick<
  TrainingSettings,
  | 'seed'
  | 'codebookSize'
  | 'dinoWeight'
  | 'cosineWeight'
  | 'balanceWeight'
  | 'balanceTemperature'
  | 'codebookStart'
  | 'codebookReseed'
  | 'codebookEpochs'
  | 'codebookDecayEpochs'
  | 'codebookBatch'
  | 'codebookRate'
  | 'codebookWeightDecay'
>;

export function codebookSettings(settings: TrainingSettings): CodebookSettings {
  return {
    seed: settings.seed,
    codebookSize: settings.codebookSize,
    dinoWeight: settings.dinoWeight,
    cosineWeight: settings.cosineWeight,
    balanceWeight: settings.balanceWeight,
    balanceTemperature: settings.balanceTemperature,
    codebookStart: settings.codebookStart,
    codebookReseed: settings.codebookReseed,
    codebookEpochs: settings.codebookEpochs,
    codebookDecayEpochs: settings.codebookDecayEpochs,
    codebookBatch: settings.codebookBatch,
    codebookRate: settings.codebookRate,
    codebookWeightDecay: settings.codebookWeightDecay,
  };
}

/** At the end of its decay the rate is this share of what it was at the start (METHOD §3). */
export const FINAL_RATE = 0.1;

/**
 * rate(t) = rate · (1 − 0.9 · min(1, t / decayEpochs))
 *
 * @param epoch  epochs done, fractions included
 */
export function rateAt(epoch: number, settings: CodebookSettings): number {
  const progress = Math.min(1, epoch / settings.codebookDecayEpochs);
  return settings.codebookRate * (1 - (1 - FINAL_RATE) * progress);
}
