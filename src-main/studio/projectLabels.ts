/** The labels that people gave a project's splats, as they fall on the splats of a checkpoint. */
import { Ancestry } from '../gaussians/index';
import { LabelBook, LabelField } from '../labels/index';
import type { EditJournal, Taxonomy } from '../labels/index';
import { NONE, type SplatLabels } from '../mesh/index';
import { LabelJournal, openProject } from '../project/index';
import type { TrainingSnapshot } from '../training/ports';
import { StudioError } from './studio';

/** Reads, and keeps to itself what it would write: another process may be labelling. */
function readOnly(journal: EditJournal): EditJournal {
  const refuse = (): never => {
    throw new Error('labels are only read here');
  };
  return { load: () => journal.load(), append: refuse, moveCursor: refuse, rewrite: () => undefined };
}

/** A project's edits as they are now. @throws ProjectError */
export async function readLabelBook(path: string): Promise<LabelBook> {
  const project = await openProject(path, 'read');
  try {
    return new LabelBook(readOnly(new LabelJournal(project.database, project.paths.database)));
  } finally {
    await project.close();
  }
}

/**
 * Labels of a checkpoint's splats. Edits that were made after it are on the ancestors of their splats.
 *
 * @param layer  null for the first one
 * @throws StudioError for a layer that is not there
 */
export function labelsOfSnapshot(
  book: LabelBook,
  { tensors, nextId }: TrainingSnapshot,
  layer: number | null,
  root: string,
): SplatLabels {
  book.setBack(nextId);
  const { taxonomy } = book;
  const chosen = layer === null ? taxonomy.layers[0] : taxonomy.layers.find((one) => one.layer === layer);
  if (!chosen)
    throw new StudioError(
      root,
      `has no label layer ${layer}; it has ${taxonomy.layers.map((one) => `${one.layer} (${one.name})`).join(', ')}`,
    );
  const ids = tensors.ids.data as Uint32Array;
  const ancestry = Ancestry.restore(tensors.ancestry?.data, nextId, ids, tensors.parents.data);
  if (!ancestry)
    throw new StudioError(root, 'the ancestry of its checkpoint is damaged; go on from another checkpoint');
  const field = new LabelField();
  field.set(0, book.felt);
  field.follow({ parents: ancestry.parents, nextId });
  const labels = new Uint16Array(ids.length);
  field.ofRows(chosen.layer, ids, labels);
  return splatLabels(taxonomy, ids, labels);
}

/** Labels and taxonomy in the shape that exporters take. @param labels  of ids, 0 none, [n] */
function splatLabels({ classes }: Taxonomy, ids: Uint32Array, labels: Uint16Array): SplatLabels {
  const owner = new Map<number, { classId: number; instance: number }>();
  for (const { class: classId, label, instances } of classes) {
    owner.set(label, { classId, instance: NONE });
    for (const one of instances) owner.set(one.label, { classId, instance: one.label });
  }
  return {
    taxonomy: {
      classes: classes.map(({ class: id, name, colour }) => ({ id, name, colour: bytesOf(colour) })),
      instances: classes.flatMap(({ class: classId, name, instances }) =>
        instances.map(({ label, number }) => ({ id: label, classId, name: `${name} ${number}` })),
      ),
    },
    ids: ids.slice(),
    classes: Int32Array.from(labels, (label) => owner.get(label)?.classId ?? NONE),
    instances: Int32Array.from(labels, (label) => owner.get(label)?.instance ?? NONE),
  };
}

function bytesOf(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
