/** Labelling: tools, classes by number, undo, the answer and the uncertain regions. */
import { labelTools } from '../gestures';
import type { LabelTool } from '../gestures';
import type { Words } from '../language';
import { useLabelling, BRUSH } from '../stores/labelling';
import { useLabels } from '../stores/labels';
import { useLayout } from '../stores/layout';
import { useStudio } from '../stores/studio';
import { useUncertain } from '../stores/uncertain';
import { useView } from '../stores/view';
import { focusPart } from '../focus';
import type { Action } from './table';

const toolKeys = { rectangle: 'R', lasso: 'L', brush: 'B' } as const satisfies Record<LabelTool, string>;
const mayLabel = (): boolean => useLabelling().mayLabel;
const labels = () => useLabels().state;

const toolActions = labelTools.map((tool): Action => ({
  id: `tool.${tool}`,
  words: 'action.tool',
  name: `tool.${tool}` satisfies Words,
  keys: [toolKeys[tool]],
  scope: 'studio',
  menu: null,
  when: mayLabel,
  run: () => {
    const view = useView();
    view.tool = view.tool === tool ? 'orbit' : tool;
  },
}));

/** Labels the uncertain region that is looked at, or chooses the class that gestures give. */
export function giveClass(number: number): void | Promise<void> {
  if (useUncertain().region !== null) return useUncertain().label(number);
  return useLabelling().choose(number);
}

/** 1 … 9: the first nine; 0 finds any by its name. */
const classActions = ([1, 2, 3, 4, 5, 6, 7, 8, 9] as const).map((place): Action => ({
  id: `label.class${place}`,
  words: `action.class.${place}`,
  keys: [String(place)],
  scope: 'studio',
  menu: null,
  when: () => useLabels().classes.length >= place,
  run: () => giveClass(useLabels().classes[place - 1].class),
}));

const resizes = (id: string, key: string, words: Words, by: number): Action => ({
  id,
  words,
  keys: [key],
  scope: 'studio',
  menu: null,
  when: () => useView().tool === 'brush',
  run: () => useLabelling().resize(by),
});

export const labelActions: readonly Action[] = [
  ...toolActions,
  resizes('brush.smaller', '[', 'action.brushSmaller', 1 / BRUSH.step),
  resizes('brush.larger', ']', 'action.brushLarger', BRUSH.step),
  {
    id: 'label.through',
    words: 'action.through',
    keys: ['T'],
    scope: 'studio',
    menu: null,
    when: mayLabel,
    run: () => {
      const labelling = useLabelling();
      labelling.through = !labelling.through;
    },
  },
  {
    id: 'label.keep',
    words: 'action.keepExisting',
    keys: ['Shift+T'],
    scope: 'studio',
    menu: null,
    when: mayLabel,
    run: () => {
      const labelling = useLabelling();
      labelling.keepExisting = !labelling.keepExisting;
    },
  },
  ...classActions,
  {
    id: 'label.findClass',
    words: 'action.findClass',
    keys: ['0'],
    scope: 'studio',
    menu: 'edit',
    when: () => labels() !== null,
    run: () => useLayout().toggleOverlay('classes'),
  },
  {
    id: 'label.addClass',
    words: 'action.addClass',
    keys: [],
    scope: 'studio',
    menu: 'edit',
    when: () => labels() !== null,
    run: async () => {
      useLayout().show('labels');
      await new Promise(requestAnimationFrame);
      focusPart('newClass');
    },
  },
  {
    id: 'label.hide',
    words: 'action.hideClass',
    keys: ['H'],
    scope: 'studio',
    menu: 'edit',
    when: () => useLabelling().current !== null,
    run: () => {
      const { current } = useLabelling();
      if (current === null) return undefined;
      const { class: number, hidden, locked } = current;
      return useStudio().command({ type: 'showClass', class: number, hidden: !hidden, locked });
    },
  },
  {
    id: 'label.unlabelled',
    words: 'action.unlabelled',
    keys: ['U'],
    scope: 'studio',
    menu: null,
    when: () => useLabels().classes.length > 0 || useView().unlabelled,
    run: () => {
      const view = useView();
      view.unlabelled = !view.unlabelled;
    },
  },
  {
    id: 'edit.undo',
    words: 'action.undo',
    keys: ['Mod+Z'],
    scope: 'studio',
    menu: 'edit',
    when: () => labels()?.undo != null,
    run: () => useStudio().command({ type: 'undo' }),
  },
  {
    id: 'edit.redo',
    words: 'action.redo',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    scope: 'studio',
    menu: 'edit',
    when: () => labels()?.redo != null,
    run: () => useStudio().command({ type: 'redo' }),
  },
  {
    id: 'label.next',
    words: 'action.nextUncertain',
    keys: ['N'],
    scope: 'studio',
    menu: 'edit',
    when: () => mayLabel() && useStudio().state?.semantics != null,
    run: () => useUncertain().next(),
  },
  {
    id: 'label.accept',
    words: 'action.accept',
    keys: ['Enter'],
    scope: 'studio',
    menu: 'edit',
    when: () => useUncertain().region !== null || useLabelling().mayAccept,
    run: () => (useUncertain().region !== null ? useUncertain().judge('accepted') : useLabelling().acceptAnswer()),
  },
  {
    id: 'label.skip',
    words: 'action.skip',
    keys: ['S'],
    scope: 'studio',
    menu: null,
    when: () => useUncertain().region !== null,
    run: () => useUncertain().judge('skipped'),
  },
];
