/** The desktop's menu bar, kept as the table and the moment have it. */
import { watch } from 'vue';
import type { MenuAction } from '#contract/session';
import { useGateway } from '../gateway/shared';
import { accelerator } from './chord';
import { actionIds, actions, isPossible } from './table';
import type { Place } from './table';
import { wordsOf } from './words';

/** @param place  where the person is now: elsewhere an action is shown and cannot be chosen */
export function menuLines(place: Place): MenuAction[] {
  return actions.flatMap((action) =>
    action.menu === null
      ? []
      : [
          {
            id: action.id,
            menu: action.menu,
            words: wordsOf(action),
            accelerator: action.keys.length === 0 ? null : accelerator(action.keys[0]),
            enabled: isPossible(action, place),
          },
        ],
  );
}

/** Offers the menu to a desktop and does what it asks; nothing in a browser. */
export function serveMenu(place: () => Place): void {
  const { desktop } = useGateway();
  if (desktop === null) return;
  watch(
    () => JSON.stringify(menuLines(place())),
    () => desktop.offer(menuLines(place())),
    { immediate: true },
  );
  desktop.onAction((id) => {
    const action = actionIds.get(id);
    if (action && isPossible(action, place())) void action.run();
  });
}
