/** Where the camera stood, by project: a reload shows the same picture. */
import type { Ref } from 'vue';
import { cameraSchema } from '#contract/frame';
import type { PinholeCamera } from '#contract/camera';
import { remembered } from '../remembered';

const kept = new Map<string, Ref<PinholeCamera | null>>();

export function rememberedCamera(project: string): Ref<PinholeCamera | null> {
  let camera = kept.get(project);
  if (camera === undefined) {
    camera = remembered<PinholeCamera | null>(`camera:${project}`, null, (stored) => {
      const parsed = cameraSchema.safeParse(stored);
      return parsed.success ? parsed.data : null;
    });
    kept.set(project, camera);
  }
  return camera;
}
