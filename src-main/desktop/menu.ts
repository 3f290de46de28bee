/**
 * The menu bar: the page's own actions (contract: menuActions), which carry words and keys, between what each system expects and
 * gives for free (roles). Decides the lines only; Electron draws them.
 */
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuAction } from '#contract/session';
import type { Words } from './words';

type Line = MenuItemConstructorOptions;
const separator: Line = { type: 'separator' };

export interface MenuPorts {
  readonly platform: NodeJS.Platform;
  readonly words: Words;
  /** a line of the page was chosen */
  readonly choose: (id: string) => void;
}

/** Lines of the whole menu bar. Before the page offers anything, what the system gives. */
export function menuTemplate(actions: readonly MenuAction[], { platform, words, choose }: MenuPorts): Line[] {
  const mac = platform === 'darwin';
  const own = (menu: MenuAction['menu']): Line[] =>
    actions
      .filter((action) => action.menu === menu)
      .map(({ id, words: label, accelerator, enabled }) => ({
        label,
        enabled,
        ...(accelerator === null ? {} : { accelerator }),
        // The page answers the key. macOS asks the page first and the menu only when the page let it pass.
        registerAccelerator: false,
        click: () => choose(id),
      }));
  const menu = (label: string, ...groups: Line[][]): Line => ({ label, submenu: joined(groups) });
  const editing: Line[] = [
    ...(['undo', 'redo'] as const).map((role): Line => ({ role })),
    separator,
    ...(['cut', 'copy', 'paste', 'selectAll'] as const).map((role): Line => ({ role })),
  ];
  const recent: Line[] = mac ? [{ role: 'recentDocuments', submenu: [{ role: 'clearRecentDocuments' }] }] : [];
  return [
    ...(mac ? [{ role: 'appMenu' } satisfies Line] : []),
    menu(words.file, own('file'), recent, [{ role: mac ? 'close' : 'quit' }]),
    // The page's own undo would hide the one of text fields: where it offers one, the role is left out.
    menu(words.edit, own('edit'), actions.some(({ menu: name }) => name === 'edit') ? editing.slice(3) : editing),
    menu(
      words.view,
      own('view'),
      [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }],
      [{ role: 'togglefullscreen' }],
    ),
    ...(own('training').length > 0 ? [menu(words.training, own('training'))] : []),
    ...(mac ? [{ role: 'windowMenu' } satisfies Line] : []),
    ...(own('help').length > 0 ? [{ ...menu(words.help, own('help')), role: 'help' } satisfies Line] : []),
  ];
}

/** Groups with a line between them; empty ones vanish. */
function joined(groups: readonly Line[][]): Line[] {
  return groups
    .filter((group) => group.length > 0)
    .flatMap((group, index) => (index === 0 ? group : [separator, ...group]));
}
