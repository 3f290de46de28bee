/** Figures of a project's labels, and the labels as data, from its newest checkpoint. Works beside whoever labels. */
import { join, resolve } from 'node:path';
import { writeFileAtomically } from '../base/index';
import { NONE } from '../mesh/index';
import type { SplatLabels } from '../mesh/index';
import { SEMANTICS } from '../kernels/layout';
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

const hex = (colour: readonly number[]): string =>
  `#${colour.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;

function figuresOf({ snapshot, labels }: Labelled): LabelFigure[] {
  const { classes, instances } = labels.taxonomy;
  const vectors = snapshot.semantics ? (snapshot.tensors.semantics.data as Float32Array) : null;
  const tally = (classId: number, instanceId: number): Pick<LabelFigure, 'splats' | 'uncertainty'> => {
    let [splats, sum] = [0, 0];
    for (let row = 0; row < labels.ids.length; row++) {
      if (labels.classes[row] !== classId || labels.instances[row] !== instanceId) continue;
      splats++;
      const logit = vectors?.[row * SEMANTICS.columns + SEMANTICS.uncertaintyLogit] ?? 0;
      sum += 1 / (1 + Math.exp(-logit));
    }
    return { splats, uncertainty: vectors && splats > 0 ? sum / splats : null };
  };
  return classes.flatMap(({ id, name: className, colour }) => {
    const common = { class: id, className, colour: hex(colour) };
    const own: LabelFigure = { ...common, instance: null, name: className, ...tally(id, NONE) };
    const parts = instances
      .filter(({ classId }) => classId === id)
      .map(({ id: instance, name }) => ({ ...common, instance, name, ...tally(id, instance) }));
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
