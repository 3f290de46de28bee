/** The kernels of the C++ addon. */
import type { NativeAddon, NativeRasterizer, NativeRenderArguments } from './addon';
import type { AdamArguments } from './adam.reference';
import type { CodebookInput, CodebookLossParts, CodebookWeights, MapShape } from './codebook.reference';
import { NonFiniteParameterError, PARAMETER_GROUPS } from './errors';
import type {
  CodebookLossOutputs,
  HostKernels,
  PhotometricArguments,
  RenderArrays,
  RenderGradientArrays,
  RenderState,
} from './hostKernels';
import type { RenderView } from './render.reference';

interface FrameState {
  frame: number;
}

function renderArguments(
  arrays: RenderArrays,
  view: RenderView,
  semanticsMovesGeometry: boolean,
): NativeRenderArguments {
  const { width, height, fx, fy, cx, cy, worldToCamera } = view.camera;
  const { count, shDegree, channels, antialiased } = view;
  return {
    ...arrays,
    ...{ count, shDegree, channels, antialiased, width, height, fx, fy, cx, cy },
    worldToCamera: [...worldToCamera],
    background: [...view.background],
    semanticsMovesGeometry,
  };
}

/** The addon reports a non-finite parameter in words; callers get the same type from every backend. */
function named(error: unknown): unknown {
  const message = error instanceof Error ? error.message : '';
  const group = PARAMETER_GROUPS.find((name) => message.includes(name));
  const row = /(?:row|splat) (\d+)/.exec(message);
  return group && row ? new NonFiniteParameterError(group, Number(row[1])) : error;
}

/**
 * One rasterizer serves all renders, because its scratch memory is large. It remembers one forward pass only, so a
 * gradient whose frame was replaced (two views in one loss, a preview in between) first renders that view again.
 */
export class NativeKernels implements HostKernels {
  readonly addon: NativeAddon;
  private readonly rasterizer: NativeRasterizer;
  private lastFrame = -1;

  constructor(addon: NativeAddon) {
    this.addon = addon;
    this.rasterizer = new addon.Rasterizer();
  }

  get instructionSet(): string {
    return this.addon.info().instructionSet;
  }

  get threads(): number {
    return this.addon.info().threads;
  }

  render(arrays: RenderArrays, view: RenderView, semanticsMovesGeometry: boolean, image: Float32Array): FrameState {
    try {
      this.lastFrame = -1;
      this.lastFrame = this.rasterizer.forward(
        renderArguments(arrays, view, semanticsMovesGeometry),
        image,
        null,
      ).frame;
      return { frame: this.lastFrame };
    } catch (error) {
      throw named(error);
    }
  }

  renderGradient(
    arrays: RenderArrays,
    view: RenderView,
    semanticsMovesGeometry: boolean,
    state: RenderState,
    dImage: Float32Array,
    out: RenderGradientArrays,
  ): void {
    let { frame } = state as FrameState;
    if (frame !== this.lastFrame) {
      frame = this.render(arrays, view, semanticsMovesGeometry, new Float32Array(dImage.length)).frame;
    }
    this.rasterizer.backward(renderArguments(arrays, view, semanticsMovesGeometry), frame, dImage, out);
  }

  photometric(args: PhotometricArguments): number {
    return this.addon.photometric(args);
  }

  adam(args: AdamArguments<Float32Array>): void {
    this.addon.adam(args);
  }

  neighbours(points: Float32Array, count: number, k: number, meanDistances: Float32Array): void {
    this.addon.neighbours(points, count, k, meanDistances);
  }

  codebookLoss(
    input: CodebookInput<Float32Array>,
    weights: CodebookWeights,
    outputs: CodebookLossOutputs,
  ): CodebookLossParts {
    return this.addon.codebookLoss({ ...input, ...weights, ...outputs });
  }

  assignCells(input: CodebookInput<Float32Array>, indices: Int32Array, similarity: Float32Array | null): void {
    this.addon.assignCells({ ...input, indices, similarity });
  }

  cellSimilarities(input: CodebookInput<Float32Array>, similarity: Float32Array): void {
    this.addon.cellSimilarities({ ...input, similarity });
  }

  upsampledArgmax(similarity: Float32Array, shape: MapShape, map: Uint8Array): void {
    this.addon.upsampledArgmax({ ...shape, similarity, map });
  }

  photoToPlanes(rgb: Uint8Array, width: number, height: number, planes: Float32Array): void {
    this.addon.photoToPlanes(rgb, width, height, planes);
  }
}
