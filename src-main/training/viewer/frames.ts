/**
 * The frames of a scene: snapshots of its geometry and overlays of what its splats mean, laid out in buffers that are used again.
 *
 * The caller says when a buffer is free: two frames are under way at most, a snapshot and its overlays.
 */
import { tableNames } from '#contract/answerTables';
import type { AnswerTables } from '#contract/answerTables';
import { harmonicWords, layOutFrame, overlayTypes } from '#contract/frame';
import type { OverlayName, Section } from '#contract/frame';
import { SEMANTICS } from '../../kernels/layout';
import { middleOf, packRange, packSplats } from '../../kernels/index';
import { CODES, splatScalars } from '../../semantics/index';
import { answerable, bestOfCodes, overrule, saidOf } from './answers';
import type { Ask } from './answers';
import { answerTables } from './answerTables';
import type { MeaningCells } from './meaningCells';
import { packMeaning } from './packMeaning';
import type { PrincipalAxes } from './principalAxes';
import type { RowCodes } from './rowCodes';
import type { SceneLabels } from '../ports';
import type { ViewedScene } from './scene';

/** Memory for one frame after another. */
export class FrameBuffer {
  #buffer = new ArrayBuffer(0);

  readonly allocate = (size: number): ArrayBuffer => {
    // A quarter more, so that a growing scene does not need a new one each time; much less, and it is given back.
    if (this.#buffer.byteLength < size || this.#buffer.byteLength > 4 * size)
      this.#buffer = new ArrayBuffer(Math.ceil(1.25 * size));
    return this.#buffer;
  };
}

export function snapshotFrame(
  { model, step, shDegree, antialiased, extent }: ViewedScene,
  sequence: number,
  rows: number,
  memory: FrameBuffer,
): Uint8Array<ArrayBuffer> {
  const { geometry, sphericalHarmonics, ids, count } = model.arrays();
  const { centre, radius } = middleOf(geometry, count);
  const input = { geometry, sphericalHarmonics, count, shDegree };
  const range = packRange(input, centre);
  const sections: Section[] = [
    { name: 'splats', type: 'u32', length: 4 * count },
    { name: 'ids', type: 'u32', length: count },
  ];
  for (const [band, words] of Object.entries(harmonicWords).slice(0, shDegree))
    sections.push({ name: band, type: 'u32', length: words * count });
  const { origin, ...limits } = range;
  const { bytes, arrays } = layOutFrame(
    {
      ...{ kind: 'snapshot', sequence, rows, step, count, shDegree, antialiased, centre, radius, extent },
      ...{ origin: [...origin], ...limits },
    },
    sections,
    memory.allocate,
  );
  const words = (name: string): Uint32Array | null => (arrays.get(name) as Uint32Array | undefined) ?? null;
  const splats = words('splats') ?? new Uint32Array(0);
  packSplats(input, range, { splats, sh1: words('sh1'), sh2: words('sh2'), sh3: words('sh3') });
  words('ids')?.set(ids.subarray(0, count));
  return bytes;
}

/** What overlays are made from, besides the scene. */
export interface OverlayParts {
  readonly codes: RowCodes;
  readonly axes: PrincipalAxes;
  readonly cells: MeaningCells;
  /** null when nothing is asked */
  readonly ask: Ask | null;
  /** null where nothing can be labelled */
  readonly labels: SceneLabels | null;
}

/** Overlays that a scene has now, of those that are wanted. */
export function availableOverlays(
  { semantics }: ViewedScene,
  wanted: readonly OverlayName[],
  ask: Ask | null,
  labelled: boolean,
): OverlayName[] {
  const answers = answerable(semantics, ask) !== null;
  return wanted.filter((name) => {
    if (name === 'label') return labelled;
    if (name === 'relevancy' || name === 'class') return answers;
    return semantics !== null;
  });
}

/** What pixels answer; null where that cannot be looked up. */
export function tablesOf(
  { semantics }: ViewedScene,
  { cells, ask }: Pick<OverlayParts, 'cells' | 'ask'>,
): AnswerTables | null {
  const asked = answerable(semantics, ask);
  return semantics && asked && answerTables(asked, semantics.entries, cells);
}

/** @param names  of `availableOverlays`, at least one; @param rows  number of the rows (FrameOf<'snapshot'>) */
export function overlayFrame(
  scene: ViewedScene,
  names: readonly OverlayName[],
  { codes, axes, cells, ask, labels }: OverlayParts,
  sequence: number,
  rows: number,
  memory: FrameBuffer,
): Uint8Array<ArrayBuffer> {
  const { model, step } = scene;
  const { geometry, semantics, count } = model.arrays();
  const answers = ask !== null && (names.includes('relevancy') || names.includes('class'));
  const tables = names.includes('relevancy') ? tablesOf(scene, { cells, ask }) : null;
  const sections: Section[] = names.map((name) => ({ name, type: overlayTypes[name], length: count }));
  if (tables) for (const name of tableNames) sections.push({ name, type: 'f32', length: tables[name].length });
  const { bytes, arrays } = layOutFrame(
    {
      ...{ kind: 'overlay', sequence, step, rows, count },
      ...{ ask: answers ? ask.revision : 0, labels: labels?.revision ?? 0 },
    },
    sections,
    memory.allocate,
  );
  if (tables) for (const name of tableNames) arrays.get(name)?.set(tables[name]);
  const scalars = splatScalars(geometry, semantics, count);
  const u16 = (name: OverlayName): Uint16Array | null => (arrays.get(name) as Uint16Array | undefined) ?? null;
  const u8 = (name: OverlayName): Uint8Array | null => (arrays.get(name) as Uint8Array | undefined) ?? null;
  const uncertainty = u16('uncertainty');
  if (uncertainty)
    for (let row = 0; row < count; row++) uncertainty[row] = Math.round(65_535 * scalars.uncertainty[row]);
  const { entries, shares } = codes.codes;
  for (const [out, from] of [
    [u8('entry'), entries],
    [u8('share'), shares],
  ] as const)
    if (out) for (let row = 0; row < count; row++) out[row] = from[row * CODES];
  if (answers) {
    const [relevancy, classes] = [u16('relevancy'), u8('class')];
    bestOfCodes(ask, scene.semantics?.entries ?? 0, codes.codes, scalars, relevancy, classes);
    overrule(saidOf(labels, scene, ask), relevancy, classes);
  }
  if (labels) u16('label')?.set(labels.labelsOf(model));
  for (const [name, first] of [
    ['meaningLow', 0],
    ['meaningHigh', 4],
  ] as const) {
    const words = arrays.get(name);
    if (words instanceof Uint32Array) packMeaning(semantics, count, first, words);
  }
  const components = arrays.get('components');
  if (components instanceof Uint32Array) axes.colours(semantics, SEMANTICS.columns, components);
  return bytes;
}
