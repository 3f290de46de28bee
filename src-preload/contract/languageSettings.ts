/** Settings of the language half: dense features (METHOD §2) and the codebook (METHOD §3). */
import { choice, flag, integer, number, text } from './settingFields';

export const featureDetails = ['fast', 'standard', 'full'] as const;
export type FeatureDetail = (typeof featureDetails)[number];
export const cropKinds = ['pyramid', 'random'] as const;
export type CropKind = (typeof cropKinds)[number];
export const codebookStarts = ['uniform', 'kmeans'] as const;
export type CodebookStart = (typeof codebookStarts)[number];

export const mapPoolings = ['none', 'superpixels'] as const;
export type MapPooling = (typeof mapPoolings)[number];

/** Share of the photo's height. */
const HEIGHTS = 'photo heights';

export const languageSettings = {
  clipModel: text({
    group: 'features',
    description: 'CLIP model, a name of `legato models list` or a folder; auto takes the best one installed',
  }),
  dinoModel: text({
    group: 'features',
    description: 'DINO model, a name of `legato models list` or a folder; auto takes the best one installed',
  }),
  featureDetail: choice(featureDetails, {
    group: 'features',
    description: 'how many crops a photo gets; full is the method as written',
  }),
  crops: choice(cropKinds, {
    group: 'features',
    description: 'crops for CLIP: a deterministic pyramid, or random ones as in the notes',
  }),
  cropLevels: integer(1, 16, { group: 'features', unit: 'levels', description: 'levels of the pyramid' }),
  cropScaleMin: number(0.01, 1, { group: 'features', unit: HEIGHTS, description: 'smallest crop of the pyramid' }),
  cropScaleMax: number(0.01, 1, { group: 'features', unit: HEIGHTS, description: 'largest crop of the pyramid' }),
  randomCrops: integer(1, 100_000, { group: 'features', unit: 'crops', description: 'random crops a photo' }),
  randomScaleMin: number(0.01, 1, { group: 'features', unit: HEIGHTS, description: 'smallest random crop' }),
  randomScaleMax: number(0.01, 1, { group: 'features', unit: HEIGHTS, description: 'largest random crop' }),
  featureRows: integer(0, 4096, {
    group: 'features',
    unit: 'rows',
    description: 'rows of the dense grid of features; 0 leaves it to the detail of features',
  }),

  codebookSize: integer(32, 255, { group: 'codebook', unit: 'entries', description: 'entries N of the codebook' }),
  dinoWeight: number(0, 100, { group: 'codebook', description: 'λ_DINO: weight of the DINO half in every similarity' }),
  cosineWeight: number(0, 100, { group: 'codebook', description: 'λ_cos: weight of the quantisation loss' }),
  balanceWeight: number(0, 100, { group: 'codebook', description: 'λ_lb: weight of the load-balancing loss' }),
  balanceTemperature: number(0.001, 100, {
    group: 'codebook',
    description: 'T of the softmax in the load-balancing loss; lower separates more',
  }),
  codebookStart: choice(codebookStarts, {
    group: 'codebook',
    description: 'start of the entries: uniform in ±1/N, or k-means++ on a sample of cells',
  }),
  codebookReseed: flag({
    group: 'codebook',
    description: 'entries that no cell chooses restart at the worst-served cells',
  }),
  codebookEpochs: integer(1, 100_000, { group: 'codebook', unit: 'epochs', description: 'epochs that are run' }),
  codebookDecayEpochs: integer(1, 100_000, {
    group: 'codebook',
    unit: 'epochs',
    description: 'over these the rate would fall linearly to a tenth',
  }),
  codebookBatch: integer(0, 1_000_000, {
    group: 'codebook',
    unit: 'cells',
    description: 'cells a step, shuffled over the photos; 0 takes all cells of 32 photos as the notes do',
  }),
  codebookRate: number(0, 1, { group: 'codebook', description: 'learning rate of the entries (AdamW)' }),
  codebookWeightDecay: number(0, 1, {
    group: 'codebook',
    description: 'decoupled weight decay of the entries (AdamW)',
  }),
  mapResolution: integer(0, 65_536, {
    group: 'codebook',
    unit: 'px',
    description: 'long side of the index maps; 0 takes the training resolution',
  }),
  mapPooling: choice(mapPoolings, {
    group: 'codebook',
    description:
      'what shares one index: every pixel by itself, or superpixels of the photo, for thin parts and borders',
  }),
};
