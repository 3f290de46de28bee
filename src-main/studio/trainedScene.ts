/**
 * A trained project, opened to look at: Gaussians of the newest checkpoint, the capture's cameras, and which photos were held
 * out. For rendering, evaluation and export; trains nothing and needs no lock, so it works beside a running trainer.
 */
import * as tf from '@tensorflow/tfjs';
import type { TrainingSettings } from '#contract/settings';
import { loadCapture, splitHoldout } from '../capture/index';
import type { Photo } from '../capture/index';
import { initKernels } from '../kernels/index';
import { CheckpointFolder, openProject } from '../project/index';
import type { Scene } from '../training/evaluation';
import type { TrainingSnapshot } from '../training/ports';
import { shDegreeAt } from '../training/schedule';
import { StudioError } from './studio';

export interface SceneOptions {
  backend: TrainingSettings['backend'];
  /** 0 takes every core */
  threads: number;
  /** long side in px; null as trained */
  resolution: number | null;
}

export interface TrainedScene {
  readonly root: string;
  readonly exports: string;
  /** absolute */
  readonly capture: string;
  readonly snapshot: TrainingSnapshot;
  /** of the run, with resolution, backend and threads as asked for here */
  readonly settings: TrainingSettings;
  readonly scene: Scene;
  /** the degree of spherical harmonics that training had reached */
  readonly shDegree: number;
  /** all, by name */
  readonly photos: Photo[];
  readonly heldOut: Photo[];
}

/** The newest checkpoint of a project. @throws ProjectError, StudioError when nothing was trained yet */
export async function openSnapshot(
  path: string,
  warn: (message: string) => void,
): Promise<{ root: string; exports: string; capture: string | null; snapshot: TrainingSnapshot }> {
  const project = await openProject(path, 'read');
  try {
    const { root, checkpoints, exports } = project.paths;
    const snapshot = await new CheckpointFolder(checkpoints, ({ message }) => warn(message)).latest();
    if (!snapshot) throw new StudioError(root, 'holds no checkpoint yet; train it first');
    return { root, exports, capture: project.capturePath, snapshot };
  } finally {
    await project.close();
  }
}

/** @throws ProjectError, CaptureError, StudioError, kernel errors */
export async function openTrainedScene(
  path: string,
  options: SceneOptions,
  warn: (message: string) => void,
): Promise<TrainedScene> {
  const { root, exports, capture: capturePath, snapshot } = await openSnapshot(path, warn);
  if (capturePath === null) throw new StudioError(root, 'was made without a capture; there are no poses to look from');
  const { backend, threads, resolution } = options;
  const settings = { ...snapshot.settings, backend, threads, resolution: resolution ?? snapshot.settings.resolution };
  const [capture] = await Promise.all([
    loadCapture(capturePath, { frame: snapshot.frame }),
    initKernels({ backend, threads: threads || undefined }),
  ]);
  const split = splitHoldout(capture.photos, settings.holdout, capture.heldOut);
  const heldOut = split.heldOut.map((index) => capture.photos[index]);
  const shDegree = shDegreeAt(Math.max(1, snapshot.step), settings);
  const scene = sceneOf(snapshot);
  return {
    ...{ root, exports, capture: capture.root, snapshot, settings, scene, shDegree, photos: capture.photos, heldOut },
  };
}

/** Frees its tensors. */
export function disposeScene({ scene }: TrainedScene): void {
  for (const tensor of [scene.geometry, scene.sphericalHarmonics, scene.semantics, scene.probe]) tensor.dispose();
}

function sceneOf({ tensors }: TrainingSnapshot): Scene {
  const matrix = (name: string): tf.Tensor2D => {
    const { shape, data } = tensors[name];
    return tf.tensor2d(data as Float32Array, shape as [number, number], 'float32');
  };
  const geometry = matrix('geometry');
  const count = geometry.shape[0];
  return {
    geometry,
    sphericalHarmonics: matrix('sphericalHarmonics'),
    semantics: matrix('semantics'),
    probe: tf.zeros([count, 3]),
    count,
  };
}
