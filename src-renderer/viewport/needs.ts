/** What a look needs: of the trainer (overlays) and of the graphics card (blended numbers). */
import type { OverlayName } from '#contract/frame';
import type { CategoricalChannel, Channel, Look } from './interface';
import type { LayerNeeds } from './splatLayers';

const overlaysOf: Record<Channel, readonly OverlayName[]> = {
  colour: [],
  depth: [],
  opacity: [],
  uncertainty: ['uncertainty'],
  relevancy: ['relevancy', 'meaningLow', 'meaningHigh'],
  components: ['components'],
  entry: ['entry', 'share'],
  class: ['class', 'relevancy', 'meaningLow', 'meaningHigh'],
  label: ['label'],
};

/** Without these a channel has nothing to show. */
export const leastOverlays: Record<Channel, readonly OverlayName[]> = {
  colour: [],
  depth: [],
  opacity: [],
  uncertainty: ['uncertainty'],
  relevancy: ['relevancy'],
  components: ['components'],
  entry: ['entry'],
  class: ['class', 'relevancy'],
  label: ['label'],
};

export function shownChannels({ channel, second }: Look): Channel[] {
  return second === null || second === channel ? [channel] : [channel, second];
}

export function neededOverlays(look: Look): OverlayName[] {
  const hiding: readonly OverlayName[] = look.unlabelled ? ['label'] : [];
  return [...new Set([...shownChannels(look).flatMap((channel) => overlaysOf[channel]), ...hiding])];
}

/** Channels whose exact pictures show nothing of the live one, where they are not mixed with the scene's colours. */
const alone: ReadonlySet<Channel> = new Set(['depth', 'opacity', 'uncertainty', 'components']);

/** Whether pictures of the trainer cover all that is shown, so that live splats would be blended for nobody. */
export function covered(look: Look, isExact: (channel: Channel) => boolean): boolean {
  return shownChannels(look).every(
    (channel) => isExact(channel) && (channel === 'colour' || (look.mix === 1 && alone.has(channel))),
  );
}

/** Names are counted by the palette on the page; without one there is nothing to tell apart. */
export function neededLayers(look: Look, available: ReadonlySet<OverlayName>): LayerNeeds {
  const shown = shownChannels(look);
  const shows = (...channels: Channel[]): boolean => channels.some((channel) => shown.includes(channel));
  const names = (channel: CategoricalChannel, count: number): number =>
    shows(channel) && available.has(channel) ? Math.min(256, count) : 0;
  return {
    unlabelled: look.unlabelled && available.has('label'),
    scalars: shows('depth', 'uncertainty', 'relevancy', 'class'),
    components: shows('components') && available.has('components'),
    meaning: shows('relevancy', 'class') && available.has('relevancy') && available.has('meaningHigh'),
    entry: names('entry', look.entries.length),
    class: names('class', look.classes.length),
    label: names('label', look.labels.length),
  };
}
