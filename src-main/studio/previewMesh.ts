/**
 * The mesh that a person would get, coarsely and within seconds: the same way as the file goes, from pictures of half their side,
 *
 *   long side of a picture ÷ r,  voxel · r,  least piece (in faces of voxels) ÷ r²,      r = 2, more for large photos
 *
 * from fewer views. A voxel is one and a half pixels, so that r is also how much finer the file is.
 */
import { reduceCamera } from '#contract/camera';
import type { ExportEventOf } from '#contract/exportMessages';
import { evenly } from '../base/index';
import { glbBytes } from '../export/index';
import { meshDefaults, segmentsOf } from '../mesh/index';
import type { ExportOptions } from './exportProject';
import { describeExport, idsOf, meshOfTrained, meshSceneOf, nameOf } from './exportScene';
import { labelsOfSnapshot, readLabelBook } from './projectLabels';
import { disposeScene, openTrainedScene } from './trainedScene';

const COARSER = 2;
/** long side of a picture at most, pixels: what a second of rendering is worth */
const LARGEST_SIDE = 320;
const MOST_PHOTOS = 40;
const EXTRA_VIEWS = 12;

export type PreviewedMesh = Omit<ExportEventOf<'previewed'>, 'type'>;

/** @throws what `exportProject` throws */
export async function previewMesh(
  path: string,
  { layer, threads }: { layer: number | null; threads: number },
  { warn, signal, onProgress }: ExportOptions,
): Promise<PreviewedMesh> {
  const book = await readLabelBook(path);
  const trained = await openTrainedScene(path, { backend: 'auto', threads, resolution: null }, warn);
  try {
    signal?.throwIfAborted();
    onProgress?.({ stage: 'labels', done: 0, total: 1 });
    const labels = labelsOfSnapshot(book, trained.snapshot, layer, trained.root);
    const segmentation = segmentsOf(labels, idsOf(trained));
    const scene = meshSceneOf(trained);
    const longSide = Math.max(1, ...scene.cameras.map(({ width, height }) => Math.max(width, height)));
    const coarser = Math.max(COARSER, longSide / LARGEST_SIDE);
    const cameras = evenly(scene.cameras, MOST_PHOTOS).map((camera) =>
      reduceCamera(camera, Math.max(1, Math.round(longSide / coarser))),
    );
    const settings = {
      ...meshDefaults,
      ...{ extraViews: EXTRA_VIEWS, leastPiece: meshDefaults.leastPiece / coarser ** 2 },
    };
    const options = { signal, onProgress };
    const { mesh, report } = await meshOfTrained(trained, { ...scene, cameras }, segmentation, settings, options);
    const description = await describeExport(trained, 'glb', labels, segmentation, { ...settings }, { ...report });
    const { voxel, triangles } = report;
    return {
      glb: await glbBytes(nameOf(trained), mesh, segmentation.segments, description, trained.snapshot.frame, signal),
      step: trained.snapshot.step,
      labelled: segmentation.rows.reduce((sum, segment) => sum + (segment > 0 ? 1 : 0), 0),
      features: [...mesh.parts.keys()].filter((segment) => segment > 0).length,
      ...{ triangles, voxel, fileVoxel: voxel / coarser, units: description.units },
    };
  } finally {
    disposeScene(trained);
  }
}
