/**
 * The way from a path to a scene: browse the studio's machine, look at what was named, set it up, begin.
 *
 *   nothing → looking → capture (settings, then `create`)        a project or a splat file opens at once
 */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { resolveSettings } from '#contract/presets';
import type { TrainingSettings } from '#contract/settings';
import type { FolderListing, Preview } from '#contract/studio';
import { useNotices } from './notices';
import { useStudio } from './studio';

export const useStart = defineStore('start', () => {
  const studio = useStudio();
  const notices = useNotices();
  const path = ref('');
  const listing = shallowRef<FolderListing | null>(null);
  const preview = shallowRef<Preview | null>(null);
  /** what differs from the preset */
  const settings = shallowRef<Partial<TrainingSettings>>({});
  /** where the project will be */
  const project = ref('');
  const busy = ref(false);
  /** why what was named cannot be opened */
  const problem = ref('');
  /** a browser told the name of what was dropped, not where it lies */
  const nameOnly = ref(false);

  const resolved = computed(() => resolveSettings(settings.value));

  async function attempt(work: () => Promise<void>): Promise<void> {
    problem.value = '';
    busy.value = true;
    try {
      await work();
    } catch (error) {
      problem.value = notices.describe(error);
    } finally {
      busy.value = false;
    }
  }

  /** Looks at what lies there; a project or a splat file is opened. */
  const look = (at: string): Promise<void> =>
    attempt(async () => {
      path.value = at;
      nameOnly.value = false;
      const found = await studio.ask({ type: 'preview', path: at, settings: settings.value });
      if (found.kind !== 'capture') {
        await studio.ask({ type: 'open', path: found.path });
        return reset();
      }
      preview.value = found;
      if (project.value === '') project.value = found.project;
    });

  /** Takes what a browser dropped: it has a name, and its place must be put in front. */
  function named(name: string): void {
    path.value = name;
    nameOnly.value = true;
    problem.value = '';
  }

  const browse = (at: string | null): Promise<void> =>
    attempt(async () => {
      listing.value = await studio.ask({ type: 'browse', path: at });
    });

  /** Costs change with the settings. */
  async function change(next: Partial<TrainingSettings>): Promise<void> {
    settings.value = next;
    if (preview.value === null) return;
    try {
      const found = await studio.ask({ type: 'preview', path: preview.value.path, settings: next });
      if (settings.value === next && preview.value !== null) preview.value = found;
      problem.value = '';
    } catch (error) {
      problem.value = notices.describe(error);
    }
  }

  const create = (paused: boolean): Promise<void> =>
    attempt(async () => {
      const found = preview.value;
      if (found === null) return;
      await studio.ask({
        type: 'create',
        capture: found.path,
        project: project.value,
        settings: settings.value,
        paused,
      });
      reset();
    });

  const open = (at: string): Promise<void> =>
    attempt(async () => {
      await studio.ask({ type: 'open', path: at });
    });

  const openDemo = (): Promise<void> =>
    attempt(async () => {
      await studio.ask({ type: 'openDemo' });
    });

  /** Back to nothing. */
  function reset(): void {
    path.value = '';
    listing.value = null;
    preview.value = null;
    settings.value = {};
    project.value = '';
    problem.value = '';
    nameOnly.value = false;
  }

  return {
    path,
    listing,
    preview,
    settings,
    resolved,
    project,
    busy,
    problem,
    nameOnly,
    look,
    named,
    browse,
    change,
    create,
    open,
    openDemo,
    reset,
  };
});
