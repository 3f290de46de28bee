/** Encoders: which are here, which can be had, how a download goes. */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { ModelState } from '#contract/studio';
import { useNotices } from './notices';
import { useStudio } from './studio';

export const useModels = defineStore('models', () => {
  const studio = useStudio();
  const notices = useNotices();
  const found = shallowRef<readonly ModelState[]>([]);
  const loading = ref(false);

  async function load(): Promise<void> {
    loading.value = found.value.length === 0;
    try {
      found.value = await studio.ask({ type: 'models' });
    } catch (error) {
      notices.fail(error);
    } finally {
      loading.value = false;
    }
  }

  const pulls = computed(() => studio.state?.pulls ?? []);
  /** what was listed, with the progress of what is being pulled */
  const list = computed(() => {
    const pulling = new Map(pulls.value.map((model) => [model.name, model]));
    return found.value.map((model) => pulling.get(model.name) ?? model);
  });

  // A download that ended has left a model, or a problem that the list tells.
  watch(
    () => pulls.value.filter(({ state }) => state === 'pulling').length,
    (now, before) => {
      if (now < before) void load();
    },
  );

  const pull = (model: string) => studio.command({ type: 'pull', model });
  const cancel = (model: string) => studio.command({ type: 'cancelPull', model });
  return { list, loading, load, pull, cancel };
});
