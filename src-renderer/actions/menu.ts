/** The desktop's menu bar, kept as the table and the moment have it. */
import { watch } from 'vue';
import type { MenuAction } from '#contract/session';
import { useGateway } from '../gateway/shared';
import { accelerator } from './chord';
import { actionIds, actions } from './table';
import { wordsOf } from './words';

export function menuLines(): MenuAction[] {
  return actions.flatMap((action) =>
    action.menu === null
      ? []
      : [
          {
            id: action.id,
            menu: action.menu,
            words: wordsOf(action),
            accelerator: action.keys.length === 0 ? null : accelerator(action.keys[0]),
            enabled: action.when(),
          },
        ],
  );
}

/** Offers the menu to a desktop and does what it asks; nothing in a browser. */
export function serveMenu(): void {
  const { desktop } = useGateway();
  if (desktop === null) return;
  watch(
    () => JSON.stringify(menuLines()),
    () => desktop.offer(menuLines()),
    { immediate: true },
  );
  desktop.onAction((id) => {
    const action = actionIds.get(id);
    if (action?.when() === true) void action.run();
  });
}
