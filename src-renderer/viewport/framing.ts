/** Where a camera is sent in a scene: to a photo's place, to all of the scene, to some of its splats, and to the first look at it. */
import type { PinholeCamera } from '#contract/camera';
import type { CameraControl } from './cameraControl';
import { upOf } from './cameras';
import type { Vector } from './cameras';
import type { PhotoCamera } from './interface';
import type { Viewport } from './viewport';

/** Share of the scene's extent that is shown at least around splats. */
const LEAST_AROUND = 0.03;

export class Framing {
  readonly #control: CameraControl;
  readonly #viewport: () => Viewport | null;
  #photos: readonly PhotoCamera[] = [];

  /** @param viewport  null while there is no picture */
  constructor(control: CameraControl, viewport: () => Viewport | null) {
    this.#control = control;
    this.#viewport = viewport;
  }

  /** Photos or the newest snapshot are others: what is up, and how large the scene is. */
  place(photos: readonly PhotoCamera[]): void {
    this.#photos = photos;
    this.#control.setScene(upOf(photos.map(({ camera }) => camera)), this.#header?.extent ?? 1);
  }

  /** To the first photo, or where there is none to all of the scene. */
  firstLook(): void {
    const photo = this.#photos.at(0);
    if (photo) this.#control.moveTo(photo.camera, photo.name, this.#centre);
    else this.frameAll();
  }

  moveTo(camera: PinholeCamera, focus: Vector | null = this.#centre): void {
    this.#control.moveTo(camera, null, focus);
  }

  showPhoto(name: string): void {
    const photo = this.#photos.find((one) => one.name === name);
    if (photo) this.#control.moveTo(photo.camera, name, this.#centre);
  }

  frameAll(): void {
    const header = this.#header;
    if (header) this.#control.frame(header.centre, header.radius);
  }

  /** @param ids  of splats; all of the scene where none of them lives */
  frameSplats(ids: readonly number[]): void {
    const centres = this.#viewport()?.centresOf(ids) ?? [];
    if (centres.length === 0) {
      this.frameAll();
      return;
    }
    const bounds = [0, 1, 2].map((k) => [Math.min(...centres.map((c) => c[k])), Math.max(...centres.map((c) => c[k]))]);
    const [x, y, z] = bounds.map(([low, high]) => (low + high) / 2);
    const radius = Math.hypot(...bounds.map(([low, high]) => high - low)) / 2;
    this.#control.frame([x, y, z], Math.max(radius, LEAST_AROUND * (this.#header?.extent ?? 1)));
  }

  get #header() {
    return this.#viewport()?.newest?.frame.header;
  }

  get #centre(): Vector | null {
    return this.#header?.centre ?? null;
  }
}
