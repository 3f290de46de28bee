/**
 * Everything that a person can do with one key or one line of the palette. Shortcuts, the list of keys (`?`), the command palette
 * and the desktop's menus are made from this table; buttons name their action, so that their key and words are said once.
 */
import type { MenuAction } from '#contract/session';
import type { Words } from '../language';
import { labelActions } from './label';
import { lookActions } from './look';
import { pageActions } from './page';
import { askActions } from './ask';
import { trainActions } from './train';

/** Where a key counts. */
export const scopes = ['anywhere', 'start', 'studio'] as const;
export type Scope = (typeof scopes)[number];
/** Where a person is. */
export type Place = Exclude<Scope, 'anywhere'>;

export interface Action {
  /** stable: a person's own keys and the desktop's menu refer to it */
  readonly id: string;
  readonly words: Words;
  /** what is put into the words' `{name}` */
  readonly name?: Words;
  /** first is shown; see chord.ts */
  readonly keys: readonly string[];
  readonly scope: Scope;
  readonly menu: MenuAction['menu'] | null;
  /** whether it makes sense now */
  readonly when: () => boolean;
  readonly run: () => unknown;
}

export const actions: readonly Action[] = [
  ...trainActions,
  ...askActions,
  ...labelActions,
  ...lookActions,
  ...pageActions,
];

export const actionIds = new Map(actions.map((action) => [action.id, action]));

/** Whether an action counts in a place, whatever the moment. */
export function countsIn(action: Action, place: Place): boolean {
  return action.scope === 'anywhere' || action.scope === place;
}

/** Whether an action can be started in a place now. */
export function isPossible(action: Action, place: Place): boolean {
  return countsIn(action, place) && action.when();
}

/** Two actions that one key would start in the same place. */
export interface Conflict {
  readonly chord: string;
  readonly ids: readonly [string, string];
}

const meet = (a: Scope, b: Scope): boolean => a === b || a === 'anywhere' || b === 'anywhere';

/** Refused by a test, and by whoever lets a person choose keys. */
export function conflicts(list: readonly Pick<Action, 'id' | 'keys' | 'scope'>[]): Conflict[] {
  return list.flatMap((action, index) =>
    list
      .slice(index + 1)
      .flatMap((other) =>
        meet(action.scope, other.scope)
          ? action.keys
              .filter((key) => other.keys.includes(key))
              .map((chord): Conflict => ({ chord, ids: [action.id, other.id] }))
          : [],
      ),
  );
}
