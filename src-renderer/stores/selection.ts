/** The splat that a person pointed at, what the trainer knows of it, and which photos disagree about it. */
import { ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { StudioReply } from '#contract/studio';
import type { PickedSplat } from '../viewport/interface';
import { useNotices } from './notices';
import { useStudio } from './studio';

/** A read-out is renewed this often while training goes on, in milliseconds. */
const RENEWAL = 1500;
/** of the contract's `why` */
const IDS_LIMIT = 4096;

export const useSelection = defineStore('selection', () => {
  const studio = useStudio();
  const notices = useNotices();
  const picked = shallowRef<PickedSplat | null>(null);
  const readout = shallowRef<StudioReply<'inspect'>>(null);
  /** the splat lives no more: it was split or pruned since */
  const gone = ref(false);
  const reasons = shallowRef<StudioReply<'why'> | null>(null);
  const explaining = ref(false);
  /** of the reasons' photos */
  const chosen = ref(0);
  let renewed = 0;

  async function inspect(): Promise<void> {
    const target = picked.value;
    if (target === null) return;
    renewed = performance.now();
    try {
      const found = await studio.ask({ type: 'inspect', id: target.splat.id });
      if (picked.value !== target) return;
      gone.value = found === null;
      if (found !== null) readout.value = found;
    } catch (error) {
      if (picked.value === target && readout.value === null) notices.fail(error);
    }
  }

  function pick(next: PickedSplat | null): void {
    picked.value = next;
    readout.value = null;
    reasons.value = null;
    gone.value = false;
    void inspect();
  }

  async function why(): Promise<void> {
    const target = picked.value;
    if (target === null || explaining.value) return;
    explaining.value = true;
    try {
      const found = await studio.ask({ type: 'why', ids: target.ids.slice(0, IDS_LIMIT) });
      if (picked.value !== target) return;
      reasons.value = found;
      chosen.value = 0;
    } catch (error) {
      notices.fail(error);
    } finally {
      explaining.value = false;
    }
  }

  watch(
    () => studio.trainer?.step,
    () => {
      if (picked.value !== null && performance.now() - renewed > RENEWAL) void inspect();
    },
  );
  watch(
    () => studio.project?.path,
    () => pick(null),
  );

  return { picked, readout, gone, reasons, explaining, chosen, pick, inspect, why };
});
