/** Figures of a project's labels, and the labels as data, from its newest checkpoint. Works beside whoever labels. */
import { join, resolve } from 'node:path';
import { writeFileAtomically } from '../base/index';
import { NONE } from '../mesh/index';
import type { SplatLabels } from '../mesh/index';
import { hexOf } from '../language/codebook/index';
import { splatScalars } from '../semantics/index';
import { nameOf } from './exportScene';
import { labelsOfSnapshot, readLabelBook } from './projectLabels';
import { openSnapshot } from './trainedScene';
import type { TrainingSnapshot } from '../training/ports';

export interface LabelFigure {
  readonly class: number;
  readonly className: string;
  /** null for the class as such */
  readonly instance: number | null;
  readonly name: string;
  readonly colour: string;
  readonly splats: number;
  /** mean u_G of its splats; null where it has none or semantics never joined */
  readonly uncertainty: number | null;
}

export interface LabelStatistics {
  readonly project: string;
  /** of the checkpoint */
  readonly step: number;
  readonly splats: number;
  readonly labelled: number;
  /** active ones */
  readonly edits: number;
  readonly figures: readonly LabelFigure[];
}

interface Labelled {
  readonly root: string;
  readonly exports: string;
  readonly snapshot: TrainingSnapshot;
  readonly labels: SplatLabels;
  readonly edits: number;
}

async function openLabels(path: string, layer: number | null, warn: (message: string) => void): Promise<Labelled> {
  const [{ root, exports, snapshot }, book] = await Promise.all([openSnapshot(path, warn), readLabelBook(path)]);
  return { root, exports, snapshot, labels: labelsOfSnapshot(book, snapshot, layer, root), edits: book.edits.length };
}

/** Splats and uncertainty of every class as such and of its instances, in one walk over the splats. */
function figuresOf({ snapshot, labels }: Labelled): LabelFigure[] {
  const { classes, instances } = labels.taxonomy;
  const { geometry, semantics } = snapshot.tensors;
  const { uncertainty } = splatScalars(
    geometry.data as Float32Array,
    semantics.data as Float32Array,
    labels.ids.length,
  );
  const tallies = new Map<string, { splats: number; uncertainty: number }>();
  for (let row = 0; row < labels.ids.length; row++) {
    const key = `${labels.classes[row]} ${labels.instances[row]}`;
    const tally = tallies.get(key) ?? { splats: 0, uncertainty: 0 };
    tally.splats++;
    tally.uncertainty += uncertainty[row];
    tallies.set(key, tally);
  }
  const tallyOf = (classId: number, instanceId: number): Pick<LabelFigure, 'splats' | 'uncertainty'> => {
    const tally = tallies.get(`${classId} ${instanceId}`);
    if (!tally) return { splats: 0, uncertainty: null };
    return { splats: tally.splats, uncertainty: snapshot.semantics && tally.uncertainty / tally.splats };
  };
  return classes.flatMap(({ id, name: className, colour }) => {
    const common = { class: id, className, colour: hexOf(colour) };
    const own: LabelFigure = { ...common, instance: null, name: className, ...tallyOf(id, NONE) };
    const parts = instances
      .filter(({ classId }) => classId === id)
      .map(({ id: instance, name }) => ({ ...common, instance, name, ...tallyOf(id, instance) }));
    return [own, ...parts];
  });
}

/** @throws ProjectError, StudioError */
export async function labelStatistics(
  path: string,
  layer: number | null,
  warn: (message: string) => void,
): Promise<LabelStatistics> {
  const labelled = await openLabels(path, layer, warn);
  const figures = figuresOf(labelled);
  return {
    ...{ project: labelled.root, step: labelled.snapshot.step, splats: labelled.labels.ids.length },
    labelled: figures.reduce((sum, { splats }) => sum + splats, 0),
    ...{ edits: labelled.edits, figures },
  };
}

/** Writes taxonomy and labelled splats by id. @param out  null: in the project's exports. @throws ProjectError, StudioError, FileError */
export async function exportLabels(
  path: string,
  layer: number | null,
  out: string | null,
  warn: (message: string) => void,
): Promise<{ file: string; labelled: number }> {
  const labelled = await openLabels(path, layer, warn);
  const { root, exports, snapshot, labels } = labelled;
  const file = resolve(out ?? join(exports, `${nameOf({ root })}.labels.json`));
  const entries = figuresOf(labelled).map(({ instance, ...figure }) => ({
    ...figure,
    instance,
    ids: Array.from(labels.ids).filter(
      (_, row) => labels.classes[row] === figure.class && labels.instances[row] === (instance ?? NONE),
    ),
  }));
  const data = { version: 1, project: nameOf({ root }), step: snapshot.step, labels: entries };
  await writeFileAtomically(file, [new TextEncoder().encode(`${JSON.stringify(data)}\n`)]);
  return { file, labelled: entries.reduce((sum, { splats }) => sum + splats, 0) };
}
