/** Edits as they are kept, and as the splats feel them. */
import type { EditName, FieldEdit, LabelOp } from '#contract/labels';
import { applyOp, classOf, labelsOf } from './taxonomy';
import type { Taxonomy } from './taxonomy';

/** One gesture. */
export interface Edit {
  readonly name: EditName;
  /** ISO 8601, UTC */
  readonly at: string;
  /** completed steps of the run when it was made */
  readonly step: number;
  /** the id that the next splat was to get: those that descend from the edit's splats since then follow them */
  readonly nextId: number;
  readonly ops: readonly LabelOp[];
  /** for a resume from the checkpoint that was the newest then; null when it has no splats, or that one knows them all */
  readonly saved: SavedIds | null;
}

/** The splats of an edit by ids below the id counter of a checkpoint: ancestors stand for those that were born after it. */
export interface SavedIds {
  /** id counter of the checkpoint */
  readonly nextId: number;
  /** for the one op that names splats */
  readonly ids: Uint32Array;
}

type FieldChange = FieldEdit['changes'][number];

/** Edits in which a person names splats; with others answers of the model become labels. */
const HANDS: readonly EditName[] = ['brush', 'rectangle', 'lasso', 'pick'];

/** What an op does to splats. @param before  the taxonomy that it meets */
function changesOf(op: LabelOp, name: EditName, before: Taxonomy): FieldChange[] {
  switch (op.type) {
    case 'assign':
      return [{ kind: 'assign', layer: op.layer, label: op.label, ids: op.ids, byHand: HANDS.includes(name) }];
    case 'review':
      return [{ kind: 'review', ids: op.ids }];
    case 'mergeClass':
      return [{ kind: 'relabel', from: [classOf(before, op.from).label], to: classOf(before, op.into).label }];
    case 'removeClass':
      return [{ kind: 'relabel', from: labelsOf(classOf(before, op.class)), to: 0 }];
    case 'removeLayer':
      return [{ kind: 'clear', layer: op.layer }];
    default:
      return [];
  }
}

/** An edit as the splats feel it, and the taxonomy after it. @throws LabelError when it does not fit */
export function feel({ name, nextId, ops }: Edit, before: Taxonomy): { taxonomy: Taxonomy; felt: FieldEdit } {
  let taxonomy = before;
  const changes: FieldChange[] = [];
  for (const op of ops) {
    const after = applyOp(taxonomy, op);
    changes.push(...changesOf(op, name, taxonomy));
    taxonomy = after;
  }
  return { taxonomy, felt: { nextId, changes } };
}

/** Whether an op names splats one by one. */
export function namesSplats(op: LabelOp): op is Extract<LabelOp, { ids: Uint32Array }> {
  return op.type === 'assign' || op.type === 'review';
}

/**
 * An edit for a run that was set back to a checkpoint, whose ids from its counter on will be given anew: the splats' ancestors that the
 * checkpoint knows stand for them. Null when nothing has to change.
 *
 * @param nextId  id counter of that checkpoint
 */
export function setBack(edit: Edit, nextId: number): Edit | null {
  if (edit.nextId <= nextId) return null;
  const saved = edit.saved;
  const known = (ids: Uint32Array): Uint32Array => ids.filter((id) => id < nextId);
  const ops = edit.ops.map((op) => (namesSplats(op) ? { ...op, ids: known(saved?.ids ?? op.ids) } : op));
  return { ...edit, nextId, ops, saved: null };
}
