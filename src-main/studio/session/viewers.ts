/**
 * The pages that look at a scene, and what each of them has got of it.
 *
 * The trainer sees one viewer: its frames are taken off its hands at once, so that no page ever slows it, and kept. Each page has
 * at most one frame under way; when it says `taken` it gets what it lacks, in turns: a picture that it asked for; the overlays of the
 * snapshot that it has, each once, then the newest snapshot. The order matters: a page slower than the trainer would otherwise get one
 * snapshot after another and no overlay ever, or one overlay after another. What it missed meanwhile is never sent. A page that arrives
 * late, or when nothing trains any more, so gets the last state at once.
 */
import { decodeFrame, encodeFrame, FrameError, keepsRows, sameRows } from '#contract/frame';
import type { Frame, FrameDescription, FrameHeader, FrameOf, OverlayName } from '#contract/frame';

/** What a page wants to see. */
export interface Wishes {
  readonly geometry: boolean;
  readonly overlays: readonly OverlayName[];
}

interface Kept<Header extends FrameHeader = FrameHeader> {
  readonly header: Header;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A snapshot and what lies over it. Snapshots with the same rows share their overlays. */
interface Layers {
  readonly snapshot: Kept<FrameOf<'snapshot'>>;
  readonly overlays: Map<string, Kept<FrameOf<'overlay'>>>;
}

/** One page, as the hub knows it. */
export interface Viewer {
  /** rises with every page; tells the trainer whose look it is */
  readonly id: number;
  watch(wishes: Wishes): void;
  /** The page is done with the frame of that sequence. */
  taken(sequence: number): void;
  /** Notes that a picture will come for this page. @returns the number to ask the trainer with */
  expect(request: number): number;
  leave(): void;
}

interface Page {
  readonly id: number;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  wishes: Wishes;
  /** sequence of the frame that the page is busy with; null when it takes another */
  busy: number | null;
  /** frames that it has got; weak, since only the newest matter */
  readonly got: WeakSet<Kept>;
  /** of the snapshot that it got last */
  layers: Layers | null;
  /** keys of the overlays that it got since then */
  readonly laid: Set<string>;
  /** its newest picture that was not sent yet */
  picture: Kept<FrameOf<'picture'>> | null;
  /** the last that it got was a picture: the next turn is the layers' */
  pictured: boolean;
}

/** Overlays are kept by what they carry: the newest with these names. */
const overlayKey = (header: FrameOf<'overlay'>): string => header.sections.map(({ name }) => name).join();

export interface HubPorts {
  /** what all pages together want changed */
  readonly wishes: (wishes: Wishes) => void;
  /** a frame was taken off the trainer's hands */
  readonly taken: (sequence: number) => void;
  readonly warn: (message: string) => void;
}

export class ViewerHub {
  readonly #ports: HubPorts;
  readonly #pages = new Set<Page>();
  /** whose look a request of the trainer's is, and what the page calls it */
  readonly #looks = new Map<number, { page: Page; request: number }>();
  /** the newest */
  #layers: Layers | null = null;
  #wishes: Wishes = { geometry: false, overlays: [] };
  #nextPage = 1;
  #nextLook = 1;

  constructor(ports: HubPorts) {
    this.#ports = ports;
  }

  get wishes(): Wishes {
    return this.#wishes;
  }

  /** Adds a page; it gets the present state as soon as it says what it watches. */
  join(send: (frame: Uint8Array<ArrayBuffer>) => void): Viewer {
    const page: Page = {
      id: this.#nextPage++,
      send,
      wishes: { geometry: false, overlays: [] },
      busy: null,
      got: new WeakSet(),
      layers: null,
      laid: new Set(),
      picture: null,
      pictured: false,
    };
    this.#pages.add(page);
    return {
      id: page.id,
      watch: (wishes) => {
        page.wishes = wishes;
        this.#join();
        this.#serve(page);
      },
      taken: (sequence) => {
        if (page.busy !== sequence) return;
        page.busy = null;
        this.#serve(page);
      },
      expect: (request) => {
        for (const [look, { page: owner }] of this.#looks) if (owner === page) this.#looks.delete(look);
        this.#looks.set(this.#nextLook, { page, request });
        return this.#nextLook++;
      },
      leave: () => {
        this.#pages.delete(page);
        for (const [look, { page: owner }] of this.#looks) if (owner === page) this.#looks.delete(look);
        this.#join();
      },
    };
  }

  /** Takes a frame from the trainer. A malformed one is dropped, with a warning. */
  receive(frame: Uint8Array<ArrayBuffer>): void {
    const bytes = whole(frame);
    let decoded: Frame;
    try {
      decoded = decodeFrame(bytes.buffer);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#ports.warn(`frame dropped: ${error.message}`);
      return;
    }
    const { header } = decoded;
    this.#ports.taken(header.sequence);
    if (header.kind === 'picture') {
      this.#picture(header, decoded);
      return;
    }
    if (header.kind === 'snapshot') {
      const before = this.#layers;
      const overlays =
        before && keepsRows(before.snapshot.header, header)
          ? before.overlays
          : new Map<string, Kept<FrameOf<'overlay'>>>();
      this.#layers = { snapshot: { header, bytes }, overlays };
    } else {
      // Overlays of rows that no page can have any more.
      if (!this.#layers || !sameRows(this.#layers.snapshot.header, header)) return;
      this.#layers.overlays.set(overlayKey(header), { header, bytes });
    }
    for (const page of this.#pages) this.#serve(page);
  }

  /** Forgets the scene: another one is opened, or none. */
  clear(): void {
    this.#layers = null;
    this.#looks.clear();
    for (const page of this.#pages) page.picture = page.layers = null;
  }

  #picture(header: FrameOf<'picture'>, frame: Frame): void {
    const look = this.#looks.get(header.request);
    if (!look) return;
    this.#looks.delete(header.request);
    look.page.picture = { header, bytes: renumbered(frame, look.request) };
    this.#serve(look.page);
  }

  #serve(page: Page): void {
    if (page.busy !== null) return;
    const next = this.#next(page);
    if (!next) return;
    page.got.add(next);
    page.busy = next.header.sequence;
    page.send(next.bytes);
  }

  /** Pictures and layers take turns: a page slower than its own looks would otherwise get pictures alone. */
  #next(page: Page): Kept | null {
    const layer = page.pictured || !page.picture ? this.#layer(page) : null;
    page.pictured = !layer;
    if (layer) return layer;
    const { picture } = page;
    page.picture = null;
    return picture;
  }

  /** What the page lacks of what it watches: overlays of its snapshot, else the newest snapshot. */
  #layer(page: Page): Kept | null {
    const { wishes } = page;
    if (!this.#layers || !wishes.geometry) return null;
    const renewed = page.layers !== this.#layers;
    for (const [key, overlay] of page.layers?.overlays ?? []) {
      const wanted = overlay.header.sections.some(({ name }) => (wishes.overlays as readonly string[]).includes(name));
      if (!wanted || page.got.has(overlay) || (renewed && page.laid.has(key))) continue;
      page.laid.add(key);
      return overlay;
    }
    if (!renewed) return null;
    page.layers = this.#layers;
    page.laid.clear();
    return page.layers.snapshot;
  }

  /** Tells the trainer when the wishes of all pages together have changed. */
  #join(): void {
    const pages = [...this.#pages];
    const geometry = pages.some(({ wishes }) => wishes.geometry);
    const overlays = [...new Set(pages.flatMap(({ wishes }) => wishes.overlays))].sort();
    const before = this.#wishes;
    if (geometry === before.geometry && overlays.join() === before.overlays.join()) return;
    this.#wishes = { geometry, overlays };
    this.#ports.wishes(this.#wishes);
  }
}

/** A frame in a buffer of its own: what comes from another process may be a piece of a larger one. */
function whole(frame: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return frame.byteOffset === 0 && frame.byteLength === frame.buffer.byteLength ? frame : frame.slice();
}

/** A picture under the number that the page gave its look. */
function renumbered({ header, sections }: Frame, request: number): Uint8Array<ArrayBuffer> {
  return encodeFrame({ ...header, request } as FrameDescription, Object.fromEntries(sections));
}
