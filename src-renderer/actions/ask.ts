/** Asking, pointing, and asking why. */
import { focusPart } from '../focus';
import { labelTools } from '../gestures';
import { useAsk } from '../stores/ask';
import { useLayout } from '../stores/layout';
import { usePhotos } from '../stores/photos';
import { useSelection } from '../stores/selection';
import { useStudio } from '../stores/studio';
import { useUncertain } from '../stores/uncertain';
import { useView } from '../stores/view';
import type { Action } from './table';

const chosenPhoto = (): string | null => {
  const { reasons, chosen } = useSelection();
  return reasons?.photos.at(chosen)?.photo ?? null;
};

export const askActions: readonly Action[] = [
  {
    id: 'ask.focus',
    words: 'action.ask',
    keys: ['/'],
    scope: 'studio',
    menu: 'edit',
    when: () => useAsk().words.ready,
    run: () => focusPart('ask'),
  },
  {
    id: 'ask.clear',
    words: 'action.clearAsk',
    keys: [],
    scope: 'studio',
    menu: 'edit',
    when: () => useAsk().answer !== null,
    run: () => useAsk().clear(),
  },
  {
    id: 'ask.like',
    words: 'action.like',
    keys: ['Shift+L'],
    scope: 'studio',
    menu: 'edit',
    when: () => useSelection().picked !== null && useStudio().state?.semantics != null,
    run: () => {
      const { picked } = useSelection();
      return picked === null ? undefined : useAsk().like(picked.splat.id);
    },
  },
  {
    id: 'select.why',
    words: 'action.why',
    keys: ['Y'],
    scope: 'studio',
    menu: 'edit',
    when: () => useSelection().picked !== null && useStudio().state?.semantics != null,
    run: () => {
      useLayout().show('inspect');
      return useSelection().why();
    },
  },
  {
    id: 'photo.exclude',
    words: 'action.exclude',
    keys: ['Delete'],
    scope: 'studio',
    menu: 'edit',
    when: () => chosenPhoto() !== null,
    run: () => {
      const name = chosenPhoto();
      const disabled = useStudio().project?.disabled ?? [];
      return name === null ? undefined : usePhotos().setDisabled(name, !disabled.includes(name));
    },
  },
  {
    id: 'select.none',
    words: 'action.selectNone',
    keys: ['Escape'],
    scope: 'studio',
    menu: 'edit',
    when: () =>
      labelTools.some((tool) => tool === useView().tool) ||
      useUncertain().region !== null ||
      useView().isolated !== null ||
      useView().unlabelled ||
      useSelection().picked !== null ||
      usePhotos().compared !== null,
    run: () => {
      // One thing at a time, the most conspicuous first.
      const [view, photos] = [useView(), usePhotos()];
      if (labelTools.some((tool) => tool === view.tool)) view.tool = 'orbit';
      else if (useUncertain().region !== null) useUncertain().close();
      else if (photos.compared !== null) photos.compared = null;
      else if (view.isolated !== null) view.isolated = null;
      else if (view.unlabelled) view.unlabelled = false;
      else useSelection().pick(null);
    },
  },
];
