/** The photos of what is open: poses, scores, which are left out, and the one that is being compared. */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { mediaPath } from '#contract/studio';
import type { PhotoState } from '#contract/studio';
import { useStudio } from './studio';

export const usePhotos = defineStore('photos', () => {
  const studio = useStudio();
  const list = shallowRef<readonly PhotoState[]>([]);
  const compared = ref<string | null>(null);
  /** the newest load, so that a slow answer does not overtake */
  let asked = 0;

  async function load(): Promise<void> {
    const mine = ++asked;
    if (studio.project === null || studio.project.photos === 0) {
      list.value = [];
      return;
    }
    try {
      const found = await studio.ask({ type: 'photos' });
      if (mine === asked) list.value = found;
    } catch {
      // The next change of state tries again; what is shown stays.
    }
  }

  // Scores change with an evaluation, maps with the codebook, poses with the project.
  watch(
    [
      () => studio.project?.path,
      () => studio.project?.photos,
      () => studio.state?.heldOut?.step,
      () => studio.state?.codebook?.revision,
      () => studio.state?.codebook?.newestMap,
      () => studio.project?.disabled.join('\n'),
    ],
    () => void load(),
    { immediate: true },
  );
  watch(
    () => studio.project?.path,
    () => {
      compared.value = null;
    },
  );

  const names = computed(() => new Map(list.value.map((photo) => [photo.name, photo])));
  const mapRevision = computed(() => studio.state?.codebook?.revision ?? 0);

  /** Leaves a photo out of training, or takes it in again. */
  function setDisabled(name: string, disabled: boolean): Promise<boolean> {
    const others = (studio.project?.disabled ?? []).filter((photo) => photo !== name);
    return studio.command({ type: 'disable', photos: disabled ? [...others, name] : others });
  }

  const photoUrl = (name: string, side: number): string => mediaPath('photo', name, side);
  const mapUrl = (name: string): string => mediaPath('map', name, 0, mapRevision.value);

  return { list, names, compared, mapRevision, load, setDisabled, photoUrl, mapUrl };
});
