/** What every exporter looks at: a project's newest checkpoint with labels, its cameras, and which way is up. */
import { basename } from 'node:path';
import { reduceCamera } from '#contract/camera';
import { version } from '../../package.json';
import { readTruth } from '../capture/demo/index';
import { featuresOf, type ExportDescription } from '../export/index';
import { meshOf, upOf, type MeshScene, type MeshSettings, type Segmentation, type SplatLabels } from '../mesh/index';
import type { TrainedScene } from './trainedScene';
import { exists } from './sceneLanguage';
import { truthFile } from '../capture/demo/truth';

/** Splats on the host, seen from the photos that were trained on. */
export function meshSceneOf({ snapshot, scene, shDegree, settings, photos, heldOut }: TrainedScene): MeshScene {
  const { geometry, sphericalHarmonics, semantics } = snapshot.tensors;
  const kept = new Set(heldOut.map(({ name }) => name));
  return {
    ...{ count: scene.count, shDegree, antialiased: settings.antialiased },
    geometry: geometry.data as Float32Array,
    sphericalHarmonics: sphericalHarmonics.data as Float32Array,
    semantics: semantics.data as Float32Array,
    cameras: photos
      .filter(({ name }) => !kept.has(name))
      .map(({ camera }) => reduceCamera(camera, settings.resolution)),
  };
}

/** A mesh in the coordinates of the scene; the side of a voxel is the capture's, in the settings and in the report. */
export async function meshOfTrained(
  { snapshot }: TrainedScene,
  scene: MeshScene,
  segmentation: Segmentation,
  settings: MeshSettings,
  options: Parameters<typeof meshOf>[3],
): ReturnType<typeof meshOf> {
  const { scale } = snapshot.frame;
  const voxel = settings.voxel && settings.voxel * scale;
  const { mesh, report } = await meshOf(scene, segmentation, { ...settings, voxel }, options);
  return { mesh, report: { ...report, voxel: report.voxel / scale } };
}

export const idsOf = ({ snapshot }: Pick<TrainedScene, 'snapshot'>): Uint32Array =>
  snapshot.tensors.ids.data as Uint32Array;

/** The project's name: its folder without `.legato`. */
export const nameOf = ({ root }: Pick<TrainedScene, 'root'>): string => basename(root).replace(/\.legato$/, '');

/** Units and up are known of a demo room; of others, up is how photos were held. */
async function frameOf({ capture, photos }: TrainedScene): Promise<Pick<ExportDescription, 'units' | 'up'>> {
  if (!(await exists(truthFile(capture)))) return { units: 'unknown', up: upOf(photos.map(({ camera }) => camera)) };
  const { up, unit } = await readTruth(capture);
  return { units: unit, up };
}

export async function describeExport(
  trained: TrainedScene,
  format: string,
  { taxonomy }: SplatLabels,
  { segments }: Segmentation,
  settings: ExportDescription['settings'],
  figures: ExportDescription['figures'],
): Promise<ExportDescription> {
  return {
    ...{ version: 1, generator: `Legato ${version}`, project: nameOf(trained), format, step: trained.snapshot.step },
    ...(await frameOf(trained)),
    ...{ settings, figures, taxonomy, features: featuresOf(segments) },
  };
}
