/**
 * A project's labels as they are edited: the journal of edits with a cursor, and the taxonomy that the edits before it make.
 *
 *   commit   the edits behind the cursor are gone, the new one stands before it
 *   undo     the cursor moves back by one; redo, forward
 *
 * The journal is written first: an edit that did not reach the disk has not happened.
 */
import type { EditName, FieldEdit } from '#contract/labels';
import { said } from '#contract/sayings';
import { feel, setBack } from './edits';
import type { Edit } from './edits';
import { LabelError } from './errors';
import { allLabels, emptyTaxonomy } from './taxonomy';
import type { Taxonomy } from './taxonomy';

/** Where edits are kept; each call happens as a whole or not at all. */
export interface EditJournal {
  load(): { edits: Edit[]; cursor: number };
  /** keeps the first `at` edits and appends this one; the cursor stands behind it */
  append(at: number, edit: Edit): void;
  moveCursor(cursor: number): void;
  /** edits that became others, by index */
  rewrite(edits: ReadonlyMap<number, Edit>): void;
}

const HIGHEST = 65_535;

export class LabelBook {
  readonly #journal: EditJournal;
  #edits: Edit[];
  #cursor: number;
  /** taxonomies before each edit, and behind the last one before the cursor; of those that were needed */
  #taxonomies: Taxonomy[] = [emptyTaxonomy];
  #felt: FieldEdit[] = [];

  /** @throws LabelError for a journal that does not fit together */
  constructor(journal: EditJournal) {
    this.#journal = journal;
    const { edits, cursor } = journal.load();
    this.#edits = edits;
    this.#cursor = cursor;
    this.#replay(0);
  }

  get taxonomy(): Taxonomy {
    return this.#taxonomies[this.#cursor];
  }

  /** Active edits as splats feel them. */
  get felt(): readonly FieldEdit[] {
    return this.#felt.slice(0, this.#cursor);
  }

  /** Active edits, in their order. */
  get edits(): readonly Edit[] {
    return this.#edits.slice(0, this.#cursor);
  }

  get undoable(): EditName | null {
    return this.#edits[this.#cursor - 1]?.name ?? null;
  }

  get redoable(): EditName | null {
    return this.#edits[this.#cursor]?.name ?? null;
  }

  /** Numbers that neither an active nor an undone edit has used. @throws LabelError when there are none left */
  fresh(): { class: number; label: number; layer: number } {
    let [highestClass, highestLabel, highestLayer] = [0, 0, 1];
    for (const { ops } of this.#edits)
      for (const op of ops) {
        if (op.type === 'addClass') highestClass = Math.max(highestClass, op.class);
        if (op.type === 'addClass' || op.type === 'addInstance') highestLabel = Math.max(highestLabel, op.label);
        if (op.type === 'addLayer') highestLayer = Math.max(highestLayer, op.layer);
      }
    if (highestLabel >= HIGHEST || highestClass >= HIGHEST)
      throw new LabelError(said('labelsUsedUp', { most: HIGHEST }));
    return { class: highestClass + 1, label: highestLabel + 1, layer: highestLayer + 1 };
  }

  /** @throws LabelError when it does not fit, or what the journal throws; nothing has changed then */
  commit(edit: Edit): void {
    const { taxonomy, felt } = feel(edit, this.taxonomy);
    if (allLabels(taxonomy).length > HIGHEST) throw new LabelError(said('labelsUsedUp', { most: HIGHEST }));
    this.#journal.append(this.#cursor, edit);
    this.#edits = [...this.#edits.slice(0, this.#cursor), edit];
    this.#felt = [...this.#felt.slice(0, this.#cursor), felt];
    this.#taxonomies = [...this.#taxonomies.slice(0, this.#cursor + 1), taxonomy];
    this.#cursor++;
  }

  /** @returns what was undone; null when there is nothing to undo */
  undo(): EditName | null {
    return this.#move(this.#cursor - 1, this.undoable);
  }

  redo(): EditName | null {
    return this.#move(this.#cursor + 1, this.redoable);
  }

  /**
   * The run was set back to a checkpoint: ids from its counter on are going to be given anew.
   *
   * @param nextId  id counter of the checkpoint
   * @returns how many edits now name ancestors in place of the splats that they were made on
   */
  setBack(nextId: number): number {
    const changed = new Map<number, Edit>();
    this.#edits.forEach((edit, index) => {
      const other = setBack(edit, nextId);
      if (other) changed.set(index, other);
    });
    if (changed.size === 0) return 0;
    this.#journal.rewrite(changed);
    this.#edits = this.#edits.map((edit, index) => changed.get(index) ?? edit);
    this.#replay(0);
    return changed.size;
  }

  #move(cursor: number, name: EditName | null): EditName | null {
    if (name === null) return null;
    this.#journal.moveCursor(cursor);
    this.#cursor = cursor;
    return name;
  }

  /** Also of edits behind the cursor, which redo will want. */
  #replay(from: number): void {
    this.#taxonomies = this.#taxonomies.slice(0, from + 1);
    this.#felt = this.#felt.slice(0, from);
    for (const edit of this.#edits.slice(from)) {
      const { taxonomy, felt } = feel(edit, this.#taxonomies[this.#taxonomies.length - 1]);
      this.#taxonomies.push(taxonomy);
      this.#felt.push(felt);
    }
  }
}
