/**
 * The hand of a labelling tool, in front of the viewport's own: it takes the left button over the picture and leaves everything else
 * (right and middle button, wheel, keys, Alt for picking) to the viewport.
 *
 *   idle ──left press──▶ drawing ──release──▶ one region ──▶ idle
 *                           └── the tool ends, the pointer is lost ──▶ idle
 */
import type { LabelMode, LabelRegion } from '#contract/labels';
import { extend, modeOf, regionOf } from '../gestures';
import type { LabelTool, Point } from '../gestures';

export interface Drawing {
  readonly tool: LabelTool;
  readonly mode: LabelMode;
  /** CSS pixels of the canvas */
  readonly path: readonly Point[];
  readonly end: Point;
}

export interface HandActions {
  /** null: hands off */
  readonly tool: () => LabelTool | null;
  readonly radius: () => number;
  /** what is being drawn now; null when nothing is */
  readonly drawing: (drawing: Drawing | null) => void;
  /** where the pointer is; null when it left */
  readonly hover: (at: Point | null) => void;
  /** @param width of the canvas, CSS pixels */
  readonly drawn: (region: LabelRegion, mode: LabelMode, width: number) => void;
}

export class Hand {
  readonly #actions: HandActions;
  readonly #ended = new AbortController();
  #press: { id: number; tool: LabelTool; path: Point[] } | null = null;

  /** @param area holds the canvas: events are taken before they reach it */
  constructor(area: HTMLElement, actions: HandActions) {
    this.#actions = actions;
    const early = { signal: this.#ended.signal, capture: true };
    area.addEventListener('pointerdown', (event) => this.#down(event), early);
    area.addEventListener('pointermove', (event) => this.#move(event), early);
    area.addEventListener('pointerup', (event) => this.#up(event), early);
    area.addEventListener('pointercancel', () => this.cancel(), early);
    area.addEventListener('pointerleave', () => actions.hover(null), { signal: this.#ended.signal });
    for (const kind of ['wheel', 'dblclick'] as const) {
      area.addEventListener(
        kind,
        (event) => {
          // A double click is two dabs, and the picture must not move under a shape.
          if (this.#press || (kind === 'dblclick' && this.#meant(event))) event.stopPropagation();
        },
        early,
      );
    }
  }

  cancel(): void {
    this.#press = null;
    this.#actions.drawing(null);
  }

  dispose(): void {
    this.#ended.abort();
  }

  #meant(event: Event): event is MouseEvent & { target: HTMLCanvasElement } {
    return this.#actions.tool() !== null && event.target instanceof HTMLCanvasElement;
  }

  #down(event: PointerEvent): void {
    const tool = this.#actions.tool();
    if (tool === null || !this.#meant(event) || event.button !== 0 || event.altKey || this.#press) return;
    event.stopPropagation();
    event.target.focus({ preventScroll: true });
    event.target.setPointerCapture(event.pointerId);
    this.#press = { id: event.pointerId, tool, path: [at(event)] };
    this.#tell(event);
  }

  #move(event: PointerEvent): void {
    if (!this.#meant(event)) {
      this.#actions.hover(null);
      return;
    }
    this.#actions.hover(at(event));
    const press = this.#press;
    if (press?.id !== event.pointerId) return;
    event.stopPropagation();
    // What the screen was too slow for is part of the stroke.
    for (const between of event.getCoalescedEvents?.() ?? []) extend(press.path, at(between));
    extend(press.path, at(event));
    this.#tell(event);
  }

  #up(event: PointerEvent): void {
    const press = this.#press;
    if (press?.id !== event.pointerId) return;
    event.stopPropagation();
    this.cancel();
    const region = regionOf(press.tool, press.path, at(event), this.#actions.radius());
    const { clientWidth } = event.target as HTMLElement;
    if (region !== null) this.#actions.drawn(region, modeOf(event), clientWidth);
  }

  #tell(event: PointerEvent): void {
    if (!this.#press) return;
    const { tool, path } = this.#press;
    this.#actions.drawing({ tool, mode: modeOf(event), path: [...path], end: at(event) });
  }
}

const at = (event: MouseEvent): Point => [event.offsetX, event.offsetY];
