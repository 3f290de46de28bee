/**
 * What training minimises, on one screen (METHOD §1, §4):
 *
 *   L = λ_RGB·L_RGB + λ_s·L_s + λ_smo·L_smo + λ_G·L_G + λ_L·L_L,   λ_RGB = 1,   under a budget + L_eco (gaussians/economy.ts)
 *
 * over one photo a step. The language terms join once index maps exist; they look at the same picture through sampled pixels, so
 * that the picture itself, and with it geometry and opacity, is bit for bit the one that would be trained without them.
 *
 * Shapes: image [C, H, W] with planes in the order of kernels/layout.ts, target [3, H, W] in 0…1, mask [H, W] of 0 or 1.
 */
import * as tf from '@tensorflow/tfjs';
import type { Scalar, Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs';
import type { PinholeCamera } from '#contract/camera';
import { decodeLoss, expose, gatherPixels, photometricLoss, render, sampleSemantics } from '../kernels/index';
import type {
  Channel,
  DecodeReport,
  DecodeWeights,
  LabelVote,
  Layer,
  RenderFrame,
  SmoothnessOptions,
} from '../kernels/index';
import { SAMPLE } from '../kernels/layout';
import { economyLoss } from '../gaussians/index';
import type { EconomyOptions } from '../gaussians/index';
import { smoothingLoss, splatLoss } from '../semantics/index';
import type { PixelSample } from '../semantics/index';

/** What is learned, and the probe whose gradient slot reports screen gradients and radii to density control. */
export interface Learnables {
  /** [capacity, 11] */
  readonly geometry: Variable;
  /** [capacity, 48] */
  readonly sphericalHarmonics: Variable;
  /** [capacity, 9] */
  readonly semantics: Variable;
  /** [capacity, 3], zeros */
  readonly probe: Variable;
}

/** One photo as supervision. */
export interface View {
  readonly camera: PinholeCamera;
  /** [3, H, W] */
  readonly target: Tensor3D;
  /** [H, W], 0 = ignore; null = all of it */
  readonly mask: Tensor2D | null;
}

/** L_s = λ_CE·L_CE + λ_u·L_u of sampled pixels, labels from the photo's index map. */
export interface SemanticTerm {
  /** λ_s */
  readonly weight: number;
  readonly sample: PixelSample;
  /** labels by vote of the Gaussians that a pixel blends, in place of the map's; null for the map's */
  readonly vote: LabelVote | null;
  /** the decoder */
  readonly layers: readonly Layer[];
  readonly loss: DecodeWeights;
  /** filled by the loss */
  readonly report: DecodeReport;
}

/** L_G of sampled Gaussians against their lifted labels, or L_L against what a person labelled them. */
export interface SplatTerm {
  /** λ_G, λ_L */
  readonly weight: number;
  readonly rows: Int32Array;
  /** [rows] 1 … N, 0 = none */
  readonly labels: Uint8Array;
  /** ones, [rows, 1]; the caller's, as it is the same at every step */
  readonly covered: Tensor2D;
  /** the decoder */
  readonly layers: readonly Layer[];
  readonly loss: DecodeWeights;
  /** filled by the loss */
  readonly report: DecodeReport;
}

/** L_smo of sampled Gaussians. */
export interface SmoothingTerm {
  /** λ_smo */
  readonly weight: number;
  readonly rows: Int32Array;
  /** PE of their positions, [rows, encoding width] */
  readonly encoded: Tensor2D;
  readonly layers: readonly Layer[];
  readonly options: SmoothnessOptions;
}

export interface ObjectiveOptions {
  /** live rows */
  readonly count: number;
  readonly shDegree: number;
  readonly background: readonly [number, number, number];
  readonly antialiased: boolean;
  readonly semanticsMovesGeometry: boolean;
  readonly ssimWeight: number;
  readonly semantic?: SemanticTerm | null;
  readonly smoothing?: SmoothingTerm | null;
  readonly splats?: readonly SplatTerm[];
  /** of the view's photo, [3, 4]; null for none */
  readonly exposure?: Tensor2D | null;
  /** under a budget of Gaussians; null without one */
  readonly economy?: Omit<EconomyOptions, 'count'> | null;
  /** geometry and colour are finished: only the language terms count */
  readonly semanticsOnly?: boolean;
  /** sees the image that is held against the photo while it exists; must not keep it */
  readonly observe?: (image: Tensor3D) => void;
}

const COLOUR: Channel[] = ['rgb'];
/** For the ablation in which semantics may move geometry: weights are then no constants, and all channels are rendered. */
const EVERYTHING: Channel[] = ['rgb', 'semantics', 'uncertainty', 'alpha'];

/** The loss of one view, a scalar on the tape. */
export function objective(learnables: Learnables, view: View, options: ObjectiveOptions): Scalar {
  const { semantic, smoothing, splats = [], ssimWeight, semanticsMovesGeometry } = options;
  const dense = semanticsMovesGeometry && !!semantic;
  const frame: RenderFrame = { forward: null, view: null };
  // Given to a picture that does not show them, semantics would get a gradient of zeros as large as themselves.
  const { geometry, sphericalHarmonics, probe } = learnables;
  const shown = { geometry, sphericalHarmonics, probe, semantics: dense ? learnables.semantics : null };
  const image = render(shown, view.camera, {
    ...options,
    channels: dense ? EVERYTHING : COLOUR,
    ...(semantic && { frame }),
  });
  const exposed = options.exposure ? expose(image, options.exposure) : image;
  options.observe?.(exposed);

  const terms: Scalar[] = [];
  if (!options.semanticsOnly) {
    terms.push(photometricLoss(exposed, view.target, view.mask, { ssimWeight }));
    if (options.economy) terms.push(economyLoss(geometry, { ...options.economy, count: options.count }));
  }
  if (semantic) {
    const { pixels, labels } = semantic.sample;
    const { vote, layers, loss, report, weight } = semantic;
    const sampled = sampleSemantics(learnables.semantics, frame, pixels, vote);
    const samples = dense ? gatherPixels(image, 3, SAMPLE.columns, pixels) : sampled;
    terms.push(decodeLoss(samples, vote?.labels ?? labels, layers, loss, report, labels).mul(weight));
  }
  for (const { rows, labels, covered, layers, loss, report, weight } of splats) {
    terms.push(splatLoss(learnables.semantics, rows, labels, covered, layers, loss, report).mul(weight));
  }
  if (smoothing) {
    const { rows, encoded, layers, weight } = smoothing;
    terms.push(smoothingLoss(learnables.semantics, rows, encoded, layers, smoothing.options).mul(weight));
  }
  return terms.length === 1 ? terms[0] : tf.addN(terms);
}

/** ∂L by what it is with respect to; what no term reaches is null. */
export interface ObjectiveGradients {
  readonly loss: number;
  /** [capacity, 11] */
  readonly geometry: tf.Tensor | null;
  /** [capacity, 48] */
  readonly sphericalHarmonics: tf.Tensor | null;
  /** [capacity, 9] */
  readonly semantics: tf.Tensor | null;
  /** [capacity, 3]: ∂L/∂x_ndc, ∂L/∂y_ndc, radius in px */
  readonly probe: tf.Tensor | null;
  /** [3, 4] */
  readonly exposure: tf.Tensor | null;
  /** kernel and bias of each layer in order */
  readonly decoder: tf.Tensor[];
  readonly smoother: tf.Tensor[];
}

const tensorsOf = (layers: readonly Layer[]): tf.Tensor[] => layers.flatMap(({ kernel, bias }) => [kernel, bias]);

/** Loss and gradients of one view; the caller disposes of the gradients. The tape is closed when this returns. */
export function objectiveGradients(learnables: Learnables, view: View, options: ObjectiveOptions): ObjectiveGradients {
  const { geometry, sphericalHarmonics, semantics, probe } = learnables;
  const { semantic, smoothing, splats = [], semanticsOnly } = options;
  const exposing = options.exposure && !semanticsOnly ? [options.exposure] : [];
  const shaping = semanticsOnly ? [] : [geometry, sphericalHarmonics, probe];
  const meaning = semantic || smoothing || splats.length > 0 ? [semantics] : [];
  const decoder = tensorsOf((semantic ?? splats.at(0))?.layers ?? []);
  const smoother = smoothing ? tensorsOf(smoothing.layers) : [];
  const { value, grads } = tf
    .engine()
    .gradients(
      () => objective(learnables, view, options),
      [...shaping, ...exposing, ...meaning, ...decoder, ...smoother],
    );
  const loss = value.dataSync()[0];
  value.dispose();
  const rest = [...grads];
  const [dGeometry = null, dHarmonics = null, dProbe = null] = rest.splice(0, shaping.length);
  const [dExposure = null] = rest.splice(0, exposing.length);
  const [dSemantics = null] = rest.splice(0, meaning.length);
  return {
    loss,
    geometry: dGeometry,
    sphericalHarmonics: dHarmonics,
    semantics: dSemantics,
    probe: dProbe,
    exposure: dExposure,
    decoder: rest.splice(0, decoder.length),
    smoother: rest,
  };
}
