/**
 * What a backend on the host must compute: every op as a plain function on the tensors' own arrays. The native addon
 * and the float64 reference are the two implementations; hostBackend.ts puts either under tfjs.
 */
import type { AdamArguments } from './adam.reference';
import type { CodebookInput, CodebookLossParts, CodebookWeights, MapShape } from './codebook.reference';
import type { DecodedRows, DecodeReport, DecodeWeights, NetworkArrays, TopCodes } from './network.reference';
import type { PackedWords, PackExtremes, PackInput, PackRange } from './pack.reference';
import type { SampleWeights } from './sample.reference';
import type { RenderFrame } from './render';
import type { RenderView } from './render.reference';
import type { MarchedSurface } from './marching.reference';
import type { SurfacePicture, SurfaceSplats } from './surface.reference';
import type { Observation, VolumeOptions, VoxelBlocks } from './volume.reference';

export interface RenderArrays {
  geometry: Float32Array;
  sphericalHarmonics: Float32Array;
  semantics: Float32Array | null;
}

/** Gradient arrays to fill over their whole capacity; null is not computed. */
export interface RenderGradientArrays {
  geometry: Float32Array | null;
  sphericalHarmonics: Float32Array | null;
  semantics: Float32Array | null;
  probe: Float32Array | null;
}

export interface PhotometricArguments {
  /** [≥3, H, W] */
  image: Float32Array;
  /** [3, H, W] */
  target: Float32Array;
  /** [H, W] of 0 and 1 */
  mask: Float32Array | null;
  width: number;
  height: number;
  ssimWeight: number;
  /** [3, H, W], filled unless null */
  gradient: Float32Array | null;
}

export interface CodebookLossOutputs {
  /** [N, width], filled unless null */
  gradient: Float32Array | null;
  /** [≥ P] */
  assigned: Int32Array;
  /** [N] */
  counts: Int32Array;
}

/** What a forward pass leaves for its backward pass; only the kernels that made it look inside. */
export type RenderState = object;

/** What `sampleSemantics` leaves for its gradient. */
export type SampleState = object;

export interface NetworkGradientOutputs {
  /** [in, out] each */
  dKernels: Float32Array[];
  /** [out] each */
  dBiases: Float32Array[];
}

/** A volume of fused depth; `dispose` gives its memory back. */
export interface HostVolume {
  readonly blocks: number;
  readonly memoryBytes: number;
  integrate(view: Observation): void;
  surface(leastWeight: number): MarchedSurface;
  read(): VoxelBlocks;
  dispose(): void;
}

export interface HostKernels {
  readonly instructionSet: string;
  readonly threads: number;
  /** Fills image [C, H, W]. `semanticsMovesGeometry` matters to the gradient alone, but may decide what is kept for it. */
  render(arrays: RenderArrays, view: RenderView, semanticsMovesGeometry: boolean, image: Float32Array): RenderState;
  renderGradient(
    arrays: RenderArrays,
    view: RenderView,
    semanticsMovesGeometry: boolean,
    state: RenderState,
    dImage: Float32Array,
    out: RenderGradientArrays,
  ): void;
  /** Fills out [pixels, 10]. */
  sampleSemantics(frame: RenderFrame, pixels: Int32Array, semantics: Float32Array, out: Float32Array): SampleState;
  /** Fills dSemantics over its whole capacity. */
  sampleSemanticsGradient(
    frame: RenderFrame,
    sample: SampleState,
    semantics: Float32Array,
    dOut: Float32Array,
    dSemantics: Float32Array,
  ): void;
  /** Overwrites the labels [pixels] of the last sample that are not 0 by the vote of the splats' [count]. */
  voteLabels(sample: SampleState, splats: Uint8Array, labels: Uint8Array): void;
  /** Weights ≥ least. */
  sampleWeights(frame: RenderFrame, pixels: Int32Array, least: number): SampleWeights;
  surface(frame: RenderFrame, splats: SurfaceSplats, out: SurfacePicture): void;
  volume(options: VolumeOptions): HostVolume;
  network(network: NetworkArrays<Float32Array>, rows: number, input: Float32Array, output: Float32Array): void;
  networkGradient(
    network: NetworkArrays<Float32Array>,
    rows: number,
    input: Float32Array,
    dOutput: Float32Array,
    out: NetworkGradientOutputs & { dInput: Float32Array | null },
  ): void;
  /** Fills `out` unless it is null. */
  decodeLoss(
    network: NetworkArrays<Float32Array>,
    samples: Float32Array,
    labels: Uint8Array,
    priced: Uint8Array,
    weights: DecodeWeights,
    out: (NetworkGradientOutputs & { dSamples: Float32Array }) | null,
  ): DecodeReport;
  decodeRows(network: NetworkArrays<Float32Array>, features: Float32Array, values: Float32Array | null): DecodedRows;
  /** `values` [sets, N] */
  decodeTop(network: NetworkArrays<Float32Array>, features: Float32Array, top: number, values: Float32Array): TopCodes;
  photometric(args: PhotometricArguments): number;
  adam(args: AdamArguments<Float32Array>): void;
  neighbours(points: Float32Array, count: number, k: number, meanDistances: Float32Array): void;
  codebookLoss(
    input: CodebookInput<Float32Array>,
    weights: CodebookWeights,
    outputs: CodebookLossOutputs,
  ): CodebookLossParts;
  /** `similarity` [≥ P] receives D_m unless null */
  assignCells(input: CodebookInput<Float32Array>, indices: Int32Array, similarity: Float32Array | null): void;
  cellSimilarities(input: CodebookInput<Float32Array>, similarity: Float32Array): void;
  upsampledArgmax(similarity: Float32Array, shape: MapShape, map: Uint8Array): void;
  photoToPlanes(rgb: Uint8Array, width: number, height: number, planes: Float32Array): void;
  packExtremes(input: PackInput): PackExtremes;
  packSplats(input: PackInput, range: PackRange, out: PackedWords): void;
}
