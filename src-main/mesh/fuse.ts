/**
 * From splats to one labelled surface: what the photos' cameras and an orbit see, fused, marched, cleaned and cut along labels.
 *
 *   faint splats and floaters out → median depth, labels, uncertainty of each view → volume → marching cubes → small pieces out → seams
 *
 * One view at a time, with a breath in between, so that a caller can show progress and stop it.
 */
import * as tf from '@tensorflow/tfjs';
import type { PinholeCamera } from '#contract/camera';
import { render, surfacePicture, surfacePlanes, Volume, type RenderFrame, type SurfacePicture } from '../kernels/index';
import { GEOMETRY } from '../kernels/layout';
import { splatScalars } from '../semantics/index';
import { dropSmallPieces } from './components';
import { MeshError } from './errors';
import { withoutFloaters } from './filter';
import type { Segmentation } from './labels';
import { cutAlongLabels, type SegmentedMesh } from './seams';
import { orbitViews } from './views';

export interface MeshSettings {
  /** side of a voxel, world units; null = one and a half pixels at the median depth of the photos */
  readonly voxel: number | null;
  /** voxels on either side of the surface */
  readonly truncation: number;
  /** least opacity of a splat that is part of a surface */
  readonly leastOpacity: number;
  /** views of the orbit */
  readonly extraViews: number;
  /** how much one of them says, of a photo's 1 */
  readonly extraWeight: number;
  /** of a voxel: 1 = one sharp frontal view */
  readonly leastWeight: number;
  /** of a piece, faces of voxels; 0 keeps all */
  readonly leastPiece: number;
  readonly maxBlocks: number;
}

export const meshDefaults: MeshSettings = {
  ...{ voxel: null, truncation: 3, leastOpacity: 0.2, extraViews: 24, extraWeight: 0.5 },
  ...{ leastWeight: 0.05, leastPiece: 200, maxBlocks: 100_000 },
};

/** Splats on the host. */
export interface MeshScene {
  readonly count: number;
  /** [≥ count, 11] */
  readonly geometry: Float32Array;
  /** [≥ count, 48] */
  readonly sphericalHarmonics: Float32Array;
  /** [≥ count, 9] */
  readonly semantics: Float32Array;
  readonly shDegree: number;
  readonly antialiased: boolean;
  /** of the photos */
  readonly cameras: readonly PinholeCamera[];
}

export interface MeshProgress {
  readonly stage: 'views' | 'surface';
  readonly done: number;
  readonly total: number;
}

export interface MeshReport {
  readonly views: number;
  readonly extraViews: number;
  /** side of a voxel, world units */
  readonly voxel: number;
  readonly blocks: number;
  readonly volumeBytes: number;
  readonly faint: number;
  readonly floaters: number;
  readonly pieces: number;
  readonly droppedPieces: number;
  readonly vertices: number;
  readonly triangles: number;
}

const PIXELS_PER_VOXEL = 1.5;
const SAMPLED_VIEWS = 8;
const CONFIDENCE_POWER = 3;
const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Draws views of splats as surfaces; owns tensors until `dispose`. */
export class SurfaceViews {
  readonly #inputs: { geometry: tf.Tensor2D; sphericalHarmonics: tf.Tensor2D };
  readonly #scene: MeshScene;
  readonly #geometry: Float32Array;
  readonly #splats: { uncertainty: Float32Array; labels: Uint16Array; labelCount: number };
  #planes: SurfacePicture = surfacePlanes(0, 0);

  /** @param geometry  [count, 11] of what is seen; @param labels  a number below `labelCount` a row */
  constructor(scene: MeshScene, geometry: Float32Array, labels: Uint16Array, labelCount: number) {
    const { count, sphericalHarmonics, semantics } = scene;
    this.#scene = scene;
    this.#geometry = geometry;
    const { uncertainty } = splatScalars(geometry, semantics, count);
    this.#splats = { uncertainty, labels, labelCount };
    this.#inputs = {
      geometry: tf.tensor2d(geometry, [count, GEOMETRY.columns]),
      sphericalHarmonics: tf.tensor2d(sphericalHarmonics.subarray(0, count * 48), [count, 48]),
    };
  }

  /** Colours [3, height, width] and surface of a view; both are overwritten by the next. */
  see(camera: PinholeCamera): { rgb: Float32Array; surface: SurfacePicture } {
    const { count, shDegree, antialiased } = this.#scene;
    if (this.#planes.depth.length !== camera.width * camera.height)
      this.#planes = surfacePlanes(camera.width, camera.height);
    const frame: RenderFrame = { forward: null, view: null };
    const image = render(this.#inputs, camera, {
      ...{ count, shDegree, antialiased, frame, channels: ['rgb'], background: [0, 0, 0] },
      semanticsMovesGeometry: false,
    });
    try {
      surfacePicture(frame, { geometry: this.#geometry, ...this.#splats }, this.#planes);
      return { rgb: image.dataSync<'float32'>(), surface: this.#planes };
    } finally {
      image.dispose();
    }
  }

  dispose(): void {
    tf.dispose(Object.values(this.#inputs));
  }
}

/** One and a half pixels at the median depth of a few views. @throws MeshError when they show nothing */
function voxelFor(views: SurfaceViews, cameras: readonly PinholeCamera[]): number {
  const sizes: number[] = [];
  const step = Math.max(1, Math.floor(cameras.length / SAMPLED_VIEWS));
  for (let i = 0; i < cameras.length; i += step) {
    const { depth } = views.see(cameras[i]).surface;
    const seen = depth.filter((d) => d > 0).sort();
    if (seen.length > 0) sizes.push(seen[seen.length >> 1] / cameras[i].fx);
  }
  if (sizes.length === 0)
    throw new MeshError('empty', 'no photo shows a surface: all splats are faint, or there are too few; train longer');
  return PIXELS_PER_VOXEL * sizes.sort((a, b) => a - b)[sizes.length >> 1];
}

export interface MadeMesh {
  readonly mesh: SegmentedMesh;
  readonly report: MeshReport;
}

/**
 * @throws MeshError when there is no surface, VolumeFullError when voxels are too small, and the signal's reason when it stops
 */
export async function meshOf(
  scene: MeshScene,
  { rows, segments }: Segmentation,
  settings: MeshSettings,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: MeshProgress) => void } = {},
): Promise<MadeMesh> {
  const { cameras } = scene;
  if (scene.count === 0 || cameras.length === 0)
    throw new MeshError('empty', scene.count === 0 ? 'there are no splats' : 'there are no photos to look from');
  const { geometry, faint, floaters } = withoutFloaters(scene.geometry, scene.count, settings.leastOpacity);
  const views = new SurfaceViews(scene, geometry, rows, segments.length);
  let volume: Volume | null = null;
  try {
    const voxel = settings.voxel ?? voxelFor(views, cameras);
    volume = new Volume({ voxel, truncation: settings.truncation * voxel, maxBlocks: settings.maxBlocks });
    const extra = orbitViews(cameras, settings.extraViews);
    const all = [
      ...cameras.map((camera) => ({ camera, weight: 1 })),
      ...extra.map((camera) => ({ camera, weight: settings.extraWeight })),
    ];
    for (const [i, { camera, weight }] of all.entries()) {
      signal?.throwIfAborted();
      onProgress?.({ stage: 'views', done: i, total: all.length });
      const { rgb, surface } = views.see(camera);
      const { depth, labels, uncertainty } = surface;
      // Light that is spread over many depths tells little of any: its share counts, cubed.
      const confidence = surface.confidence.map((share) => share ** CONFIDENCE_POWER);
      volume.integrate({ camera, weight, depth, confidence, rgb, labels, uncertainty });
      await breath();
    }
    signal?.throwIfAborted();
    onProgress?.({ stage: 'surface', done: 0, total: 1 });
    const marched = volume.surface(settings.leastWeight);
    const { blocks, memoryBytes: volumeBytes } = volume;
    volume.dispose();
    await breath();
    signal?.throwIfAborted();
    const { surface, pieces, dropped } = dropSmallPieces(marched, settings.leastPiece * voxel * voxel);
    if (surface.triangles.length === 0)
      throw new MeshError(
        'empty',
        'the views agree on no surface: train longer, or let smaller pieces and larger voxels through',
      );
    await breath();
    signal?.throwIfAborted();
    const mesh = cutAlongLabels(surface);
    onProgress?.({ stage: 'surface', done: 1, total: 1 });
    let triangles = 0;
    for (const list of mesh.parts.values()) triangles += list.length / 3;
    const report: MeshReport = {
      ...{ views: cameras.length, extraViews: extra.length, voxel, blocks, volumeBytes, faint, floaters },
      ...{ pieces, droppedPieces: dropped, vertices: mesh.uncertainties.length, triangles },
    };
    return { mesh, report };
  } finally {
    volume?.dispose();
    views.dispose();
  }
}
