/** The readable float64 kernels behind the same door: the oracle, and what runs where the addon cannot load. */
import { adamReference } from './adam.reference';
import {
  assignReference,
  codebookLossReference,
  similaritiesReference,
  upsampledArgmaxReference,
} from './codebook.reference';
import type { HostKernels, PhotometricArguments, RenderArrays, RenderGradientArrays, RenderState } from './hostKernels';
import { neighboursReference } from './neighbours.reference';
import { photoToPlanesReference } from './photo.reference';
import { photometricReference } from './photometric.reference';
import { renderReference, renderReferenceBackward, type ReferenceRender, type RenderView } from './render.reference';

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
};
