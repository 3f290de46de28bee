/**
 * How often viewers are served while a run trains: what they see may cost 2 % of its time, of which some goes to what no clock is around.
 *
 *   after something that took c, no turn until c / SHARE more has passed, at least PAUSE
 *
 * but the first CREDIT of a run is free, so that one sees it learn from the first moment on.
 *
 * Whatever is fresh goes at a turn. Snapshots, overlays by themselves, and pictures go out of turn, too, when a third of the time pays for
 * them: a picture that decodes its pixels may cost a hundred snapshots, and the scene would stand still for a minute. A picture that a
 * person waits for, of another pose or question than the last, is served once a second whatever it costs.
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
  /** all that was served is paid for by then: no turn before */
  #free = -Infinity;
  /** and no snapshot, no overlays, no renewed picture out of turn */
  #snapshotFree = -Infinity;
  #overlaysFree = -Infinity;
  #pictureFree = -Infinity;
  #picture = -Infinity;
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
    this.#free = this.#snapshotFree = this.#overlaysFree = this.#pictureFree = this.#picture = -Infinity;
    this.#credit = CREDIT;
    this.#told = [{ at: this.#now(), spent: this.#spent }];
  }

  get #turn(): boolean {
    return this.#now() >= this.#free;
  }

  get maySnapshot(): boolean {
    return this.#turn || this.#now() >= this.#snapshotFree;
  }

  get mayOverlay(): boolean {
    return this.#turn || this.#now() >= this.#overlaysFree;
  }

  /** @param renews  the same picture was served before, of earlier parameters */
  mayLook(renews: boolean): boolean {
    const now = this.#now();
    return this.#turn || now >= (renews ? this.#pictureFree : this.#picture + PATIENCE);
  }

  /**
   * @param snapshot  ms, with the overlays that it could not go without; 0 for none
   * @param overlays  ms of those that went by themselves; 0 for none
   */
  published(snapshot: number, overlays: number): void {
    const now = this.#now();
    const cost = snapshot + overlays;
    this.#spent += cost;
    const given = Math.min(this.#credit, cost);
    this.#credit -= given;
    const owed = 1 - given / Math.max(cost, 1e-9);
    const freeAfter = (milliseconds: number): number => now + Math.max(PAUSE, (3 * owed * milliseconds) / SHARE);
    if (snapshot > 0) this.#snapshotFree = freeAfter(snapshot);
    if (overlays > 0) this.#overlaysFree = freeAfter(overlays);
    this.#free = Math.max(now + PAUSE, Math.max(this.#free, now) + (owed * cost) / SHARE);
  }

  pictured(milliseconds: number, renews: boolean): void {
    const now = this.#now();
    this.#spent += milliseconds;
    this.#picture = now;
    this.#pictureFree = now + (3 * milliseconds) / SHARE;
    const rest = milliseconds / SHARE;
    // More would let pictures that are waited for, of which one a second is promised, hold up frames for ever.
    this.#free = renews ? Math.max(this.#free, now) + rest : Math.max(this.#free, now + Math.min(PATIENCE / 2, rest));
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
