/** How an action is called. */
import { say } from '../language';
import type { Action } from './table';

export const wordsOf = ({ words, name }: Pick<Action, 'words' | 'name'>): string =>
  say(words, name === undefined ? {} : { name: say(name) });
