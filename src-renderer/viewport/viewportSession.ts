/**
 * Ties a canvas, its picture, its camera and the hands on it together, and says what the page should know. Plain objects in, calls out:
 * `ViewportCanvas.vue` is a thin coat over it.
 */
import { FrameError } from '#contract/frame';
import type { OverlayName, PictureChannel } from '#contract/frame';
import type { PinholeCamera } from '#contract/camera';
import { CameraControl } from './cameraControl';
import { DrawLoop } from './drawLoop';
import { Framing } from './framing';
import type { Look, Tool, ViewportEvents, ViewportProblem, ViewportProps } from './interface';
import { neededOverlays, shownChannels } from './needs';
import { PointerControl } from './pointer';
import { Pointing } from './pointing';
import type { HeldSnapshot } from './snapshotQueue';
import { Viewport } from './viewport';
import { stateOf } from './viewportState';

/** Of the canvas; more is more than a screen shows. */
const MOST_PIXELS_PER_PIXEL = 2;

export type Emit = <K extends keyof ViewportEvents>(event: K, ...values: ViewportEvents[K]) => void;

export class ViewportSession {
  readonly framing: Framing;
  readonly pointing: Pointing;
  readonly #canvas: HTMLCanvasElement;
  readonly #emit: Emit;
  readonly #control: CameraControl;
  readonly #pointer: PointerControl;
  readonly #loop: DrawLoop;
  readonly #observer: ResizeObserver;
  readonly #ended = new AbortController();
  #viewport: Viewport | null = null;
  #props: ViewportProps;
  #ratio = 1;
  #told = '';
  /** what was asked for last; colour alone needs no overlay, and asks all the same */
  #watched: string | null = null;

  constructor(canvas: HTMLCanvasElement, props: ViewportProps, emit: Emit) {
    this.#canvas = canvas;
    this.#props = props;
    this.#emit = emit;
    const reduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#control = new CameraControl({ moved: () => this.#moved(), rested: () => this.#rested() }, reduced);
    this.#loop = new DrawLoop({
      advance: (now) => this.#control.advance(now, this.#pointer.fast) && this.#viewport !== null,
      draw: () => this.#viewport?.draw(),
    });
    this.framing = new Framing(this.#control, () => this.#viewport);
    this.pointing = new Pointing({
      viewport: () => this.#viewport,
      camera: () => this.#control.camera(),
      props: () => this.#props,
      ratio: () => this.#ratio,
      resting: () => this.#control.resting,
      emit,
    });
    this.#pointer = new PointerControl(canvas, {
      tool: (): Tool => this.#props.tool,
      drag: (kind, dx, dy) => this.#control.drag(kind, dx * this.#ratio, dy * this.#ratio),
      wheel: (amount, flying) => this.#control.wheel(amount, flying),
      click: (x, y, keys) => this.pointing.click(x, y, keys),
      focus: (x, y) => this.#focus(x, y),
      hover: (at) => this.pointing.hoverOver(at),
      key: (key, held) => this.#control.holdKey(key, held, performance.now()),
      frameAll: () => this.framing.frameAll(),
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
      this.framing.place(props.photos);
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
        this.framing.place(this.#props.photos);
        if (!this.#control.placed) this.framing.firstLook();
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

  centresOf(ids: readonly number[]): readonly (readonly [number, number, number])[] {
    return this.#viewport?.centresOf(ids) ?? [];
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
    return this.#loop.idle && (this.#viewport?.settled ?? false);
  }

  /** ms of script of the last draws, newest last: what the picture costs the page. */
  get draws(): readonly number[] {
    return this.#loop.costs;
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
    this.#loop.dispose();
    this.pointing.dispose();
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
    if (this.#viewport) this.#loop.invalidate();
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
    this.pointing.hoverAgain();
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

  #focus(x: number, y: number): void {
    const point = this.pointing.pointAt(x, y);
    if (point) this.#control.focusOn(point);
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
    const state = stateOf(viewport, this.#props.look, this.#control.photo);
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
