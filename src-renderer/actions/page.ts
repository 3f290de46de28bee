/** The page itself: panels, lists, opening and closing, language and light. */
import { focusNextRegion, focusPart } from '../focus';
import { language, setLanguage } from '../language';
import { useLayout } from '../stores/layout';
import { useSession } from '../stores/session';
import { useStudio } from '../stores/studio';
import { themes, useTheme } from '../stores/theme';
import { openPath } from '../opening';
import type { Action } from './table';

const always = (): boolean => true;
const open = (): boolean => useStudio().project !== null;

export const pageActions: readonly Action[] = [
  {
    id: 'page.palette',
    words: 'action.palette',
    keys: ['Mod+K'],
    scope: 'anywhere',
    menu: 'view',
    when: always,
    run: () => useLayout().toggleOverlay('palette'),
  },
  {
    id: 'page.keys',
    words: 'action.keys',
    keys: ['?'],
    scope: 'anywhere',
    menu: 'help',
    when: always,
    run: () => useLayout().toggleOverlay('keys'),
  },
  {
    id: 'page.models',
    words: 'action.models',
    keys: [],
    scope: 'anywhere',
    menu: 'file',
    when: always,
    run: () => useLayout().toggleOverlay('models'),
  },
  {
    id: 'export.open',
    words: 'action.export',
    keys: ['Mod+E'],
    scope: 'studio',
    menu: 'file',
    when: () => useStudio().state?.labels != null,
    run: () => useLayout().toggleOverlay('export'),
  },
  {
    id: 'start.path',
    words: 'action.path',
    keys: ['O'],
    scope: 'start',
    menu: null,
    when: () => !open(),
    run: () => focusPart('path'),
  },
  {
    id: 'project.openFolder',
    words: 'action.openFolder',
    keys: ['Mod+O'],
    scope: 'anywhere',
    menu: 'file',
    when: () => useSession().desktop,
    run: () => openPath('folder'),
  },
  {
    id: 'project.openSplats',
    words: 'action.openSplats',
    keys: [],
    scope: 'anywhere',
    menu: 'file',
    when: () => useSession().desktop,
    run: () => openPath('splats'),
  },
  {
    id: 'project.close',
    words: 'action.close',
    keys: [],
    scope: 'studio',
    menu: 'file',
    when: open,
    run: () => useStudio().command({ type: 'close' }),
  },
  {
    id: 'panels.alone',
    words: 'action.alone',
    // Only while the picture has the focus: elsewhere Tab moves it.
    keys: ['Tab'],
    scope: 'studio',
    menu: 'view',
    when: open,
    run: () => {
      const layout = useLayout();
      layout.alone = !layout.alone;
    },
  },
  {
    id: 'panels.side',
    words: 'action.side',
    keys: ['Mod+B'],
    scope: 'studio',
    menu: 'view',
    when: open,
    run: () => {
      const layout = useLayout();
      layout.side = !layout.side;
    },
  },
  {
    id: 'panels.training',
    words: 'action.training',
    keys: ['Mod+J'],
    scope: 'studio',
    menu: 'view',
    when: open,
    run: () => {
      const layout = useLayout();
      layout.training = !layout.training;
    },
  },
  {
    id: 'page.region',
    words: 'action.region',
    keys: ['F6'],
    scope: 'anywhere',
    menu: null,
    when: always,
    run: focusNextRegion,
  },
  {
    id: 'page.theme',
    words: 'action.theme',
    keys: [],
    scope: 'anywhere',
    menu: 'view',
    when: always,
    run: () => {
      const theme = useTheme();
      theme.theme = themes[(themes.indexOf(theme.theme) + 1) % themes.length];
    },
  },
  {
    id: 'page.language',
    words: 'action.language',
    keys: [],
    scope: 'anywhere',
    menu: 'view',
    when: always,
    run: () => setLanguage(language.value === 'en' ? 'zh' : 'en'),
  },
];
