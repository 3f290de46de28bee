/** The queue of uncertain regions: which one is looked at, and what was said of it. */
import { shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { UncertainRegion, Verdict } from '#contract/labels';
import { say } from '../language';
import { useLabelling } from './labelling';
import { useNotices } from './notices';
import { usePicture } from './picture';
import { useStudio } from './studio';

export const useUncertain = defineStore('uncertain', () => {
  const [studio, labelling, picture, notices] = [useStudio(), useLabelling(), usePicture(), useNotices()];
  const region = shallowRef<UncertainRegion | null>(null);
  /** the next one is being looked for */
  const looking = shallowRef(false);

  /** To the next region, seen as the photo sees it that sees most of it, from nearer. */
  async function next(): Promise<void> {
    if (looking.value) return;
    looking.value = true;
    try {
      region.value = await studio.ask({ type: 'nextUncertain' });
    } catch (error) {
      notices.fail(error);
      return;
    } finally {
      looking.value = false;
    }
    if (region.value === null) return notices.add('ok', say('uncertain.none'));
    show();
  }

  function show(): void {
    const { value } = region;
    if (value === null) return;
    if (value.camera !== null) picture.handle?.moveTo(value.camera, value.centre);
    else picture.handle?.frameSplats(value.ids);
  }

  /** Its splats get a class. */
  async function label(number: number): Promise<void> {
    const { value } = region;
    if (value === null || looking.value) return;
    const splats = await labelling.label({ kind: 'splats', ids: value.ids }, { kind: 'class', class: number });
    if (splats !== null) await next();
  }

  async function judge(verdict: Verdict): Promise<void> {
    const { value } = region;
    if (value === null || looking.value) return;
    if (await studio.command({ type: 'review', ids: value.ids, verdict })) await next();
  }

  function close(): void {
    region.value = null;
  }

  watch(() => studio.project?.path, close);

  return { region, looking, next, show, label, judge, close };
});
