/** Keys to actions. A key that a field or a control wants for itself stays its own. */
import { isMac } from '../system';
import { chordOf, chordText } from './chord';
import { actions, countsIn } from './table';
import type { Action, Place } from './table';

/** The action that a chord starts here; null when there is none or it makes no sense now. */
export function actionFor(chord: string, place: Place): Action | null {
  const found = actions.find((action) => action.keys.includes(chord) && countsIn(action, place));
  return found?.when() === true ? found : null;
}

const TYPES_TEXT = 'input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable=true]';
/** Controls that Space, Enter, Tab or arrows work on. */
const WORKS = 'a, button, input, [role=slider], [role=tab], [role=menuitem], [role=option], [role=switch], summary';

/** Whether the focused element keeps the key to itself. */
function wanted(target: Element | null, chord: string): boolean {
  if (target === null) return false;
  const modified = /^(Mod|Alt)\+/.test(chord) || /^F\d/.test(chord);
  if (target.closest('[role=dialog], [role=menu]') !== null && chord !== 'Mod+K') return true;
  if (modified) return false;
  if (target.closest(TYPES_TEXT) !== null) return true;
  if (chord === 'Tab') return target.closest('[data-picture]') === null;
  return ['Space', 'Enter', 'Delete'].includes(chord) && target.closest(WORKS) !== null;
}

/**
 * Listens to a page's keys. The viewport's own keys (flying) never come here: it stops what it uses.
 *
 * @param place  where the person is now
 * @returns what ends it
 */
export function listenToKeys(page: Document, place: () => Place): () => void {
  const mac = isMac();
  const press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const chord = chordOf(event, mac);
    if (chord === null) return;
    const text = chordText(chord);
    if (wanted(event.target instanceof Element ? event.target : null, text)) return;
    const action = actionFor(text, place());
    if (action === null || (event.repeat && action.id !== 'page.region')) return;
    event.preventDefault();
    void action.run();
  };
  page.addEventListener('keydown', press);
  return () => page.removeEventListener('keydown', press);
}
