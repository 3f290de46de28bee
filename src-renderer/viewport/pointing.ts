/** What lies where a person points: splats under the pointer at rest, splats and frustums that are clicked, the point to turn about. */
import type { PinholeCamera } from '#contract/camera';
import type { Vector } from './cameras';
import { frustumAt } from './frustums';
import type { Picked, PickedSplat, ViewportEvents, ViewportProps } from './interface';
import type { Viewport } from './viewport';

const HOVER_MS = 40;
/** Distance at which a frustum's apex counts as met, CSS pixels. */
const NEAR_APEX = 8;

export interface PointingScene {
  /** null while there is no picture */
  viewport(): Viewport | null;
  /** of the whole canvas */
  camera(): PinholeCamera;
  props(): ViewportProps;
  /** pixels of the canvas in a CSS pixel */
  ratio(): number;
  /** whether the camera rests */
  resting(): boolean;
  emit<K extends 'hover' | 'pick' | 'photo'>(event: K, ...values: ViewportEvents[K]): void;
}

export class Pointing {
  readonly #scene: PointingScene;
  /** CSS pixels; null while the pointer is elsewhere */
  #hover: readonly [number, number] | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(scene: PointingScene) {
    this.#scene = scene;
  }

  /** @param x,y  CSS pixels from the canvas's top left, here and below */
  pickAt(x: number, y: number): Picked {
    const ratio = this.#scene.ratio();
    const picked = this.#scene.viewport()?.pick(x * ratio, y * ratio);
    return picked ? { x, y, ...picked } : null;
  }

  click(x: number, y: number, { picks, add }: { picks: boolean; add: boolean }): void {
    const { photos, frustums } = this.#scene.props();
    if (!picks && frustums) {
      const extent = this.#scene.viewport()?.newest?.frame.header.extent ?? 0;
      const ratio = this.#scene.ratio();
      const name = frustumAt(photos, extent, this.#scene.camera(), x * ratio, y * ratio, NEAR_APEX * ratio);
      if (name !== null) this.#scene.emit('photo', name);
    }
    if (picks) this.#scene.emit('pick', this.pickAt(x, y), add);
  }

  /** The world point that is seen there; null where nothing is. */
  pointAt(x: number, y: number): Vector | null {
    const picked = this.pickAt(x, y);
    return picked && this.#pointOf(picked);
  }

  /** @param at  null when the pointer left */
  hoverOver(at: readonly [number, number] | null): void {
    this.#hover = at;
    if (at === null) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#scene.emit('hover', null);
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#hover && this.#scene.resting()) this.#scene.emit('hover', this.pickAt(...this.#hover));
    }, HOVER_MS);
  }

  /** Something else lies under the pointer now. */
  hoverAgain(): void {
    if (this.#hover) this.hoverOver(this.#hover);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  /** The point of the ray at the picked depth: steadier than a splat's own centre. */
  #pointOf({ x, y, depth }: PickedSplat): Vector {
    const { worldToCamera: m, fx, fy, cx, cy } = this.#scene.camera();
    const ratio = this.#scene.ratio();
    const p = [((x * ratio - cx) / fx) * depth - m[3], ((y * ratio - cy) / fy) * depth - m[7], depth - m[11]];
    const [wx, wy, wz] = [0, 1, 2].map((k) => m[k] * p[0] + m[4 + k] * p[1] + m[8 + k] * p[2]);
    return [wx, wy, wz];
  }
}
