/** How classes are shown and which layer is active: kept with the project, and no edits. */
import type { Taxonomy } from '../../labels/index';
import type { Project } from '../../project/index';

type Database = Project['database'];

export interface LabelView {
  readonly layer: number;
  readonly hidden: readonly number[];
  readonly locked: readonly number[];
}

const VIEW = 'labelView';

/** What was stored is read with suspicion. */
export function readLabelView(database: Database): LabelView {
  const view: LabelView = { layer: 1, hidden: [], locked: [] };
  try {
    const parsed = JSON.parse(database.getMeta(VIEW) ?? '{}') as Partial<Record<keyof LabelView, unknown>>;
    const numbers = (list: unknown): number[] =>
      Array.isArray(list) ? list.filter((one): one is number => Number.isInteger(one)) : [];
    const layer = Number.isInteger(parsed.layer) ? (parsed.layer as number) : view.layer;
    return { layer, hidden: numbers(parsed.hidden), locked: numbers(parsed.locked) };
  } catch {
    return view;
  }
}

export function writeLabelView(database: Database, view: LabelView): void {
  database.setMeta(VIEW, JSON.stringify(view));
}

/** The layer that is active, if it is still there; else the first one. */
export function activeLayer(database: Database, { layers }: Taxonomy): number {
  const { layer } = readLabelView(database);
  return (layers.find((one) => one.layer === layer) ?? layers[0]).layer;
}
