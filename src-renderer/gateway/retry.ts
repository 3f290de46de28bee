/** How long to wait before the next try: doubling from the first to the last, begun anew by success. */
export class BackOff {
  readonly #first: number;
  readonly #last: number;
  #next: number;

  /** milliseconds */
  constructor(first = 500, last = 10_000) {
    this.#first = first;
    this.#last = last;
    this.#next = first;
  }

  /** The wait before this try, in milliseconds. */
  next(): number {
    const wait = this.#next;
    this.#next = Math.min(wait * 2, this.#last);
    return wait;
  }

  reset(): void {
    this.#next = this.#first;
  }
}
