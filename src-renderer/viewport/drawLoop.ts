/** Draws at the browser's next frame when something changed, and remembers what draws cost. */

/** Draws whose cost is remembered. */
const DRAWS = 64;

export interface Drawing {
  /** Goes on with what moves. @param now  ms of the frame; @returns whether the next frame is to be drawn too */
  advance(now: number): boolean;
  draw(): void;
}

export class DrawLoop {
  readonly #drawing: Drawing;
  readonly #costs: number[] = [];
  /** the frame that was asked for; 0 while none is due */
  #frame = 0;

  constructor(drawing: Drawing) {
    this.#drawing = drawing;
  }

  /** Something is to be drawn. */
  invalidate(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#drawing.advance(now)) this.invalidate();
      const start = performance.now();
      this.#drawing.draw();
      this.#costs.push(performance.now() - start);
      if (this.#costs.length > DRAWS) this.#costs.shift();
    });
  }

  /** Whether nothing waits to be drawn. */
  get idle(): boolean {
    return this.#frame === 0;
  }

  /** ms of script of the last draws, newest last: what the picture costs the page. */
  get costs(): readonly number[] {
    return this.#costs;
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
  }
}
