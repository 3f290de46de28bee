/**
 * Which snapshot is on the screen, and which overlays belong to it. Rows mean nothing in a snapshot that has others, so an overlay is
 * only ever shown with a snapshot of the rows that it names; snapshots with the same rows share their overlays.
 *
 *   arrived ──its overlays are here, or PATIENCE is over──▶ sorting ──Spark displays it──▶ shown
 *
 * A snapshot of other rows waits for its overlays so that the heatmap does not blink at every snapshot. One is sorted at a time; of those
 * that arrive meanwhile, the newest stays.
 */
import { tableNames } from '#contract/answerTables';
import type { AnswerTables } from '#contract/answerTables';
import type { Frame, FrameOf, OverlayName, SectionArray } from '#contract/frame';
import { keepsRows, overlayNames, sameRows } from '#contract/frame';

export type SnapshotFrame = Frame & { header: FrameOf<'snapshot'> };
export type OverlayFrame = Frame & { header: FrameOf<'overlay'> };

export interface Overlay {
  readonly numbers: SectionArray;
  readonly step: number;
  /** question that `relevancy` and `class` answer */
  readonly ask: number;
  /** beside `relevancy`: what pixels answer */
  readonly tables: AnswerTables | null;
}

export interface HeldSnapshot {
  readonly frame: SnapshotFrame;
  readonly overlays: Map<OverlayName, Overlay>;
}

const PATIENCE_MS = 1500;

export interface SnapshotActions {
  /** give it to the sorter */
  readonly sort: (snapshot: HeldSnapshot) => void;
  /** of the shown snapshot: new numbers */
  readonly write: (name: OverlayName, overlay: Overlay) => void;
}

export class SnapshotQueue {
  readonly #actions: SnapshotActions;
  /** overlays that the trainer was asked for: worth waiting for, if the shown snapshot has them */
  wanted: readonly OverlayName[] = [];
  #shown: HeldSnapshot | null = null;
  #sorting: HeldSnapshot | null = null;
  #arrived: HeldSnapshot | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #impatient = false;

  constructor(actions: SnapshotActions) {
    this.#actions = actions;
  }

  get shown(): HeldSnapshot | null {
    return this.#shown;
  }

  /** The newest, shown or not: what a viewer begins anew with. */
  get newest(): HeldSnapshot | null {
    return this.#arrived ?? this.#sorting ?? this.#shown;
  }

  takeSnapshot(frame: SnapshotFrame): void {
    clearTimeout(this.#timer);
    const { newest } = this;
    const kept = keepsRows(newest?.frame.header, frame.header);
    const overlays = newest && kept ? newest.overlays : new Map<OverlayName, Overlay>();
    this.#arrived = { frame, overlays };
    this.#impatient = false;
    this.#timer = setTimeout(() => {
      this.#impatient = true;
      this.#advance();
    }, PATIENCE_MS);
    this.#advance();
  }

  takeOverlay({ header, sections }: OverlayFrame): void {
    const held = [this.#shown, this.#sorting, this.#arrived].find((one) => one && sameRows(one.frame.header, header));
    if (!held) return;
    for (const name of overlayNames) {
      const numbers = sections.get(name);
      if (numbers === undefined) continue;
      const tables = name === 'relevancy' ? tablesIn(sections) : null;
      const overlay: Overlay = { numbers, step: header.step, ask: header.ask, tables };
      held.overlays.set(name, overlay);
      if (held === this.#shown) this.#actions.write(name, overlay);
    }
    this.#advance();
  }

  /** Spark displays what was sorted last. */
  displayed(): void {
    if (!this.#sorting) return;
    const before = this.#shown?.overlays;
    this.#shown = this.#sorting;
    this.#sorting = null;
    // What is shared was written when it came.
    if (this.#shown.overlays !== before)
      for (const [name, overlay] of this.#shown.overlays) this.#actions.write(name, overlay);
    this.#advance();
  }

  get sorting(): boolean {
    return this.#sorting !== null;
  }

  /** Begins to sort what arrived, if it is complete and nothing else is being sorted. */
  #advance(): void {
    if (!this.#arrived || this.#sorting) return;
    const { overlays } = this.#arrived;
    const complete = this.wanted.every((name) => overlays.has(name) || !this.#shown?.overlays.has(name));
    if (!complete && !this.#impatient) return;
    clearTimeout(this.#timer);
    this.#sorting = this.#arrived;
    this.#arrived = null;
    this.#actions.sort(this.#sorting);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#shown = null;
    this.#sorting = null;
    this.#arrived = null;
  }
}

/** Null where a frame has none; a frame that was decoded has all three or none. */
function tablesIn(sections: ReadonlyMap<string, SectionArray>): AnswerTables | null {
  const [cells, texts, program] = tableNames.map((name) => sections.get(name));
  const whole = cells instanceof Float32Array && texts instanceof Float32Array && program instanceof Float32Array;
  return whole ? { cells, texts, program } : null;
}
