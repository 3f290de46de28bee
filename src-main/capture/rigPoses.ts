/**
 * Where the images of a rig stand: cameraFromWorld = sensorFromRig · rigFromWorld, as COLMAP itself poses them.
 *
 * images.* of recent COLMAP holds the same pose for each image, for readers of old models ("fully compatible", its documentation
 * says). Where both are there and differ, something changed one of the files: the frames count, as in COLMAP, and a person is told.
 */
import { said } from '#contract/sayings';
import type { Tally } from './assemble';
import type { ColmapImage } from './colmapImages';
import type { Frame, Rigs } from './colmapRigs';
import { CaptureError } from './errors';
import { compose, type Rigid } from './pose';

/** Of a rotation's entries, and of a translation relative to its length: text of few digits differs by less. */
const TOLERANCE = 1e-4;

/** @returns the images with the poses of their frames. @throws CaptureError where rigs, frames and images contradict each other */
export function poseByFrames(
  images: readonly ColmapImage[],
  rigs: Rigs,
  frames: readonly Frame[],
  file: string,
  tally: Tally,
): ColmapImage[] {
  const posed = new Map<number, { cameraId: number; pose: Rigid | null }>();
  for (const frame of frames) {
    const fail = (problem: string): CaptureError =>
      new CaptureError({ file, field: `frame id ${frame.id}`, problem, remedy: 're-export the model' });
    const rig = rigs.get(frame.rigId);
    if (!rig) throw fail(`the rig id ${frame.rigId} is not among the rigs`);
    for (const { cameraId, imageId } of frame.images) {
      const sensor = rig.get(cameraId);
      if (sensor === undefined) throw fail(`the camera id ${cameraId} is not in its rig ${frame.rigId}`);
      if (posed.has(imageId)) throw fail(`the image id ${imageId} is in two frames`);
      posed.set(imageId, { cameraId, pose: sensor && compose(sensor, frame.rigFromWorld) });
    }
  }
  return images.map((image) => {
    const found = posed.get(image.id);
    if (found && found.cameraId !== image.cameraId) {
      const problem = `the image id ${image.id} has camera ${found.cameraId} here, but ${image.cameraId} among the images`;
      throw new CaptureError({ file, problem, remedy: 're-export the model' });
    }
    if (!found?.pose) {
      tally.add(image.name, (photos) => said(found ? 'posesOutsideRig' : 'posesOutsideFrames', photos));
      return image;
    }
    if (differ(found.pose, image.worldToCamera)) {
      tally.add(image.name, (photos) => said('posesDiffer', photos));
    }
    return { ...image, worldToCamera: found.pose };
  });
}

function differ(a: Rigid, b: Rigid): boolean {
  const length = Math.max(1, Math.hypot(a[3], a[7], a[11]));
  return a.some((value, k) => Math.abs(value - b[k]) > TOLERANCE * (k % 4 === 3 ? length : 1));
}
