/** The readable float64 kernels behind the same door: the oracle, and what runs where the addon cannot load. */
import { adamReference } from './adam.reference';
import type { PixelWeight } from './blend.reference';
import type { RenderFrame } from './render';
import {
  assignReference,
  codebookLossReference,
  similaritiesReference,
  upsampledArgmaxReference,
} from './codebook.reference';
import type { HostKernels, PhotometricArguments, RenderArrays, RenderGradientArrays, RenderState } from './hostKernels';
import {
  decodeLossReference,
  decodeRowsReference,
  decodeTopReference,
  networkReference,
  networkReferenceBackward,
} from './network.reference';
import { neighboursReference } from './neighbours.reference';
import { packExtremesReference, packSplatsReference } from './pack.reference';
import { photoToPlanesReference } from './photo.reference';
import { photometricReference } from './photometric.reference';
import {
  compositeReference,
  compositeReferenceBackward,
  votedLabelsReference,
  weightsReference,
} from './sample.reference';
import { marchingReference } from './marching.reference';
import { surfaceReference } from './surface.reference';
import { VolumeReference } from './volume.reference';
import { renderReference, renderReferenceBackward, type ReferenceRender, type RenderView } from './render.reference';

const sampled = (frame: RenderFrame, pixels: Int32Array): PixelWeight[][] =>
  weightsReference(frame.forward as ReferenceRender, frame.view?.camera.width ?? 1, pixels);

export const referenceKernels: HostKernels = {
  instructionSet: 'float64',
  threads: 1,

  render(arrays: RenderArrays, view: RenderView, _semanticsMovesGeometry: boolean, image: Float32Array): RenderState {
    const result = renderReference(arrays, view);
    image.set(result.image);
    return result;
  },

  renderGradient(
    arrays: RenderArrays,
    view: RenderView,
    semanticsMovesGeometry: boolean,
    state: RenderState,
    dImage: Float32Array,
    out: RenderGradientArrays,
  ): void {
    const forward = state as ReferenceRender;
    const gradients = renderReferenceBackward(arrays, view, forward, dImage, semanticsMovesGeometry);
    out.geometry?.set(gradients.geometry);
    out.sphericalHarmonics?.set(gradients.sphericalHarmonics);
    if (gradients.semantics) out.semantics?.set(gradients.semantics);
    out.probe?.set(gradients.probe);
  },

  surface(frame, splats, out) {
    if (frame.view) surfaceReference(frame.forward as ReferenceRender, frame.view, splats, out);
  },

  volume(options) {
    const volume = new VolumeReference(options);
    return {
      get blocks() {
        return volume.blocks;
      },
      get memoryBytes() {
        return volume.memoryBytes;
      },
      integrate: (view) => volume.integrate(view),
      surface: (leastWeight) => marchingReference(volume.read(), options.voxel, leastWeight),
      read: () => volume.read(),
      dispose: () => undefined,
    };
  },

  sampleSemantics(frame, pixels, semantics, out) {
    const weights = sampled(frame, pixels);
    out.set(compositeReference(weights, semantics));
    return weights;
  },

  sampleSemanticsGradient(_frame, sample, semantics, dOut, dSemantics) {
    dSemantics.set(compositeReferenceBackward(sample as PixelWeight[][], semantics, dOut));
  },

  voteLabels(sample, splats, labels) {
    labels.set(votedLabelsReference(sample as PixelWeight[][], splats, labels));
  },

  sampleWeights(frame, pixels, least) {
    const weights = sampled(frame, pixels).map((pairs) => pairs.filter(({ weight }) => weight >= least));
    const offsets = new Uint32Array(pixels.length + 1);
    weights.forEach((pairs, p) => (offsets[p + 1] = offsets[p] + pairs.length));
    const pairs = weights.flat();
    return {
      offsets,
      rows: Uint32Array.from(pairs, ({ row }) => row),
      weights: Float32Array.from(pairs, ({ weight }) => weight),
    };
  },

  network: (network, rows, input, output) => output.set(networkReference(network, input, rows)),

  networkGradient(network, rows, input, dOutput, out) {
    const { dKernels, dBiases, dInput } = networkReferenceBackward(network, input, rows, dOutput);
    dKernels.forEach((gradient, l) => out.dKernels[l].set(gradient));
    dBiases.forEach((gradient, l) => out.dBiases[l].set(gradient));
    out.dInput?.set(dInput);
  },

  decodeLoss(network, samples, labels, priced, weights, out) {
    const { dKernels, dBiases, dSamples, ...report } = decodeLossReference(network, samples, labels, weights, priced);
    dKernels.forEach((gradient, l) => out?.dKernels[l].set(gradient));
    dBiases.forEach((gradient, l) => out?.dBiases[l].set(gradient));
    out?.dSamples.set(dSamples);
    return report;
  },

  decodeRows: (network, features, values) => decodeRowsReference(network, features, features.length / 8, values),

  decodeTop: decodeTopReference,

  photometric({ image, target, mask, width, height, ssimWeight, gradient }: PhotometricArguments): number {
    const result = photometricReference(image, target, mask, width, height, ssimWeight);
    gradient?.set(result.gradient);
    return result.loss;
  },

  codebookLoss(input, weights, outputs) {
    const { gradient, assigned, counts, ...parts } = codebookLossReference(input, weights);
    outputs.gradient?.set(gradient);
    outputs.assigned.set(assigned);
    outputs.counts.set(counts);
    return parts;
  },

  assignCells(input, indices, similarity) {
    const result = assignReference(input);
    indices.set(result.indices);
    similarity?.set(result.similarity);
  },

  cellSimilarities: (input, similarity) => similarity.set(similaritiesReference(input)),
  upsampledArgmax: upsampledArgmaxReference,
  adam: adamReference,
  neighbours: neighboursReference,
  photoToPlanes: photoToPlanesReference,
  packExtremes: packExtremesReference,
  packSplats: packSplatsReference,
};
