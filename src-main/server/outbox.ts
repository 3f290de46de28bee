/**
 * What still has to reach one page. A page on a slow line, or one that stopped reading, must cost no memory: while its socket is
 * full, states replace each other, and curves are joined into one message (they say from where on they hold). A frame comes only
 * after the one before was received. Answers are few, since a page that has too many open is not read from (livePage.ts).
 */
import { CURVE_LIMIT } from '#contract/studio';
import type { StudioEvent } from '#contract/studio';
import type { SessionEvent } from '#contract/session';
import type { Answer } from '#contract/wire';

/** The socket as an outbox needs it; `ws` has one. */
export interface Wire {
  /** bytes that the other side has not taken yet */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array, done: (error?: Error) => void): void;
}

/** Enough to keep a fast line busy; a state is some 20 kB. */
const FULL_BYTES = 256 * 1024;

type Curves = Extract<StudioEvent, { type: 'curves' }>;
type Latest = SessionEvent | Extract<StudioEvent, { type: 'state' }>;

/** Something that cannot be made good on this connection. */
export class OutboxError extends Error {
  override name = 'OutboxError';
}

export class Outbox {
  readonly #wire: Wire;
  /** newest of each type */
  readonly #waiting = new Map<Latest['type'], Latest>();
  #curves: Curves | null = null;
  #frameUnderWay = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** @throws OutboxError for curves that do not follow what waits */
  event(event: SessionEvent | StudioEvent): void {
    if (event.type === 'curves') this.#curves = this.#curves ? joined(this.#curves, event) : event;
    else this.#waiting.set(event.type, event);
    this.#flush();
  }

  /** Resolves when the answer has left, or cannot any more. */
  answer(answer: Answer): Promise<void> {
    return new Promise((done) => this.#wire.send(JSON.stringify(answer), () => done()));
  }

  /** @throws OutboxError when the frame before is still on its way, so that the page cannot have taken it */
  frame(bytes: Uint8Array): void {
    if (this.#frameUnderWay) throw new OutboxError('a frame was taken before it arrived');
    this.#frameUnderWay = true;
    this.#wire.send(bytes, () => {
      this.#frameUnderWay = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#wire.bufferedAmount < FULL_BYTES) {
      const next = this.#take();
      if (!next) return;
      this.#wire.send(JSON.stringify(next), () => this.#flush());
    }
  }

  #take(): SessionEvent | StudioEvent | null {
    for (const [type, event] of this.#waiting) {
      this.#waiting.delete(type);
      return event;
    }
    const curves = this.#curves;
    this.#curves = null;
    return curves;
  }
}

/** Two messages of a curve as one. @throws OutboxError for a gap between them, or for more than one message holds */
export function joined(first: Curves, second: Curves): Curves {
  if (second.from <= first.from) return second;
  const kept = second.from - first.from;
  if (kept > first.points.length) throw new OutboxError('the curves have a gap');
  const points = [...first.points.slice(0, kept), ...second.points];
  if (points.length > CURVE_LIMIT) throw new OutboxError('too many points wait');
  return { type: 'curves', from: first.from, points };
}
