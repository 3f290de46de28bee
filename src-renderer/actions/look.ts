/** Looking: channels, split, tools, camera. */
import type { Words } from '../language';
import { usePhotos } from '../stores/photos';
import { usePicture } from '../stores/picture';
import { useSelection } from '../stores/selection';
import { useStudio } from '../stores/studio';
import { channels, colourMaps, masks, useView } from '../stores/view';
import { comparePhoto, nearestPhoto } from '../views';
import type { Tool } from '../viewport/interface';
import type { Action } from './table';

const hasPicture = (): boolean => usePicture().handle !== null && usePicture().problem !== 'noWebGL';
const hasPhotos = (): boolean => hasPicture() && usePhotos().list.length > 0;

const channelActions = channels.map((channel, index): Action => ({
  id: `channel.${channel}`,
  words: 'action.show',
  name: `channel.${channel}` satisfies Words,
  keys: [`Alt+${index + 1}`],
  scope: 'studio',
  menu: 'view',
  when: () => true,
  run: () => {
    useView().channel = channel;
  },
}));

const toolKeys = { orbit: 'O', fly: 'V', pick: 'I' } as const satisfies Record<Tool, string>;
export const tools = Object.keys(toolKeys) as readonly Tool[];

const toolActions = tools.map((tool): Action => ({
  id: `tool.${tool}`,
  words: 'action.tool',
  name: `tool.${tool}` satisfies Words,
  keys: [toolKeys[tool]],
  scope: 'studio',
  menu: null,
  when: hasPicture,
  run: () => {
    useView().tool = tool;
  },
}));

export const lookActions: readonly Action[] = [
  ...channelActions,
  {
    id: 'view.split',
    words: 'action.split',
    keys: ['X'],
    scope: 'studio',
    menu: 'view',
    when: hasPicture,
    run: () => useView().split(),
  },
  {
    id: 'view.swap',
    words: 'action.swap',
    keys: ['Shift+X'],
    scope: 'studio',
    menu: 'view',
    when: () => useView().second !== null,
    run: () => useView().swap(),
  },
  {
    id: 'view.exact',
    words: 'action.exact',
    keys: ['P'],
    scope: 'studio',
    menu: 'view',
    when: () => hasPicture() && useStudio().trainer !== null,
    run: () => {
      const view = useView();
      view.exact = !view.exact;
    },
  },
  {
    id: 'view.colourMap',
    words: 'action.colourMap',
    keys: ['M'],
    scope: 'studio',
    menu: 'view',
    when: hasPicture,
    run: () => {
      const view = useView();
      view.colourMap = colourMaps[(colourMaps.indexOf(view.colourMap) + 1) % colourMaps.length];
    },
  },
  {
    id: 'view.mask',
    words: 'action.mask',
    keys: ['Shift+M'],
    scope: 'studio',
    menu: 'view',
    when: () => useStudio().state?.ask != null,
    run: () => {
      const view = useView();
      view.mask = masks[(masks.indexOf(view.mask) + 1) % masks.length];
    },
  },
  {
    id: 'view.reshuffle',
    words: 'action.reshuffle',
    keys: [],
    scope: 'studio',
    menu: 'view',
    when: () => useStudio().state?.codebook != null,
    run: () => useStudio().command({ type: 'reshuffle', seed: 1 + Math.floor(Math.random() * 0xffff_fffe) }),
  },
  ...toolActions,
  {
    id: 'camera.frame',
    words: 'action.frame',
    keys: ['F'],
    scope: 'studio',
    menu: 'view',
    when: hasPicture,
    run: () => {
      const { handle } = usePicture();
      const { picked } = useSelection();
      if (picked === null) handle?.frameAll();
      else handle?.frameSplats(picked.ids);
    },
  },
  {
    id: 'camera.nearest',
    words: 'action.nearest',
    keys: ['J'],
    scope: 'studio',
    menu: 'view',
    when: hasPhotos,
    run: () => {
      const name = nearestPhoto();
      if (name !== null) usePicture().handle?.showPhoto(name);
    },
  },
  {
    id: 'photo.compare',
    words: 'action.compare',
    keys: ['K'],
    scope: 'studio',
    menu: 'view',
    when: hasPhotos,
    run: () => comparePhoto(usePhotos().compared === null ? nearestPhoto() : null),
  },
  {
    id: 'view.frustums',
    words: 'action.frustums',
    keys: ['C'],
    scope: 'studio',
    menu: 'view',
    when: hasPhotos,
    run: () => {
      const view = useView();
      view.frustums = !view.frustums;
    },
  },
];
