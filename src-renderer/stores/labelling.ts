/** What a person does to labels: the class that gestures give, how they are meant, answers and entries that become labels. */
import { computed, ref, watch } from 'vue';
import type { Ref } from 'vue';
import { defineStore } from 'pinia';
import { classNumber } from '#contract/labels';
import type { LabelMode, LabelRegion, LabelTarget } from '#contract/labels';
import { gestureCamera, scaleRegion } from '../gestures';
import { chordLabel } from '../actions/chord';
import { isMac } from '../system';
import { say } from '../language';
import { remembered, rememberedFlag, rememberedNumber } from '../remembered';
import { cameraOf } from '../views';
import { useAsk } from './ask';
import { useLabels } from './labels';
import { useNotices } from './notices';
import { usePicture } from './picture';
import { useStudio } from './studio';
import { useView } from './view';

/** CSS pixels */
export const BRUSH = { smallest: 2, usual: 18, largest: 400, step: 1.25 } as const;
const NAME_LIMIT = 200;

/** Which instance of the class gestures give; newest: the one that the last gesture made. */
export type Instance = number | 'new' | 'newest' | null;

/** The class that gestures gave last, by project: a reload goes on with it. */
const rememberedClass = (project: string): Ref<number | null> =>
  remembered<number | null>(`class:${project}`, null, (stored) => {
    const parsed = classNumber.safeParse(stored);
    return parsed.success ? parsed.data : null;
  });

/** A question as the name of a class. */
const nameOf = (text: string): string =>
  text
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, NAME_LIMIT);

export const useLabelling = defineStore('labelling', () => {
  const [studio, labels, view, picture, notices, ask] = [
    useStudio(),
    useLabels(),
    useView(),
    usePicture(),
    useNotices(),
    useAsk(),
  ];
  /** number of the class that a person chose */
  const chosen = ref<number | null>(null);
  /** the same, as this browser keeps it for the project */
  let kept: Ref<number | null> | null = null;
  const instance = ref<Instance>(null);
  const through = rememberedFlag('labelThrough', false);
  const keepExisting = rememberedFlag('labelKeep', false);
  /** CSS pixels */
  const radius = rememberedNumber('brush', BRUSH.usual, BRUSH.smallest, BRUSH.largest);
  /** commands that are not answered yet */
  const working = ref(0);

  const current = computed(
    () => labels.classes.find((one) => one.class === chosen.value) ?? labels.classes.at(0) ?? null,
  );
  const freshName = computed(() => {
    let number = labels.classes.length + 1;
    while (labels.classes.some(({ name }) => name === say('labels.newName', { number }))) number++;
    return say('labels.newName', { number });
  });
  /** what gestures give: the chosen class or its instance, a class of a new name where there is none */
  const target = computed<LabelTarget>(() => {
    if (current.value === null) return { kind: 'named', name: freshName.value };
    const { class: number, instances } = current.value;
    if (instance.value === 'new') return { kind: 'newInstance', class: number };
    const label = instance.value === 'newest' ? instances.at(-1)?.label : instance.value;
    return label == null ? { kind: 'class', class: number } : { kind: 'instance', label };
  });
  const colour = computed(() => {
    const { value } = target;
    const drawn = value.kind === 'instance' ? labels.categoryOf(value.label) : current.value;
    return drawn?.colour ?? null;
  });
  const mayLabel = computed(() => labels.state !== null && studio.trainer !== null && picture.handle !== null);
  const mayAccept = computed(
    () => labels.state !== null && ask.answer !== null && ask.answer.problem === null && !ask.answer.pending,
  );

  function choose(number: number | null, which: Instance = null): void {
    chosen.value = number;
    instance.value = which;
    if (kept !== null) kept.value = number;
  }

  /** One command, one edit. @returns splats that changed; null when it failed */
  async function label(
    region: LabelRegion,
    towards: LabelTarget,
    mode: LabelMode = 'add',
    camera: ReturnType<typeof cameraOf> | null = null,
  ): Promise<number | null> {
    working.value++;
    try {
      const { splats } = await studio.ask({
        ...{ type: 'label', region, camera, mode, target: towards },
        ...{ through: through.value, keepExisting: keepExisting.value, unlabelled: view.unlabelled },
      });
      return splats;
    } catch (error) {
      notices.fail(error);
      return null;
    } finally {
      working.value--;
    }
  }

  function showLabels(): void {
    if (!view.shown.includes('label')) view.channel = 'label';
  }

  /** @param region in CSS pixels of a canvas that is `width` of them wide */
  async function gesture(region: LabelRegion, mode: LabelMode, width: number): Promise<void> {
    if (picture.handle === null) return;
    const { camera, scale } = gestureCamera(picture.handle.camera(), width);
    const makes = target.value.kind === 'newInstance' && mode === 'add';
    showLabels();
    const splats = await label(scaleRegion(region, scale), target.value, mode, cameraOf(camera));
    if (splats === 0) notices.add('warn', say(mode === 'add' ? 'labels.nothing' : 'labels.nothingTaken'));
    else if (splats !== null && makes) instance.value = 'newest';
  }

  /** Chooses the class of a name, as soon as the studio tells of it. */
  function chooseNamed(name: string): void {
    const found = () => labels.classes.find((one) => one.name.toLowerCase() === name.toLowerCase());
    const stop = watch(
      found,
      (known) => {
        if (known === undefined) return;
        choose(known.class);
        queueMicrotask(() => stop());
      },
      { immediate: true },
    );
  }

  /** @param without  questions of the same answer that no splat met */
  function accepted(splats: number, without: readonly string[] = []): void {
    if (splats === 0) return notices.add('warn', say('labels.nothing'));
    showLabels();
    if (without.length > 0) notices.add('warn', say('labels.nothingOf', { names: without.join(', ') }));
    notices.add('ok', say('labels.accepted', { count: splats, keys: chordLabel('Mod+Z', isMac()) }));
  }

  /** The answer above the threshold becomes labels: a class for every question, named as it was asked. */
  async function acceptAnswer(): Promise<void> {
    const { answer } = ask;
    if (answer === null) return;
    const { request } = answer;
    const threshold = view.threshold;
    const without: string[] = [];
    let splats = 0;
    if (request === null) {
      splats = (await label({ kind: 'answer', question: null, threshold }, target.value)) ?? 0;
    } else {
      for (const [question, text] of request.questions.entries()) {
        const towards = { kind: 'named', name: nameOf(text) } as const;
        const changed = await label({ kind: 'answer', question, threshold }, towards);
        if (changed === null) return;
        splats += changed;
        if (changed === 0) without.push(text);
        else if (question === 0) chooseNamed(towards.name);
      }
    }
    accepted(splats, without);
  }

  /** Splats of a codebook entry get the chosen class, or one of the entry's name. */
  async function labelEntry(entry: number): Promise<void> {
    const name = nameOf(
      studio.state?.codebook?.entries.at(entry)?.name ?? say('labels.entryName', { number: entry + 1 }),
    );
    const towards: LabelTarget = chosen.value === null ? { kind: 'named', name } : target.value;
    const splats = await label({ kind: 'entry', entry }, towards);
    if (splats !== null) accepted(splats);
  }

  const resize = (by: number): void => {
    radius.value = Math.min(BRUSH.largest, Math.max(BRUSH.smallest, radius.value * by));
  };

  watch(
    () => studio.project?.path,
    (path) => {
      kept = path === undefined ? null : rememberedClass(path);
      chosen.value = kept?.value ?? null;
      instance.value = null;
    },
    { immediate: true },
  );

  return {
    ...{ chosen, instance, through, keepExisting, radius, working, current, freshName, target, colour },
    ...{ mayLabel, mayAccept, choose, label, gesture, showLabels, acceptAnswer, labelEntry, resize },
  };
});
