/**
 * The viewer's camera over time: where it stands, through which lens, the way to where it was sent, and whether it rests.
 *
 *   still ──hand or key──▶ moving ──REST_MS without──▶ still (told once)
 */
import type { PinholeCamera } from '#contract/camera';
import { fitLens, lensOf, placement, plainLens, poseOf, worldToCameraOf } from './cameras';
import type { Lens, Placement, Vector } from './cameras';
import { between, dolly, fly, focusOn, frame, lookAround, orbit, pan } from './navigation';
import type { FlyKey, Stand } from './navigation';

const REST_MS = 200;
const MOVE_MS = 120;
/** Extents of the scene a second. */
const FLY_SPEED = 0.35;

const origin: Stand = { pose: { centre: [0, 0, 0], forward: [0, 0, 1], down: [0, 1, 0] }, distance: 1 };

export interface CameraActions {
  /** the camera is elsewhere now */
  readonly moved: () => void;
  readonly rested: () => void;
}

export class CameraControl {
  readonly #actions: CameraActions;
  /** ms; 0 where people asked for less motion */
  readonly #moveTime: number;
  #stand = origin;
  #lens: Lens = plainLens;
  #width = 1;
  #height = 1;
  #up: Vector = [0, -1, 0];
  #extent = 1;
  #motion: { from: Stand; to: Stand; start: number } | null = null;
  #keys = new Set<FlyKey>();
  #lastFly = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #moving = false;
  #photo: string | null = null;
  /** whether anyone has placed the camera yet */
  placed = false;

  constructor(actions: CameraActions, reducedMotion: boolean) {
    this.#actions = actions;
    this.#moveTime = reducedMotion ? 0 : MOVE_MS;
  }

  /** Of the whole canvas, pixels. */
  camera(width = this.#width, height = this.#height): PinholeCamera {
    return { ...fitLens(this.#lens, width, height), worldToCamera: worldToCameraOf(this.#stand.pose) };
  }

  /** Where the lens's own image lies on the canvas. */
  get placement(): Placement {
    return placement(this.#lens, this.#width, this.#height);
  }

  get lens(): Lens {
    return this.#lens;
  }

  /** The photo in whose exact place the camera stands. */
  get photo(): string | null {
    return this.#photo;
  }

  get resting(): boolean {
    return !this.#moving;
  }

  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#changed();
  }

  setScene(up: Vector, extent: number): void {
    this.#up = up;
    this.#extent = extent > 0 ? extent : 1;
  }

  /** @param point  world point that the camera looks at, if known: what it then turns about */
  moveTo(camera: PinholeCamera, photo: string | null, point: Vector | null = null): void {
    const pose = poseOf(camera);
    const ahead = point === null ? null : pose.forward.reduce((sum, f, k) => sum + f * (point[k] - pose.centre[k]), 0);
    const distance = ahead !== null && ahead > 0.05 * this.#extent ? ahead : this.#stand.distance;
    const first = !this.placed;
    this.#lens = lensOf(camera);
    this.#send({ pose, distance: first && ahead === null ? this.#extent : distance }, first);
    this.#photo = photo;
  }

  frame(centre: Vector, radius: number): void {
    this.#send(frame(this.#stand, centre, radius, fitLens(this.#lens, this.#width, this.#height)), !this.placed);
  }

  focusOn(point: Vector): void {
    this.#send(focusOn(this.#stand, point), false);
  }

  /** dx, dy in pixels of the canvas */
  drag(kind: 'orbit' | 'look' | 'pan', dx: number, dy: number): void {
    const [x, y] = [dx / this.#height, dy / this.#height];
    if (kind === 'orbit') this.#set(orbit(this.#stand, this.#up, x, y));
    else if (kind === 'look') this.#set(lookAround(this.#stand, this.#up, x, y));
    else this.#set(pan(this.#stand, fitLens(this.#lens, this.#width, this.#height), x, y));
  }

  /** One notch is about 100. With `fly`, goes instead of coming nearer to the focus. */
  wheel(amount: number, flying: boolean): void {
    if (flying) this.#set(fly(this.#stand, this.#up, ['forward'], -0.0005 * amount * this.#extent));
    else this.#set(dolly(this.#stand, Math.exp(0.001 * amount), 1e-3 * this.#extent));
  }

  /** Keys that are held down; the camera goes as long as they are. */
  holdKey(key: FlyKey, held: boolean, now: number): void {
    if (held && this.#keys.size === 0) this.#lastFly = now;
    if (held) this.#keys.add(key);
    else this.#keys.delete(key);
    if (this.#keys.size > 0) this.#changed();
  }

  releaseKeys(): void {
    this.#keys.clear();
  }

  /** Goes on with what is under way. @returns whether there will be more to do at the next frame */
  advance(now: number, fast: boolean): boolean {
    if (this.#motion) {
      const { from, to, start } = this.#motion;
      const t = this.#moveTime === 0 ? 1 : (now - start) / this.#moveTime;
      this.#stand = between(from, to, Math.max(0, t));
      if (t >= 1) this.#motion = null;
      this.#changed();
    }
    if (this.#keys.size > 0) {
      const seconds = Math.min(0.1, Math.max(0, now - this.#lastFly) / 1000);
      this.#lastFly = now;
      this.#set(fly(this.#stand, this.#up, this.#keys, (fast ? 3 : 1) * FLY_SPEED * this.#extent * seconds));
    }
    return this.#motion !== null || this.#keys.size > 0;
  }

  dispose(): void {
    clearTimeout(this.#rest);
  }

  #send(to: Stand, atOnce: boolean): void {
    this.#photo = null;
    this.placed = true;
    if (atOnce || this.#moveTime === 0) {
      this.#motion = null;
      this.#stand = to;
    } else {
      this.#motion = { from: this.#stand, to, start: performance.now() };
    }
    this.#changed();
  }

  #set(stand: Stand): void {
    if (stand === this.#stand) return;
    this.#motion = null;
    this.#photo = null;
    this.placed = true;
    this.#stand = stand;
    this.#changed();
  }

  #changed(): void {
    this.#moving = true;
    this.#actions.moved();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      if (this.#motion !== null || this.#keys.size > 0) return;
      this.#moving = false;
      this.#actions.rested();
    }, REST_MS);
  }
}
