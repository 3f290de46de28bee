/**
 * Hands on the canvas: what pointer, wheel and keys mean. A small state machine, no camera and no picture in it.
 *
 *   idle ──press──▶ pressed ──moves over SLOP──▶ dragging ──release──▶ idle
 *                      └──────release──▶ click (or the second of a double click) ──▶ idle
 *
 *   left button: orbit (tool orbit), look (fly), pick (pick; dragging orbits); right or Shift: pan; wheel: nearer; double click: focus
 *   keys W A S D Q E go, Shift goes fast
 */
import type { Tool } from './interface';
import type { FlyKey } from './navigation';

/** CSS pixels that a hand may tremble. */
const SLOP = 4;
const keyDirections: Readonly<Record<string, FlyKey>> = {
  KeyW: 'forward',
  KeyS: 'back',
  KeyA: 'left',
  KeyD: 'right',
  KeyE: 'rise',
  KeyQ: 'sink',
};

export interface PointerActions {
  readonly tool: () => Tool;
  readonly drag: (kind: 'orbit' | 'look' | 'pan', dx: number, dy: number) => void;
  readonly wheel: (amount: number, flying: boolean) => void;
  /** x, y in CSS pixels of the canvas */
  readonly click: (x: number, y: number, keys: { picks: boolean; add: boolean }) => void;
  readonly focus: (x: number, y: number) => void;
  readonly hover: (at: readonly [number, number] | null) => void;
  readonly key: (key: FlyKey, held: boolean) => void;
  readonly frameAll: () => void;
  readonly releaseKeys: () => void;
}

export class PointerControl {
  readonly #element: HTMLElement;
  readonly #actions: PointerActions;
  readonly #ended = new AbortController();
  #press: { id: number; x: number; y: number; kind: 'orbit' | 'look' | 'pan'; dragging: boolean } | null = null;
  /** Shift is held: going is fast */
  fast = false;

  constructor(element: HTMLElement, actions: PointerActions) {
    this.#element = element;
    this.#actions = actions;
    const { signal } = this.#ended;
    element.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    element.addEventListener('pointermove', (event) => this.#move(event), { signal });
    element.addEventListener('pointerup', (event) => this.#up(event), { signal });
    element.addEventListener('pointercancel', () => (this.#press = null), { signal });
    element.addEventListener('pointerleave', () => actions.hover(null), { signal });
    element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
    element.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    element.addEventListener('dblclick', (event) => actions.focus(event.offsetX, event.offsetY), { signal });
    element.addEventListener('keydown', (event) => this.#key(event, true), { signal });
    element.addEventListener('keyup', (event) => this.#key(event, false), { signal });
    element.addEventListener('blur', () => actions.releaseKeys(), { signal });
  }

  dispose(): void {
    this.#ended.abort();
  }

  #down(event: PointerEvent): void {
    if (this.#press) return;
    this.#element.focus({ preventScroll: true });
    this.#element.setPointerCapture(event.pointerId);
    const pans = event.button === 2 || event.shiftKey;
    const kind = pans ? 'pan' : event.button === 1 || this.#actions.tool() !== 'fly' ? 'orbit' : 'look';
    this.#press = { id: event.pointerId, x: event.clientX, y: event.clientY, kind, dragging: false };
  }

  #move(event: PointerEvent): void {
    const press = this.#press;
    if (!press) {
      this.#actions.hover([event.offsetX, event.offsetY]);
      return;
    }
    if (press.id !== event.pointerId) return;
    const [dx, dy] = [event.clientX - press.x, event.clientY - press.y];
    if (!press.dragging && Math.hypot(dx, dy) < SLOP) return;
    press.dragging = true;
    press.x = event.clientX;
    press.y = event.clientY;
    this.#actions.hover(null);
    this.#actions.drag(press.kind, dx, dy);
  }

  #up(event: PointerEvent): void {
    const press = this.#press;
    if (press?.id !== event.pointerId) return;
    this.#press = null;
    if (press.dragging || event.button !== 0) return;
    this.#actions.click(event.offsetX, event.offsetY, {
      picks: this.#actions.tool() === 'pick' || event.altKey,
      add: event.shiftKey,
    });
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    this.#actions.wheel(event.deltaY * lines, this.#actions.tool() === 'fly');
  }

  #key(event: KeyboardEvent, held: boolean): void {
    this.fast = event.shiftKey;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      this.#actions.releaseKeys();
      return;
    }
    const direction = keyDirections[event.code];
    if (direction !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) this.#actions.key(direction, held);
    } else if (event.code === 'KeyF' && held) {
      event.preventDefault();
      event.stopPropagation();
      this.#actions.frameAll();
    }
  }
}
