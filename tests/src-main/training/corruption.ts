/**
 * Training semantics alone on a scene whose geometry is finished and whose index maps are partly wrong, with the trainer's own objective
 * and learner, and what it led to: per-Gaussian (direct 3D) mIoU against the truth, and how well u ranks the corrupted Gaussians.
 */
import * as tf from '@tensorflow/tfjs';
import { resolveSettings } from '#contract/presets';
import type { TrainingSettings } from '#contract/settings';
import { CounterRandom } from '../../../src-main/base/random';
import { decodeLoss, decodeRows, render, sampleSemantics, sampleWeights } from '../../../src-main/kernels/index';
import type { DecodeReport, RenderFrame } from '../../../src-main/kernels/index';
import { Agreement } from '../../../src-main/language/agreement';
import { codeDirections, LabelLift } from '../../../src-main/semantics/index';
import { objectiveGradients } from '../../../src-main/training/objective';
import { SemanticLearner } from '../../../src-main/training/semanticLearner';
import type { LabelledScene } from './corruptedScene';

export interface CorruptionScores {
  /** mean IoU of the classes over visible Gaussians, decoded one by one */
  meanIoU: number;
  /** of ranking visible Gaussians by u: the chance that a corrupted one lies above a clean one */
  auc: number;
  /** mean u of visible Gaussians */
  cleanUncertainty: number;
  corruptedUncertainty: number;
  /** mean CE of each photo without the factor 1 − R_u, nats */
  photos: number[];
}

/** Chance that a value of `positive` exceeds one of the others; ties count half (Mann and Whitney 1947). */
export function areaUnderCurve(
  values: ArrayLike<number>,
  positive: ArrayLike<number>,
  used: ArrayLike<number>,
): number {
  const rows = Array.from({ length: values.length }, (_, row) => row).filter((row) => used[row]);
  rows.sort((a, b) => values[a] - values[b]);
  let [sum, positives] = [0, 0];
  for (let from = 0; from < rows.length;) {
    let to = from;
    while (to < rows.length && values[rows[to]] === values[rows[from]]) to++;
    for (let i = from; i < to; i++)
      if (positive[rows[i]]) {
        sum += (from + 1 + to) / 2;
        positives++;
      }
    from = to;
  }
  const negatives = rows.length - positives;
  return positives === 0 || negatives === 0 ? NaN : (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Labels by vote of the maps, 0 = unseen. */
export function liftScene({ model, classes, cameras, maps }: LabelledScene): Uint8Array {
  const lift = new LabelLift(model.count, classes);
  cameras.forEach((camera, v) =>
    tf.tidy(() => {
      const frame: RenderFrame = { forward: null, view: null };
      render(model, camera, {
        ...{ count: model.count, shDegree: 0, background: [0, 0, 0], antialiased: false },
        ...{ channels: ['alpha'], semanticsMovesGeometry: false, frame },
      });
      lift.addView(
        sampleWeights(
          frame,
          Int32Array.from(maps[v].indices, (_, i) => i),
        ),
        maps[v].indices,
      );
    }),
  );
  return lift.result().labels;
}

/** Mean IoU of labels of visible Gaussians. */
export function splatIoU({ truth, visible, classes }: LabelledScene, labels: ArrayLike<number>): number {
  const agreement = new Agreement(classes, classes);
  agreement.add(labels, truth, visible);
  return agreement.meanIoU(Array.from({ length: classes + 1 }, (_, label) => label));
}

/**
 * What the check needs besides the default preset. L_smo is a mean over dimensions and Gaussians, L_CE one over pixels: at λ_smo = 1 the
 * pull on a Gaussian is a thousandth of its labels' and mends nothing. A short run must also teach the network: more, smaller steps.
 * The rates are those of some hundred steps, stated here so that the figures stay comparable whatever the preset's are.
 */
export const CHECKED: Partial<TrainingSettings> = {
  smoothingWeight: 30,
  smoothingInterval: 2,
  smoothingSamples: 1024,
  smoothingFrequencies: 2,
  semanticRate: 0.01,
  networkRate: 1e-3,
};

/** The rows of METHOD §7 check 8. */
export const CHECK_8: Readonly<Record<string, Partial<TrainingSettings>>> = {
  plain: { learnUncertainty: false, smoothingWeight: 0 },
  'u only': { smoothingWeight: 0 },
  'smoothing only': { learnUncertainty: false },
  'both, log': {},
  'both, linear': { uncertaintyForm: 'linear', uncertaintyBelow: 1 },
};

/** Trains as the default preset does, but for `changes`. The scene is as before afterwards. */
export async function trainOnMaps(
  scene: LabelledScene,
  steps: number,
  changes: Partial<TrainingSettings>,
): Promise<CorruptionScores> {
  const { model, classes, cameras, maps, corrupted, visible } = scene;
  const settings = resolveSettings({ semanticSamples: 0, decoderFirst: 64, decoderSecond: 64, ...changes });
  const vectors = Float32Array.from({ length: classes * classes }, (_, i) => (i % (classes + 1) === 0 ? 1 : 0));
  const { semantics } = model.arrays();
  const before = semantics.slice();
  if (settings.semanticStart === 'lift') {
    const directions = codeDirections(vectors, classes, settings.seed);
    liftScene(scene).forEach((label, row) => {
      if (label > 0) semantics.set(directions.subarray(8 * (label - 1), 8 * label), 9 * row);
    });
  }
  const learner = SemanticLearner.join(
    { entries: classes, codebook: 'test', vectors, load: (photo) => Promise.resolve(maps[Number(photo)]) },
    settings,
    model,
    1,
  );
  const order = new CounterRandom(settings.seed, 'order');
  for (let step = 1; step <= steps; step++) {
    const v = order.integer(step, cameras.length);
    const camera = cameras[v];
    const semantic = await learner.semanticTerm(String(v), camera, settings, step);
    const smoothing = learner.smoothingTerm(model, settings, step);
    const target = tf.zeros<tf.Rank.R3>([3, 1, 1]);
    const gradients = objectiveGradients(
      model,
      { camera, target, mask: null },
      {
        ...{ count: model.count, shDegree: 0, background: [0, 0, 0], antialiased: false, ssimWeight: 0.2 },
        ...{ semanticsMovesGeometry: false, semantic, smoothing, semanticsOnly: true },
      },
    );
    learner.learn(gradients, model, settings, step);
    tf.dispose([target, gradients.semantics ?? [], gradients.decoder, gradients.smoother, smoothing?.encoded ?? []]);
  }

  const layers = learner.decoder.arrays;
  const vectorsOfSplats = new Float32Array(8 * model.count);
  const u = new Float32Array(model.count);
  for (let row = 0; row < model.count; row++) {
    vectorsOfSplats.set(semantics.subarray(9 * row, 9 * row + 8), 8 * row);
    u[row] = 1 / (1 + Math.exp(-semantics[9 * row + 8]));
  }
  const labels = decodeRows(vectorsOfSplats, layers, null).entries.map((entry) => entry + 1);
  const meanOf = (kind: number): number => {
    const rows = u.filter((_, row) => visible[row] === 1 && corrupted[row] === kind);
    return rows.reduce((sum, value) => sum + value, 0) / Math.max(1, rows.length);
  };
  const photos = cameras.map((_, v) => photoCrossEntropy(scene, learner, v));
  learner.dispose();
  const scores = {
    meanIoU: splatIoU(scene, labels),
    auc: areaUnderCurve(u, corrupted, visible),
    cleanUncertainty: meanOf(0),
    corruptedUncertainty: meanOf(1),
    photos,
  };
  semantics.set(before);
  model.groups.semantics.zeroMoments(0, model.count);
  return scores;
}

function photoCrossEntropy({ model, cameras, maps }: LabelledScene, learner: SemanticLearner, v: number): number {
  const report: DecodeReport = { loss: 0, crossEntropy: 0, uncertainty: 0, right: 0, used: 0 };
  tf.tidy(() => {
    const frame: RenderFrame = { forward: null, view: null };
    render(model, cameras[v], {
      ...{ count: model.count, shDegree: 0, background: [0, 0, 0], antialiased: false },
      ...{ channels: ['alpha'], semanticsMovesGeometry: false, frame },
    });
    const { indices } = maps[v];
    const samples = sampleSemantics(
      model.semantics,
      frame,
      Int32Array.from(indices, (_, i) => i),
    );
    decodeLoss(
      samples,
      indices,
      learner.decoder.layers,
      {
        crossEntropyWeight: 1,
        uncertaintyWeight: 1,
        labelTrust: 1,
        linear: false,
        held: true,
        coverage: 0.5,
        highestUncertainty: 0.999,
      },
      report,
    );
  });
  return report.crossEntropy;
}
