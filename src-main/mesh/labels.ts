/**
 * Labels as plain data: what each splat is, by its stable id, and the names behind the numbers. Who made them does not matter here: a
 * person's brush, an answer to words, or a truth.
 *
 * A *segment* is one instance of a class, or a class without instances; meshes are cut along segments. Segment 0 is what has no label.
 */
import { MeshError } from './errors';

export interface TaxonomyClass {
  /** ids may have gaps and start anywhere */
  readonly id: number;
  readonly name: string;
  /** sRGB bytes */
  readonly colour: readonly [number, number, number];
}

export interface TaxonomyInstance {
  readonly id: number;
  readonly classId: number;
  readonly name: string;
}

export interface Taxonomy {
  readonly classes: readonly TaxonomyClass[];
  readonly instances: readonly TaxonomyInstance[];
}

/** No label. */
export const NONE = -1;

export interface SplatLabels {
  readonly taxonomy: Taxonomy;
  /** of the splats that are labelled, in any order, [n] */
  readonly ids: Uint32Array;
  /** class ids, NONE = none, [n] */
  readonly classes: Int32Array;
  /** instance ids, NONE = none, [n] */
  readonly instances: Int32Array;
}

export interface Segment {
  readonly classId: number;
  readonly instanceId: number;
  readonly className: string;
  /** of the instance, or of the class where it has none */
  readonly name: string;
  readonly colour: readonly [number, number, number];
}

export const UNLABELLED: Segment = {
  ...{ classId: NONE, instanceId: NONE, className: 'unlabelled', name: 'unlabelled' },
  colour: [128, 128, 128],
};

/** Numbers of segments fit 16 bits. */
const MOST_SEGMENTS = 2 ** 16;

export interface Segmentation {
  /** [0] is UNLABELLED; the others in the order of the taxonomy */
  readonly segments: readonly Segment[];
  /** segment of each splat, [count] */
  readonly rows: Uint16Array;
}

/**
 * Segments of the splats of a snapshot. Splats that have gone since keep no label, new ones have none.
 *
 * @param ids  of the live rows, [count]
 * @throws MeshError for a label that the taxonomy does not know, or too many
 */
export function segmentsOf(labels: SplatLabels, ids: Uint32Array): Segmentation {
  const { classes, instances } = labels.taxonomy;
  const byClass = new Map(classes.map((one) => [one.id, one]));
  const byInstance = new Map(instances.map((one) => [one.id, one]));
  const segments: Segment[] = [UNLABELLED];
  const numbers = new Map<string, number>();
  const used = new Set(Array.from(labels.ids, (_, i) => keyOf(labels.classes[i], labels.instances[i])));
  const add = (classId: number, instanceId: number, name: string): void => {
    const { name: className, colour } = byClass.get(classId) ?? UNLABELLED;
    numbers.set(keyOf(classId, instanceId), segments.length);
    segments.push({ classId, instanceId, className, name, colour });
  };
  for (const { id, name } of classes) {
    if (used.has(keyOf(id, NONE))) add(id, NONE, name);
    for (const one of instances) if (one.classId === id && used.has(keyOf(id, one.id))) add(id, one.id, one.name);
  }
  if (segments.length > MOST_SEGMENTS)
    throw new MeshError(
      'labels',
      `${segments.length - 1} labelled instances are too many for one file; export fewer classes`,
    );
  const segmentOfId = new Map<number, number>();
  labels.ids.forEach((id, i) => {
    const [classId, instanceId] = [labels.classes[i], labels.instances[i]];
    if (classId === NONE) return;
    const segment = numbers.get(keyOf(classId, instanceId));
    if (segment === undefined) {
      const what = byClass.has(classId) && !byInstance.has(instanceId) ? `instance ${instanceId}` : `class ${classId}`;
      throw new MeshError('labels', `splat ${id} is labelled with ${what}, which its taxonomy does not have there`);
    }
    segmentOfId.set(id, segment);
  });
  return { segments, rows: Uint16Array.from(ids, (id) => segmentOfId.get(id) ?? 0) };
}

const keyOf = (classId: number, instanceId: number): string => `${classId} ${instanceId}`;
