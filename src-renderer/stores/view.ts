/** How the scene is looked at: remembered by this browser, not by the project. */
import { computed, ref } from 'vue';
import { defineStore } from 'pinia';
import type { LabelTool } from '../gestures';
import { remembered, rememberedChoice, rememberedFlag, rememberedNumber } from '../remembered';
import type { CategoricalChannel, Category, Channel, ColourMap, Look, Tool } from '../viewport/interface';
import { useLabels } from './labels';
import { useStudio } from './studio';

/** In the order of their keys, 1 … 9. */
export const channels = [
  'colour',
  'depth',
  'uncertainty',
  'entry',
  'class',
  'relevancy',
  'components',
  'opacity',
  'label',
] as const satisfies readonly Channel[];

export const colourMaps = ['viridis', 'cividis'] as const satisfies readonly ColourMap[];
export const masks = ['tint', 'outline', 'off'] as const satisfies readonly Look['mask'][];

/** Channels that say nothing before semantics have joined. */
const semanticChannels: readonly Channel[] = ['uncertainty', 'entry', 'components'];
/** Channels that answer a question. */
const answerChannels: readonly Channel[] = ['class', 'relevancy'];

/** The studio tells its whole state four times a second: what says the same stays the same, so that nothing is drawn for it. */
function unlessSame(before: readonly Category[] | undefined, now: readonly Category[]): readonly Category[] {
  const same =
    before?.length === now.length &&
    now.every(({ name, colour, hidden }, i) => {
      const then = before[i];
      return name === then.name && colour === then.colour && hidden === then.hidden;
    });
  return same ? before : now;
}

export const useView = defineStore('view', () => {
  const studio = useStudio();
  const labels = useLabels();
  const channel = rememberedChoice<Channel>('channel', 'colour', channels);
  const second = remembered<Channel | null>(
    'second',
    null,
    (stored) => channels.find((name) => name === stored) ?? null,
  );
  const divider = rememberedNumber('divider', 0.5, 0, 1);
  const mix = rememberedNumber('mix', 1, 0, 1);
  const colourMap = rememberedChoice<ColourMap>('colourMap', 'viridis', colourMaps);
  const threshold = rememberedNumber('threshold', 0.5, 0, 1);
  const mask = rememberedChoice<Look['mask']>('mask', 'tint', masks);
  const tool = ref<Tool | LabelTool>('orbit');
  const frustums = rememberedFlag('frustums', false);
  const exact = rememberedFlag('exact', true);
  const isolated = ref<Look['isolated']>(null);
  /** only what has no label is there */
  const unlabelled = ref(false);
  /** classes and entries whose pixels show the picture instead; by channel and index */
  const hidden = ref<ReadonlySet<string>>(new Set());

  const keyOf = (of: 'entry' | 'class', index: number) => `${of}:${index}`;

  const entries = computed<readonly Category[]>((before) =>
    unlessSame(
      before,
      (studio.state?.codebook?.entries ?? []).map(({ name, colour }, index) => ({
        name: name ?? String(index + 1),
        colour,
        hidden: hidden.value.has(keyOf('entry', index)),
      })),
    ),
  );
  const classes = computed<readonly Category[]>((before) =>
    unlessSame(
      before,
      (studio.state?.ask?.classes ?? []).map(({ name, colour }, index) => ({
        name,
        colour,
        hidden: hidden.value.has(keyOf('class', index)),
      })),
    ),
  );

  const look = computed<Look>(() => ({
    channel: drawn(channel.value),
    second: second.value && drawn(second.value),
    divider: divider.value,
    mix: mix.value,
    colourMap: colourMap.value,
    threshold: threshold.value,
    mask: mask.value,
    entries: entries.value,
    classes: classes.value,
    labels: labels.categories,
    labelSlots: labels.state === null ? null : labels.slots,
    isolated: isolated.value,
    unlabelled: unlabelled.value,
    depthRange: null,
  }));

  const shown = computed<readonly Channel[]>(() =>
    second.value === null ? [channel.value] : [channel.value, second.value],
  );

  /** Why a channel has nothing to show yet; null when it has. */
  function lack(of: Channel): 'semantics' | 'ask' | 'labels' | null {
    const state = studio.state;
    if (semanticChannels.includes(of) && state?.semantics == null) return 'semantics';
    if (answerChannels.includes(of) && state?.ask == null) return 'ask';
    if (of === 'label' && labels.classes.length === 0) return 'labels';
    return null;
  }

  /** Zeros would look like an answer: the scene itself is shown until there is one. */
  const drawn = (of: Channel): Channel => (lack(of) === null ? of : 'colour');

  /** Splits the picture: what was shown stays on the left, colour or the last channel comes to the right. */
  function split(): void {
    second.value = second.value === null ? (channel.value === 'colour' ? 'uncertainty' : 'colour') : null;
  }

  function swap(): void {
    if (second.value === null) return;
    [channel.value, second.value] = [second.value, channel.value];
  }

  /** Shows just this one; again shows all. */
  function isolate(of: CategoricalChannel, index: number | null): void {
    const same = isolated.value?.channel === of && isolated.value.index === index;
    isolated.value = index === null || same ? null : { channel: of, index };
    if (isolated.value !== null && !shown.value.includes(of)) channel.value = of;
  }

  /** Hides or shows it again; a class of labels is hidden on every page, since the project remembers it. */
  function toggle(of: CategoricalChannel, index: number): void {
    if (of === 'label') {
      const found = labels.classes.find((one) => one.class === labels.categories.at(index)?.group);
      if (found !== undefined) {
        const { class: number, hidden: before, locked } = found;
        void studio.command({ type: 'showClass', class: number, hidden: !before, locked });
      }
      return;
    }
    const next = new Set(hidden.value);
    if (!next.delete(keyOf(of, index))) next.add(keyOf(of, index));
    hidden.value = next;
  }

  return {
    channel,
    second,
    divider,
    mix,
    colourMap,
    threshold,
    mask,
    tool,
    frustums,
    exact,
    isolated,
    unlabelled,
    entries,
    classes,
    look,
    shown,
    lack,
    split,
    swap,
    isolate,
    toggle,
  };
});
