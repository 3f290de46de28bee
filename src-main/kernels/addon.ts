/**
 * The native addon: its typed interface, and finding it from the sources as well as from the bundle.
 *
 * Arrays are row-major and planar as in layout.ts. Calls are synchronous and use the addon's own threads; every array
 * is borrowed for the length of the call.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AdamArguments } from './adam.reference';
import type { CodebookInput, CodebookLossParts, CodebookWeights, MapShape } from './codebook.reference';
import { AddonError } from './errors';
import type { DecodeReport, DecodeWeights, NetworkArrays } from './network.reference';
import type { PackedWords, PackExtremes, PackInput, PackRange } from './pack.reference';
import type { MarchedSurface } from './marching.reference';
import type { SampleWeights } from './sample.reference';
import type { SurfacePicture, SurfaceSplats } from './surface.reference';
import type { Observation, VolumeOptions, VoxelBlocks } from './volume.reference';
import type {
  CodebookLossOutputs,
  NetworkGradientOutputs,
  PhotometricArguments,
  RenderGradientArrays,
} from './hostKernels';

export interface AddonInfo {
  /** in use now: generic, avx2, avx512, … */
  instructionSet: string;
  /** what this CPU and this build can run */
  available: string[];
  threads: number;
  version: string;
}

export interface NativeRenderArguments {
  geometry: Float32Array;
  sphericalHarmonics: Float32Array;
  semantics: Float32Array | null;
  count: number;
  shDegree: number;
  width: number;
  height: number;
  fx: number;
  fy: number;
  cx: number;
  cy: number;
  /** [4, 4] row-major */
  worldToCamera: number[];
  background: [number, number, number];
  /** bits of layout.ts */
  channels: number;
  antialiased: boolean;
  /** decides what the forward pass keeps for the backward pass */
  semanticsMovesGeometry: boolean;
}

/** Owns all scratch memory of rendering and the state of its last forward pass. */
export interface NativeRasterizer {
  /** `frame` names this forward pass; `backward` refuses a frame that another one has replaced. */
  forward(
    args: NativeRenderArguments,
    image: Float32Array,
    radii: Float32Array | null,
  ): {
    visible: number;
    /** (splat, tile) pairs */
    instances: number;
    /** (splat, vector of pixels) pairs worked on */
    vectors: number;
    frame: number;
  };
  backward(args: NativeRenderArguments, frame: number, dImage: Float32Array, out: RenderGradientArrays): void;
  /** out [pixels, 10] of a frame's pixels; the result names the sample until the next one. */
  compositeSamples(
    frame: number,
    pixels: Int32Array,
    semantics: Float32Array,
    count: number,
    out: Float32Array,
  ): number;
  /** dSemantics is filled over its whole length */
  scatterSamples(sample: number, dOut: Float32Array, dSemantics: Float32Array): void;
  /** labels [pixels] that are not 0 become the vote of the splats' [count] */
  voteSamples(sample: number, splats: Uint8Array, labels: Uint8Array): void;
  sampleWeights(frame: number, pixels: Int32Array, least: number): SampleWeights;
  surface(frame: number, splats: SurfaceSplats, out: SurfacePicture): void;
  memoryBytes(): number;
}

/** Voxels outside of JavaScript's memory, until `release`. */
export interface NativeVolume {
  integrate(
    args: Omit<Observation, 'camera'> &
      Pick<NativeRenderArguments, 'width' | 'height' | 'fx' | 'fy' | 'cx' | 'cy'> & {
        worldToCamera: number[];
      },
  ): void;
  march(table: Uint8Array, leastWeight: number): MarchedSurface;
  read(): VoxelBlocks;
  blocks(): number;
  memoryBytes(): number;
  release(): void;
}

/** Layers and the rows that go through them. */
type NativeNetwork = NetworkArrays<Float32Array> & { rows: number };

export interface NativeAddon {
  info(): AddonInfo;
  /** Size of the pool, the caller included. */
  setThreads(threads: number): void;
  setInstructionSet(name: string): void;
  /** The machine's best, with the present pool and instruction set. Takes about a second. */
  measureMachine(): { gigaflops: number; gigabytesPerSecond: number };
  Rasterizer: new () => NativeRasterizer;
  Volume: new (options: VolumeOptions) => NativeVolume;
  networkOutputs(args: NativeNetwork & { input: Float32Array; output: Float32Array }): void;
  networkGradients(
    args: NativeNetwork &
      NetworkGradientOutputs & { input: Float32Array; dOutput: Float32Array; dInput: Float32Array | null },
  ): void;
  decodeLoss(
    args: NativeNetwork &
      DecodeWeights &
      Partial<NetworkGradientOutputs> & {
        samples: Float32Array;
        labels: Uint8Array;
        priced: Uint8Array;
        dSamples: Float32Array | null;
      },
  ): DecodeReport;
  decodeRows(
    args: NativeNetwork & {
      features: Float32Array;
      values: Float32Array | null;
      entries: Uint8Array | null;
      probabilities: Float32Array | null;
      scores: Float32Array | null;
    },
  ): void;
  decodeTop(
    args: NativeNetwork & {
      features: Float32Array;
      top: number;
      sets: number;
      values: Float32Array | null;
      entries: Uint8Array;
      probabilities: Float32Array;
      scores: Float32Array | null;
    },
  ): void;
  photometric(args: PhotometricArguments): number;
  adam(args: AdamArguments<Float32Array>): void;
  neighbours(points: Float32Array, count: number, k: number, meanDistances: Float32Array): void;
  codebookLoss(args: CodebookInput<Float32Array> & CodebookWeights & CodebookLossOutputs): CodebookLossParts;
  assignCells(args: CodebookInput<Float32Array> & { indices: Int32Array; similarity: Float32Array | null }): void;
  cellSimilarities(args: CodebookInput<Float32Array> & { similarity: Float32Array }): void;
  upsampledArgmax(args: MapShape & { similarity: Float32Array; map: Uint8Array }): void;
  photoToPlanes(rgb: Uint8Array, width: number, height: number, planes: Float32Array): void;
  packExtremes(args: PackInput): PackExtremes;
  packSplats(args: PackInput & PackRange & PackedWords): void;
}

const ADDON = join('native', 'build', 'legato.node');

/** The package's folder: the nearest one upwards that has the addon's sources or the addon itself. */
function packageRoot(): string | null {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'native'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

let loaded: NativeAddon | undefined;

/** @throws AddonError if the addon is not built or does not load on this machine */
export function loadAddon(): NativeAddon {
  if (loaded) return loaded;
  const root = packageRoot();
  const path = root && join(root, ADDON);
  if (!path || !existsSync(path)) {
    throw new AddonError(
      `${path ?? ADDON}: not built; run \`npm run build\`, which needs a C++20 compiler (g++, clang++ or MSVC)`,
    );
  }
  try {
    loaded = createRequire(import.meta.url)(path) as NativeAddon;
    return loaded;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new AddonError(
      `${path}: does not load (${cause}); run \`npm run build\` on this machine with a C++20 compiler`,
    );
  }
}
