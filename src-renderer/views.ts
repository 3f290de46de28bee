/** The camera among the photos: which photo is nearest to the view, and laying one beside the picture. */
import { cameraCentre } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import type { PhotoState } from '#contract/studio';
import { usePhotos } from './stores/photos';
import { usePicture } from './stores/picture';

/** A camera as commands carry it. */
export const cameraOf = (camera: PinholeCamera) => ({ ...camera, worldToCamera: [...camera.worldToCamera] });

/** Optical axis in world axes: the third row of the rotation. */
const forward = ({ worldToCamera: m }: PinholeCamera): readonly number[] => [m[8], m[9], m[10]];

const dot = (a: readonly number[], b: readonly number[]): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/**
 * The photo whose pose is most like the camera's: distance of the centres in units of the photos' spread, plus the angle between
 * the axes in radians.
 */
export function mostAlike(camera: PinholeCamera, photos: readonly PhotoState[]): string | null {
  const centres = photos.map((photo) => cameraCentre(photo.camera));
  const mean = [0, 1, 2].map((axis) => centres.reduce((sum, centre) => sum + centre[axis], 0) / centres.length);
  const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  const spread = Math.max(...centres.map((centre) => distance(centre, mean)), Number.EPSILON);
  const [own, axis] = [cameraCentre(camera), forward(camera)];
  let best: string | null = null;
  let least = Infinity;
  photos.forEach((photo, index) => {
    const angle = Math.acos(Math.max(-1, Math.min(1, dot(axis, forward(photo.camera)))));
    const unlike = distance(own, centres[index]) / spread + angle;
    if (unlike < least) [best, least] = [photo.name, unlike];
  });
  return best;
}

export function nearestPhoto(): string | null {
  const { handle, state } = usePicture();
  if (state?.photo != null) return state.photo;
  return handle === null ? null : mostAlike(handle.camera(), usePhotos().list);
}

/** Goes to a photo's pose and lays it beside the picture; null takes it away. */
export function comparePhoto(name: string | null): void {
  usePhotos().compared = name;
  if (name !== null) usePicture().handle?.showPhoto(name);
}
