/**
 * The picture on one canvas: takes frames, settings and a camera, and draws when something changed. It knows no page and no studio.
 *
 *   frames ─▶ SnapshotQueue ─▶ SplatSorter (Spark) ─▶ SplatLayers ─▶ Composer ─▶ canvas
 *                 overlays ─▶ OverlayTextures ──────────▲               ▲
 *   pictures ─▶ ExactPictures ──────────────────────────────────────────┘
 */
import { LinearSRGBColorSpace, NoToneMapping, PerspectiveCamera, WebGLRenderer } from 'three';
import type { PinholeCamera } from '#contract/camera';
import { decodeFrame } from '#contract/frame';
import type { Frame, FrameHeader, FrameOf, OverlayName, PictureChannel, SectionArray } from '#contract/frame';
import { cameraToWorld, projectionOf } from './cameras';
import type { Vector } from './cameras';
import { Composer } from './composer';
import { ExactPictures } from './exactPictures';
import type { PictureRequest } from './exactPictures';
import { FrustumDrawing } from './frustumDrawing';
import { defaultLook } from './interface';
import type { Channel, Look, PhotoCamera, PickedSplat } from './interface';
import { LabelSlots } from './labelSlots';
import { lookThrough, centresOfIds } from './lookThrough';
import { covered, leastOverlays, neededLayers, neededOverlays, shownChannels } from './needs';
import { OverlayTextures } from './overlayTextures';
import { SnapshotQueue } from './snapshotQueue';
import type { HeldSnapshot } from './snapshotQueue';
import { SplatSorter } from './sortedSplats';
import { SplatLayers } from './splatLayers';
import type { Layers } from './splatLayers';

/** Lines are drawn between these, in extents of the scene. */
const NEAREST = 1e-3;
const FARTHEST = 1e3;

export interface ViewportActions {
  /** something is to be drawn: call `draw` soon */
  readonly invalidate: () => void;
  readonly look: (request: PictureRequest) => void;
  /** what is shown has changed */
  readonly shown: () => void;
}

/** What a decoded frame means to the viewport: for its caller to acknowledge. */
export type Taken = { readonly sequence: number; readonly kind: FrameHeader['kind'] };

const is = <K extends FrameHeader['kind']>(frame: Frame, kind: K): frame is Frame & { header: FrameOf<K> } =>
  frame.header.kind === kind;

export class Viewport {
  readonly #actions: ViewportActions;
  readonly #renderer: WebGLRenderer;
  readonly #overlays = new OverlayTextures();
  readonly #sorter: SplatSorter;
  readonly #layers: SplatLayers;
  readonly #labelSlots = new LabelSlots();
  readonly #composer = new Composer(this.#labelSlots.texture);
  readonly #exact: ExactPictures;
  readonly #frustums = new FrustumDrawing();
  readonly #queue: SnapshotQueue;
  readonly #view = new PerspectiveCamera();
  /** world position of the graphics card's zero: of the first snapshot */
  #base: Vector | null = null;
  #look: Look = defaultLook;
  #ask = 0;
  #camera: PinholeCamera | null = null;
  #photos: readonly PhotoCamera[] = [];
  #showFrustums = false;
  #drawn: Layers | null = null;
  #mustBlend = true;
  #mustSort = false;
  #disposed = false;

  /** @throws Error where the browser gives no WebGL 2 */
  constructor(canvas: HTMLCanvasElement, actions: ViewportActions) {
    this.#actions = actions;
    this.#renderer = new WebGLRenderer({ canvas, antialias: false, alpha: false, powerPreference: 'high-performance' });
    this.#renderer.autoClear = false;
    this.#renderer.toneMapping = NoToneMapping;
    // Colours are display-referred from the photo to the screen: nothing converts them.
    this.#renderer.outputColorSpace = LinearSRGBColorSpace;
    this.#view.matrixAutoUpdate = false;
    this.#sorter = new SplatSorter(this.#renderer, () => {
      this.#mustBlend = true;
      actions.invalidate();
    });
    this.#layers = new SplatLayers(this.#renderer, this.#overlays, this.#labelSlots.texture);
    this.#exact = new ExactPictures(actions.look, () => {
      actions.invalidate();
      actions.shown();
    });
    this.#queue = new SnapshotQueue({
      sort: (snapshot) => this.#sort(snapshot),
      write: (name, overlay) => {
        this.#overlays.write(name, overlay.numbers);
        if (name === 'relevancy') this.#layers.setTables(overlay.tables);
        this.#giveWay();
        this.#blendAgain();
      },
    });
  }

  /** @param width,height of the canvas's pixels */
  resize(width: number, height: number): void {
    this.#renderer.setPixelRatio(1);
    this.#renderer.setSize(width, height, false);
    this.#mustBlend = true;
    // A canvas of another size is empty.
    this.#actions.invalidate();
  }

  /** @throws FrameError when it is not one */
  take(buffer: ArrayBuffer): Taken {
    const frame = decodeFrame(buffer);
    if (is(frame, 'snapshot')) this.#queue.takeSnapshot(frame);
    else if (is(frame, 'overlay')) this.#queue.takeOverlay(frame);
    else if (is(frame, 'picture')) this.#takePicture(frame);
    this.#actions.shown();
    return { sequence: frame.header.sequence, kind: frame.header.kind };
  }

  /** A trainer that had not heard of the question yet is asked again: now, or when its answer for splats is here. */
  #takePicture(frame: Frame & { header: FrameOf<'picture'> }): void {
    if (this.#answersNow(frame.header)) {
      this.#exact.take(frame);
      return;
    }
    this.#exact.miss(frame.header);
    const answers = this.#queue.newest?.overlays.values() ?? [];
    if ([...answers].some(({ ask }) => ask === this.#ask)) this.wantExact();
  }

  /** What another viewport needs to go on where this one ended: a restored graphics card. */
  takeOver(other: HeldSnapshot | null): void {
    if (!other) return;
    this.#queue.takeSnapshot(other.frame);
    const { header } = other.frame;
    for (const [name, { numbers, step, ask, tables }] of other.overlays) {
      this.#queue.takeOverlay({
        header: {
          kind: 'overlay',
          sequence: header.sequence,
          step,
          sections: [],
          rows: header.rows,
          count: header.count,
          ask,
        },
        sections: new Map<string, SectionArray>([[name, numbers], ...Object.entries(tables ?? {})]),
      });
    }
  }

  get newest(): HeldSnapshot | null {
    return this.#queue.newest;
  }

  setLook(look: Look): void {
    const before = neededLayers(this.#look, this.#available());
    this.#look = look;
    this.#queue.wanted = neededOverlays(look);
    if (this.#labelSlots.set(look.labelSlots)) this.#mustBlend = true;
    const after = neededLayers(look, this.#available());
    if (JSON.stringify(before) !== JSON.stringify(after)) this.#mustBlend = true;
    this.#actions.invalidate();
  }

  setAsk(ask: number): void {
    this.#ask = ask;
    this.#blendAgain();
    this.#actions.shown();
  }

  setPhotos(photos: readonly PhotoCamera[], shown: boolean): void {
    this.#photos = photos;
    this.#showFrustums = shown;
    this.#placeFrustums();
    this.#actions.invalidate();
  }

  /** @param camera of the whole canvas */
  setCamera(camera: PinholeCamera): void {
    this.#camera = camera;
    this.#mustSort = true;
    this.#blendAgain();
  }

  get camera(): PinholeCamera | null {
    return this.#camera;
  }

  /** The camera rests: exact pictures are worth their cost. */
  wantExact(): void {
    this.#exact.want(
      shownChannels(this.#look).filter((channel) =>
        channel !== 'relevancy' && channel !== 'class' ? true : this.#ask > 0,
      ),
    );
    this.#actions.shown();
  }

  dropExact(): void {
    this.#exact.drop();
    this.#actions.invalidate();
    this.#actions.shown();
  }

  get picture(): 'live' | 'waiting' | 'exact' {
    return this.#exact.state;
  }

  exactPicture(channel: PictureChannel): FrameOf<'picture'> | null {
    return this.#exact.get(channel)?.header ?? null;
  }

  get snapshot(): HeldSnapshot | null {
    return this.#queue.shown;
  }

  /** Whether the order on the screen is the order of this pose and of the newest snapshot. */
  get settled(): boolean {
    return !this.#mustSort && !(this.#mustBlend && !this.#covered) && !this.#sorter.sorting && !this.#queue.sorting;
  }

  /** World units that the ends of the depth bar stand for. */
  get depthRange(): readonly [number, number] {
    return this.#look.depthRange ?? sceneDepths(this.#queue.newest, this.#photos);
  }

  /** Draws, if there is something to draw. */
  draw(): void {
    const camera = this.#camera;
    if (!camera || this.#disposed) return;
    if (this.#queue.sorting && this.#sorter.caughtUp) {
      this.#queue.displayed();
      this.#giveWay();
      this.#actions.shown();
    }
    this.#aim(camera);
    if (this.#mustSort) {
      this.#mustSort = false;
      this.#sorter.sort(this.#view).catch(() => {
        // A lost graphics card ends a sort; the canvas's own event tells of it.
        this.#mustSort = true;
      });
    }
    const needs = neededLayers(this.#look, this.#available());
    if ((this.#mustBlend && !this.#covered) || !this.#drawn) {
      this.#mustBlend = false;
      const antialiased = this.#queue.shown?.frame.header.antialiased ?? false;
      this.#drawn = this.#layers.draw(this.#sorter.ready(), camera, this.#view, antialiased, needs);
    }
    this.#composer.draw(this.#renderer, this.#drawn, {
      look: this.#look,
      channel: (channel) => this.#shownAs(channel),
      exact: (channel) => this.#exact.get(channel),
      depthRange: this.depthRange,
      width: camera.width,
      height: camera.height,
    });
    if (this.#showFrustums) this.#frustums.draw(this.#renderer, this.#view);
  }

  /** What lies under a place of the canvas, pixels of the canvas; null where nothing does. */
  pick(x: number, y: number): Omit<PickedSplat, 'x' | 'y'> | null {
    const { shown } = this.#queue;
    return shown && this.#camera ? lookThrough(shown, this.#camera, x, y, this.#ask, this.#look.unlabelled) : null;
  }

  /** World centres of the living splats among these. */
  centresOf(ids: readonly number[]): Vector[] {
    const { shown } = this.#queue;
    return shown ? centresOfIds(shown, ids) : [];
  }

  clear(): void {
    this.#queue.clear();
    this.#exact.drop();
    this.#sorter.clear();
    this.#base = null;
    this.#blendAgain();
    this.#actions.shown();
  }

  /** Counts of what the graphics card holds, for tests of leaks. */
  get memory(): { textures: number; geometries: number; programs: number } {
    const { memory, programs } = this.#renderer.info;
    return { ...memory, programs: programs?.length ?? 0 };
  }

  dispose(): void {
    this.#disposed = true;
    this.#queue.clear();
    this.#exact.dispose();
    this.#sorter.dispose();
    this.#layers.dispose();
    this.#composer.dispose();
    this.#labelSlots.dispose();
    this.#frustums.dispose();
    this.#overlays.dispose();
    this.#renderer.dispose();
  }

  get #covered(): boolean {
    return covered(this.#look, (channel) => this.#exact.get(channel) !== null);
  }

  #blendAgain(): void {
    this.#mustBlend = true;
    if (!this.#covered) this.#actions.invalidate();
  }

  #sort(snapshot: HeldSnapshot): void {
    const { header } = snapshot.frame;
    if (!this.#base) {
      this.#base = header.origin;
      this.#placeFrustums();
    }
    this.#sorter.take(snapshot.frame, this.#base);
    this.#mustSort = true;
    this.#actions.invalidate();
  }

  #aim(camera: PinholeCamera): void {
    const extent = this.#queue.newest?.frame.header.extent || 1;
    this.#view.matrix.fromArray(cameraToWorld(camera.worldToCamera, this.#base ?? [0, 0, 0]));
    this.#view.projectionMatrix.fromArray(projectionOf(camera, NEAREST * extent, FARTHEST * extent));
    this.#view.projectionMatrixInverse.copy(this.#view.projectionMatrix).invert();
    this.#view.updateMatrixWorld(true);
  }

  #placeFrustums(): void {
    const extent = this.#queue.newest?.frame.header.extent ?? 0;
    this.#frustums.place(this.#photos, extent, this.#base ?? [0, 0, 0]);
  }

  /** Overlays of the shown snapshot that may be shown: those of questions only if they answer the one on the page. */
  #available(): ReadonlySet<OverlayName> {
    const { shown } = this.#queue;
    const names = [...(shown?.overlays ?? [])].flatMap(([name, { ask }]) =>
      (name === 'relevancy' || name === 'class') && ask !== this.#ask ? [] : [name],
    );
    return new Set(names);
  }

  get availableOverlays(): ReadonlySet<OverlayName> {
    return this.#available();
  }

  #answersNow({ channel, ask }: FrameOf<'picture'>): boolean {
    return (channel !== 'relevancy' && channel !== 'class') || ask === this.#ask;
  }

  /** A channel without its numbers shows the colours. */
  #shownAs(channel: Channel): Channel {
    return this.#exact.get(channel) || this.#liveStep(channel) !== null ? channel : 'colour';
  }

  /** The step that the live picture of a channel is of; null while its numbers are not here. */
  #liveStep(channel: Channel): number | null {
    const { shown } = this.#queue;
    const available = this.#available();
    const needed = leastOverlays[channel];
    if (!shown || !needed.every((name) => available.has(name))) return null;
    return Math.min(
      ...[shown.frame.header, ...needed.map((name) => shown.overlays.get(name)!)].map(({ step }) => step),
    );
  }

  #giveWay(): void {
    for (const channel of shownChannels(this.#look)) {
      const step = this.#liveStep(channel);
      if (step !== null) this.#exact.giveWay(channel, step);
    }
  }
}

/** A fixed range that holds the scene: from 0 to a round number beyond it. */
function sceneDepths(snapshot: HeldSnapshot | null, photos: readonly PhotoCamera[]): readonly [number, number] {
  if (!snapshot) return [0, 1];
  const { centre, radius } = snapshot.frame.header;
  const far = photos.reduce((most, { camera: { worldToCamera: m } }) => {
    const z = m[8] * centre[0] + m[9] * centre[1] + m[10] * centre[2] + m[11];
    return Math.max(most, z + radius);
  }, 2 * radius);
  return [0, roundUp(far)];
}

/** 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * (1 - 1e-9)) ?? 10 * power;
}
