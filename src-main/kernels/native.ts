/** The kernels of the C++ addon. */
import type { NativeAddon, NativeRasterizer, NativeRenderArguments, NativeVolume } from './addon';
import type { AdamArguments } from './adam.reference';
import type { CodebookInput, CodebookLossParts, CodebookWeights, MapShape } from './codebook.reference';
import type { DecodedRows, DecodeReport, DecodeWeights, NetworkArrays, TopCodes } from './network.reference';
import type { PackedWords, PackExtremes, PackInput, PackRange } from './pack.reference';
import type { RenderFrame } from './render';
import type { SampleWeights } from './sample.reference';
import { KernelArgumentError, NonFiniteParameterError, PARAMETER_GROUPS, VolumeFullError } from './errors';
import type { MarchedSurface } from './marching.reference';
import { marchingTable } from './marchingTable';
import type { SurfacePicture, SurfaceSplats } from './surface.reference';
import type { Observation, VolumeOptions, VoxelBlocks } from './volume.reference';
import type {
  CodebookLossOutputs,
  HostKernels,
  HostVolume,
  NetworkGradientOutputs,
  PhotometricArguments,
  RenderArrays,
  RenderGradientArrays,
  RenderState,
  SampleState,
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

class NativeVolumeKernels implements HostVolume {
  readonly #volume: NativeVolume;
  readonly #maxBlocks: number;

  constructor(volume: NativeVolume, maxBlocks: number) {
    this.#volume = volume;
    this.#maxBlocks = maxBlocks;
  }

  get blocks(): number {
    return this.#volume.blocks();
  }

  get memoryBytes(): number {
    return this.#volume.memoryBytes();
  }

  integrate({ camera, ...planes }: Observation): void {
    const { width, height, fx, fy, cx, cy, worldToCamera } = camera;
    try {
      this.#volume.integrate({ ...planes, width, height, fx, fy, cx, cy, worldToCamera: [...worldToCamera] });
    } catch (error) {
      if (error instanceof Error && error.message.includes('use larger voxels'))
        throw new VolumeFullError(this.#maxBlocks);
      throw error;
    }
  }

  surface(leastWeight: number): MarchedSurface {
    return this.#volume.march(marchingTable, leastWeight);
  }

  read(): VoxelBlocks {
    return this.#volume.read();
  }

  dispose(): void {
    this.#volume.release();
  }
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

  /** The native number of a frame that is still the last one. @throws KernelArgumentError */
  #fresh(frame: RenderFrame): number {
    const { frame: number } = frame.forward as FrameState;
    if (number !== this.lastFrame)
      throw new KernelArgumentError('sampleSemantics', 'frame', 'another picture was rendered since; sample it first');
    return number;
  }

  sampleSemantics(frame: RenderFrame, pixels: Int32Array, semantics: Float32Array, out: Float32Array): SampleState {
    const count = frame.view?.count ?? 0;
    return { sample: this.rasterizer.compositeSamples(this.#fresh(frame), pixels, semantics, count, out) };
  }

  sampleSemanticsGradient(
    _frame: RenderFrame,
    state: SampleState,
    _semantics: Float32Array,
    dOut: Float32Array,
    dSemantics: Float32Array,
  ): void {
    this.rasterizer.scatterSamples((state as { sample: number }).sample, dOut, dSemantics);
  }

  voteLabels(state: SampleState, splats: Uint8Array, labels: Uint8Array): void {
    this.rasterizer.voteSamples((state as { sample: number }).sample, splats, labels);
  }

  sampleWeights(frame: RenderFrame, pixels: Int32Array, least: number): SampleWeights {
    return this.rasterizer.sampleWeights(this.#fresh(frame), pixels, least);
  }

  surface(frame: RenderFrame, splats: SurfaceSplats, out: SurfacePicture): void {
    this.rasterizer.surface(this.#fresh(frame), splats, out);
  }

  volume(options: VolumeOptions): HostVolume {
    return new NativeVolumeKernels(new this.addon.Volume(options), options.maxBlocks);
  }

  network(network: NetworkArrays<Float32Array>, rows: number, input: Float32Array, output: Float32Array): void {
    this.addon.networkOutputs({ ...network, rows, input, output });
  }

  networkGradient(
    network: NetworkArrays<Float32Array>,
    rows: number,
    input: Float32Array,
    dOutput: Float32Array,
    out: NetworkGradientOutputs & { dInput: Float32Array | null },
  ): void {
    this.addon.networkGradients({ ...network, ...out, rows, input, dOutput });
  }

  decodeLoss(
    network: NetworkArrays<Float32Array>,
    samples: Float32Array,
    labels: Uint8Array,
    priced: Uint8Array,
    weights: DecodeWeights,
    out: (NetworkGradientOutputs & { dSamples: Float32Array }) | null,
  ): DecodeReport {
    return this.addon.decodeLoss({
      ...{ ...network, ...weights, ...out, samples, labels, priced },
      ...{ rows: labels.length, dSamples: out?.dSamples ?? null },
    });
  }

  decodeRows(network: NetworkArrays<Float32Array>, features: Float32Array, values: Float32Array | null): DecodedRows {
    const rows = features.length / 8;
    const entries = new Uint8Array(rows);
    const [probabilities, scores] = [new Float32Array(rows), new Float32Array(rows)];
    this.addon.decodeRows({ ...network, rows, features, values, entries, probabilities, scores: values && scores });
    return { entries, probabilities, scores };
  }

  decodeTop(network: NetworkArrays<Float32Array>, features: Float32Array, top: number, values: Float32Array): TopCodes {
    const rows = features.length / 8;
    const sets = values.length / network.widths[network.widths.length - 1];
    const entries = new Uint8Array(rows * top);
    const [probabilities, scores] = [new Float32Array(rows * top), new Float32Array(rows * sets)];
    this.addon.decodeTop({ ...network, rows, features, top, sets, values, entries, probabilities, scores });
    return { entries, probabilities, scores };
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

  packExtremes(input: PackInput): PackExtremes {
    return this.addon.packExtremes(input);
  }

  packSplats(input: PackInput, range: PackRange, out: PackedWords): void {
    this.addon.packSplats({ ...input, ...range, ...out });
  }
}
