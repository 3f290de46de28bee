/**
 * Ties a canvas, its picture, its camera and the hands on it together, and says what the page should know. Plain objects in, calls out:
 * `ViewportCanvas.vue` is a thin coat over it.
 */
import { FrameError } from '#contract/frame';
import type { OverlayName, PictureChannel } from '#contract/frame';
import type { PinholeCamera } from '#contract/camera';
import { CameraControl } from './cameraControl';
import { upOf } from './cameras';
import { frustumAt } from './frustums';
import { defaultLook } from './interface';
import type {
  Look,
  PhotoCamera,
  Picked,
  PickedSplat,
  Tool,
  ViewportEvents,
  ViewportHandle,
  ViewportProblem,
  ViewportProps,
  ViewportState,
} from './interface';
import { neededOverlays, shownChannels } from './needs';
import { PointerControl } from './pointer';
import type { HeldSnapshot } from './snapshotQueue';
import { Viewport } from './viewport';

/** Of the canvas; more is more than a screen shows. */
const MOST_PIXELS_PER_PIXEL = 2;
const HOVER_MS = 40;
/** draws whose cost is remembered */
const DRAWS = 64;

export type Emit = <K extends keyof ViewportEvents>(event: K, ...values: ViewportEvents[K]) => void;

export class ViewportSession implements ViewportHandle {
  readonly #canvas: HTMLCanvasElement;
  readonly #emit: Emit;
  readonly #control: CameraControl;
  readonly #pointer: PointerControl;
  readonly #observer: ResizeObserver;
  readonly #ended = new AbortController();
  #viewport: Viewport | null = null;
  #props: ViewportProps;
  #frame = 0;
  #ratio = 1;
  #hover: readonly [number, number] | null = null;
  #hoverTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #draws: number[] = [];
  #told = '';
  /** what was asked for last; colour alone needs no overlay, and asks all the same */
  #watched: string | null = null;

  constructor(canvas: HTMLCanvasElement, props: ViewportProps, emit: Emit) {
    this.#canvas = canvas;
    this.#props = props;
    this.#emit = emit;
    const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#control = new CameraControl({ moved: () => this.#moved(), rested: () => this.#rested() }, reduced);
    this.#pointer = new PointerControl(canvas, {
      tool: (): Tool => this.#props.tool,
      drag: (kind, dx, dy) => this.#control.drag(kind, dx * this.#ratio, dy * this.#ratio),
      wheel: (amount, flying) => this.#control.wheel(amount, flying),
      click: (x, y, keys) => this.#click(x, y, keys),
      focus: (x, y) => this.#focus(x, y),
      hover: (at) => this.#hoverOver(at),
      key: (key, held) => this.#control.holdKey(key, held, performance.now()),
      frameAll: () => this.frameAll(),
      releaseKeys: () => this.#control.releaseKeys(),
    });
    const { signal } = this.#ended;
    canvas.addEventListener('webglcontextlost', (event) => this.#lost(event), { signal });
    canvas.addEventListener('webglcontextrestored', () => this.#restored(), { signal });
    this.#viewport = this.#open();
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(canvas);
    this.#resize();
    this.update(props, null);
  }

  /** Follows the page's settings. @param before null at first */
  update(props: ViewportProps, before: ViewportProps | null): void {
    this.#props = props;
    const viewport = this.#viewport;
    if (before?.photos !== props.photos || before.frustums !== props.frustums) {
      viewport?.setPhotos(props.photos, props.frustums);
      this.#placeScene();
    }
    if (before?.ask !== props.ask) {
      viewport?.setAsk(props.ask);
      if (before && shows(props.look, ['relevancy', 'class'])) this.#lookAgain(true);
    }
    if (before?.look !== props.look) {
      viewport?.setLook(props.look);
      this.#watch();
      const seen = ({ look }: ViewportProps): string => [...shownChannels(look), look.unlabelled].join();
      if (before && seen(props) !== seen(before)) this.#lookAgain(true);
    }
    if (before && before.exact !== props.exact) this.#lookAgain(true);
    else if (before && before.exactSide !== props.exactSide) this.#lookAgain(false);
  }

  take(buffer: ArrayBuffer): void {
    if (!this.#viewport) return;
    try {
      const { sequence, kind } = this.#viewport.take(buffer);
      if (kind === 'snapshot') {
        this.#placeScene();
        if (!this.#control.placed) this.#firstLook();
      }
      if (kind !== 'picture' && this.#control.resting) this.#lookAgain(false);
      this.#emit('taken', sequence);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#emit('problem', { kind: 'frame', message: error.message });
    }
  }

  reset(): void {
    this.#control.placed = false;
    this.#viewport?.clear();
  }

  camera(): PinholeCamera {
    return this.#control.camera();
  }

  moveTo(camera: PinholeCamera, focus?: readonly [number, number, number]): void {
    this.#control.moveTo(camera, null, focus ?? this.#centre());
  }

  showPhoto(name: string): void {
    const photo = this.#props.photos.find((one) => one.name === name);
    if (photo) this.#control.moveTo(photo.camera, name, this.#centre());
  }

  frameAll(): void {
    const header = this.#viewport?.newest?.frame.header;
    if (header) this.#control.frame(header.centre, header.radius);
  }

  centresOf(ids: readonly number[]): readonly (readonly [number, number, number])[] {
    return this.#viewport?.centresOf(ids) ?? [];
  }

  frameSplats(ids: readonly number[]): void {
    const centres = this.centresOf(ids);
    if (centres.length === 0) {
      this.frameAll();
      return;
    }
    const bounds = [0, 1, 2].map((k) => [Math.min(...centres.map((c) => c[k])), Math.max(...centres.map((c) => c[k]))]);
    const [x, y, z] = bounds.map(([low, high]) => (low + high) / 2);
    const extent = this.#viewport?.newest?.frame.header.extent ?? 1;
    const radius = Math.hypot(...bounds.map(([low, high]) => high - low)) / 2;
    this.#control.frame([x, y, z], Math.max(radius, 0.03 * extent));
  }

  pickAt(x: number, y: number): Picked {
    const picked = this.#viewport?.pick(x * this.#ratio, y * this.#ratio);
    return picked ? { x, y, ...picked } : null;
  }

  async photograph(): Promise<Blob> {
    this.#viewport?.draw();
    return new Promise((resolve, reject) => {
      this.#canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave no picture'))));
    });
  }

  /** What another session goes on with. */
  get held(): HeldSnapshot | null {
    return this.#viewport?.newest ?? null;
  }

  takeOver(held: HeldSnapshot | null): void {
    this.#viewport?.takeOver(held);
  }

  /** Whether everything that was taken is on the screen, in the order of this pose. */
  get settled(): boolean {
    return this.#frame === 0 && (this.#viewport?.settled ?? false);
  }

  /** ms of script of the last draws, newest last: what the picture costs the page. */
  get draws(): readonly number[] {
    return this.#draws;
  }

  get memory(): { textures: number; geometries: number; programs: number } | null {
    return this.#viewport?.memory ?? null;
  }

  /** Where the lens's image lies, CSS pixels. */
  get image(): { left: number; top: number; width: number; height: number } {
    const { scale, left, top } = this.#control.placement;
    const { width, height } = this.#control.lens;
    const css = 1 / this.#ratio;
    return { left: left * css, top: top * css, width: scale * width * css, height: scale * height * css };
  }

  dispose(): void {
    this.#ended.abort();
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#hoverTimer);
    this.#control.dispose();
    this.#pointer.dispose();
    this.#viewport?.dispose();
    this.#viewport = null;
  }

  #open(): Viewport | null {
    try {
      return new Viewport(this.#canvas, {
        invalidate: () => this.#invalidate(),
        look: ({ request, channel }) => this.#askFor(request, channel),
        shown: () => this.#tell(),
      });
    } catch {
      this.#problem({ kind: 'noWebGL' });
      return null;
    }
  }

  #problem(problem: ViewportProblem): void {
    this.#emit('problem', problem);
  }

  #invalidate(): void {
    if (this.#frame !== 0 || !this.#viewport) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      if (this.#control.advance(now, this.#pointer.fast)) this.#invalidate();
      const start = performance.now();
      this.#viewport?.draw();
      this.#draws.push(performance.now() - start);
      if (this.#draws.length > DRAWS) this.#draws.shift();
    });
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.#ratio = Math.min(MOST_PIXELS_PER_PIXEL, devicePixelRatio || 1);
    const [width, height] = [clientWidth, clientHeight].map((side) => Math.max(1, Math.round(side * this.#ratio)));
    this.#viewport?.resize(width, height);
    this.#control.resize(width, height);
  }

  #moved(): void {
    const viewport = this.#viewport;
    if (!viewport) return;
    viewport.setCamera(this.#control.camera());
    if (viewport.picture !== 'live') viewport.dropExact();
    this.#tell();
    this.#invalidate();
  }

  #rested(): void {
    this.#emit('rest', this.#control.camera());
    this.#lookAgain(false);
    if (this.#hover) this.#hoverOver(this.#hover);
  }

  /** Asks for exact pictures, if there is something to see. @param anew what is here is not of this question or channel */
  #lookAgain(anew: boolean): void {
    const viewport = this.#viewport;
    if (!viewport) return;
    if (anew) viewport.dropExact();
    if (this.#props.exact !== null && this.#control.resting && viewport.newest) viewport.wantExact();
  }

  #askFor(request: number, channel: PictureChannel): void {
    const { exact, exactSide, look } = this.#props;
    if (exact === null) return;
    const { width, height } = this.#control.camera();
    const scale = Math.min(1, exactSide / Math.max(width, height), 1 / this.#ratio);
    const camera = this.#control.camera(
      Math.max(1, Math.round(width * scale)),
      Math.max(1, Math.round(height * scale)),
    );
    // Labels hang on splats: there is nothing to decode.
    const way = channel === 'label' ? 'blended' : exact;
    this.#emit('look', { request, camera, channel, way, unlabelled: look.unlabelled });
  }

  #click(x: number, y: number, { picks, add }: { picks: boolean; add: boolean }): void {
    if (!picks && this.#props.frustums) {
      const extent = this.#viewport?.newest?.frame.header.extent ?? 0;
      const { width, height } = this.#control.camera();
      const camera = this.#control.camera(width, height);
      const name = frustumAt(this.#props.photos, extent, camera, x * this.#ratio, y * this.#ratio, 8 * this.#ratio);
      if (name !== null) this.#emit('photo', name);
    }
    if (picks) this.#emit('pick', this.pickAt(x, y), add);
  }

  #focus(x: number, y: number): void {
    const picked = this.pickAt(x, y);
    if (picked) this.#control.focusOn(this.#pointOf(picked));
  }

  /** The point of the ray at the picked depth: steadier than a splat's own centre. */
  #pointOf({ x, y, depth }: PickedSplat): [number, number, number] {
    const { worldToCamera: m, fx, fy, cx, cy } = this.#control.camera();
    const p = [
      ((x * this.#ratio - cx) / fx) * depth - m[3],
      ((y * this.#ratio - cy) / fy) * depth - m[7],
      depth - m[11],
    ];
    const [wx, wy, wz] = [0, 1, 2].map((k) => m[k] * p[0] + m[4 + k] * p[1] + m[8 + k] * p[2]);
    return [wx, wy, wz];
  }

  #hoverOver(at: readonly [number, number] | null): void {
    this.#hover = at;
    if (at === null) {
      clearTimeout(this.#hoverTimer);
      this.#hoverTimer = undefined;
      this.#emit('hover', null);
      return;
    }
    this.#hoverTimer ??= setTimeout(() => {
      this.#hoverTimer = undefined;
      if (this.#hover && this.#control.resting) this.#emit('hover', this.pickAt(...this.#hover));
    }, HOVER_MS);
  }

  #centre(): [number, number, number] | null {
    return this.#viewport?.newest?.frame.header.centre ?? null;
  }

  #placeScene(): void {
    const extent = this.#viewport?.newest?.frame.header.extent ?? 1;
    this.#control.setScene(upOf(this.#props.photos.map(({ camera }) => camera)), extent);
  }

  #firstLook(): void {
    const [photo] = this.#props.photos as readonly (PhotoCamera | undefined)[];
    if (photo) this.#control.moveTo(photo.camera, photo.name, this.#centre());
    else this.frameAll();
  }

  #watch(): void {
    const overlays: readonly OverlayName[] = neededOverlays(this.#props.look);
    if (overlays.join() === this.#watched) return;
    this.#watched = overlays.join();
    this.#emit('watch', true, overlays);
  }

  #tell(): void {
    const viewport = this.#viewport;
    if (!viewport) return;
    const header = viewport.snapshot?.frame.header;
    const { look } = this.#props;
    const overlaySteps = [...(viewport.snapshot?.overlays ?? [])]
      .filter(([name]) => neededOverlays(look).includes(name))
      .map(([, { step }]) => step);
    const exact = viewport.picture === 'exact' ? viewport.exactPicture(look.channel) : null;
    const state: ViewportState = {
      picture: viewport.picture,
      splats: header?.count ?? 0,
      step: exact?.step ?? header?.step ?? -1,
      overlayStep: overlaySteps.length > 0 ? Math.min(...overlaySteps) : -1,
      overlays: [...viewport.availableOverlays],
      depthRange: viewport.depthRange,
      exactCost: exact?.cost ?? null,
      photo: this.#control.photo,
    };
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    this.#emit('state', state);
  }

  #lost(event: Event): void {
    // Without this the browser never gives the context back.
    event.preventDefault();
    this.#problem({ kind: 'contextLost' });
  }

  /** Everything on the graphics card is gone: a new viewport takes over what the old one held. */
  #restored(): void {
    const before = this.#viewport;
    const held = before?.newest ?? null;
    before?.dispose();
    this.#viewport = this.#open();
    const viewport = this.#viewport;
    if (!viewport) return;
    const { look, photos, frustums, ask } = this.#props;
    viewport.setLook(look);
    viewport.setPhotos(photos, frustums);
    viewport.setAsk(ask);
    this.#resize();
    viewport.takeOver(held);
    this.#problem({ kind: 'contextRestored' });
  }
}

const shows = (look: Look, channels: readonly Look['channel'][]): boolean =>
  shownChannels(look).some((channel) => channels.includes(channel));

/** What a viewport shows before the page says otherwise. */
export const defaultProps: ViewportProps = {
  look: defaultLook,
  photos: [],
  tool: 'orbit',
  frustums: false,
  compare: null,
  exact: 'blended',
  exactSide: 960,
  ask: 0,
};
