/**
 * How often viewers are served while a run trains: what they see may cost 2 % of its time, of which some goes to what no clock is around.
 *
 *   after something that took c, nothing more until c / SHARE has passed, at least PAUSE
 *
 * but the first CREDIT of a run is free, so that one sees it learn from the first moment on.
 *
 * A picture that a person waits for, of another pose or question than the last, goes ahead of that once a second, and so does an answer to
 * a new question. The same picture of later parameters waits its turn. Snapshots and overlays alone share the time equally, since a
 * snapshot costs many times what overlays cost.
 */
const SHARE = 0.018;
/** Between two frames, ms. */
const PAUSE = 400;
/** A picture that is waited for is served within it, whatever it costs, ms. */
const PATIENCE = 1000;
/** What the first publications of a run may take, ms. */
const CREDIT = 150;
/** The share that is told is that of so long, ms: of a quarter of a second it would be nothing or a tenth. */
const WINDOW = 10_000;

export class Rhythm {
  readonly #now: () => number;
  /** nothing is due before */
  #free = -Infinity;
  #snapshotFree = -Infinity;
  #picture = -Infinity;
  /** the last that was served was a picture: the next turn is a frame's */
  #pictured = false;
  #credit = CREDIT;
  /** all that was spent */
  #spent = 0;
  /** how much was spent until when, oldest first, one more than the window holds */
  #told: { at: number; spent: number }[];

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#told = [{ at: now(), spent: 0 }];
  }

  /** Another run: it is seen at once. */
  begin(): void {
    this.#free = this.#snapshotFree = this.#picture = -Infinity;
    this.#credit = CREDIT;
    this.#told = [{ at: this.#now(), spent: this.#spent }];
  }

  get mayPublish(): boolean {
    return this.#now() >= this.#free;
  }

  /** Whether the snapshot's half of the time has come; the other half is for overlays alone. */
  get maySnapshot(): boolean {
    return this.#now() >= this.#snapshotFree;
  }

  /** @param renews  the same picture was served before, of earlier parameters */
  mayLook(renews: boolean): boolean {
    const mine = this.mayPublish && !this.#pictured;
    // A frame that is not there lets its turn go by.
    return mine || (renews ? this.#now() >= this.#free + PAUSE : this.#now() - this.#picture >= PATIENCE);
  }

  /** @param snapshot  what the snapshot in it cost, 0 without one */
  published(milliseconds: number, snapshot: number): void {
    const now = this.#now();
    this.#spent += milliseconds;
    this.#pictured = false;
    const given = Math.min(this.#credit, milliseconds);
    this.#credit -= given;
    this.#free = Math.max(now + PAUSE, Math.max(this.#free, now) + (milliseconds - given) / SHARE);
    if (snapshot > 0) this.#snapshotFree = now + (2 * Math.max(0, snapshot - given)) / SHARE;
  }

  pictured(milliseconds: number, renews: boolean): void {
    const now = this.#now();
    this.#spent += milliseconds;
    this.#picture = now;
    this.#pictured = true;
    // More would let pictures that are waited for, of which one a second is promised, hold up frames for ever.
    const rest = milliseconds / SHARE;
    this.#free = Math.max(this.#free, now + (renews ? rest : Math.min(PATIENCE / 2, rest)));
  }

  /** Of anything else that was done for viewers. */
  spent(milliseconds: number): void {
    this.#spent += milliseconds;
  }

  /** Share of the last WINDOW that viewers took, or of the run while it is shorter. */
  takeShare(): number {
    const now = this.#now();
    while (this.#told.length > 1 && this.#told[1].at <= now - WINDOW) this.#told.shift();
    const [{ at, spent }] = this.#told;
    this.#told.push({ at: now, spent: this.#spent });
    return now > at ? Math.min(1, (this.#spent - spent) / (now - at)) : 0;
  }
}
