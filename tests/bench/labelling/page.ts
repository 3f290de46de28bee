/**
 * A page of the studio without a window: the session and a trainer of its own process as people have them, what the page is shown kept by
 * name, and gestures that have been seen when they return.
 */
import type { PinholeCamera } from '#contract/camera';
import { decodeFrame } from '#contract/frame';
import type { Frame, OverlayName, SectionArray } from '#contract/frame';
import type { LabelRegion } from '#contract/labels';
import type { StudioCommand, StudioReply, StudioState } from '#contract/studio';
import type { PageLink } from '../../../src-main/studio/session/door';
import { StudioSession } from '../../../src-main/studio/session/studioSession';

/** Names that one question may hold (contract/studio.ts). */
export const MOST_NAMES = 24;

/** Overlays that answer what is asked. */
const asked: readonly OverlayName[] = ['class', 'relevancy'];

export class Page {
  readonly #session = new StudioSession();
  readonly #link: PageLink;
  #state: StudioState | null = null;
  #snapshot: Frame | null = null;
  #overlay: Frame | null = null;
  #picture: Frame | null = null;
  #request = 0;
  #watched: readonly OverlayName[] = [];
  /** rises with every event or frame */
  #wake: (() => void)[] = [];

  constructor() {
    this.#link = this.#session.join({
      event: (event) => {
        if (event.type === 'state') this.#state = event.state;
        this.#happened();
      },
      frame: (bytes) => {
        const frame = decodeFrame(bytes.slice().buffer);
        if (frame.header.kind === 'snapshot') this.#snapshot = frame;
        if (frame.header.kind === 'overlay') this.#overlay = frame;
        if (frame.header.kind === 'picture') this.#picture = frame;
        void this.#link.perform({ type: 'taken', sequence: frame.header.sequence });
        this.#happened();
      },
    });
  }

  get state(): StudioState {
    if (!this.#state) throw new Error('the session has said nothing yet');
    return this.#state;
  }

  /** Ids of the splats in the order of the overlays. */
  get ids(): Uint32Array {
    return this.#snapshot?.sections.get('ids') as Uint32Array;
  }

  perform<T extends StudioCommand>(command: T): Promise<StudioReply<T['type']>> {
    return this.#link.perform(command) as Promise<StudioReply<T['type']>>;
  }

  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #happened(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }

  async open(project: string): Promise<void> {
    await this.perform({ type: 'open', path: project });
    await this.atRest();
  }

  /** Semantics are there and nothing trains. */
  atRest(): Promise<void> {
    return this.until(() => {
      const { trainer, semantics } = this.#state ?? {};
      return ['idle', 'paused'].includes(trainer?.state ?? '') && semantics != null;
    });
  }

  /** Overlays of now: of the last labels and of what was asked last. */
  async overlays(names: readonly OverlayName[]): Promise<(name: OverlayName) => SectionArray> {
    const answers = names.some((name) => asked.includes(name));
    let after = 0;
    if (answers && !this.#running) {
      // At rest splats are decoded in portions; a picture of answers waits for all of them, and what is published then is whole.
      after = await this.#look();
      this.#watched = [];
      await this.perform({ type: 'watch', geometry: false, overlays: [] });
    }
    if (names.join() !== this.#watched.join()) {
      this.#watched = names;
      this.#overlay = null;
      await this.perform({ type: 'watch', geometry: true, overlays: [...names] });
    }
    const fresh = (): boolean => {
      const { header, sections } = this.#overlay ?? {};
      if (header?.kind !== 'overlay' || names.some((name) => !sections?.has(name))) return false;
      const { labels, ask, trainer } = this.state;
      return (
        header.sequence > after &&
        (!names.includes('label') || header.labels === labels?.revision) &&
        (!answers || header.ask === ask?.revision) &&
        (this.#running || header.step === trainer?.step)
      );
    };
    // The revision that a gesture led to is told a little later than the gesture is answered.
    await new Promise((resolve) => setTimeout(resolve, 60));
    await this.until(fresh);
    const sections = this.#overlay?.sections;
    return (name) => sections?.get(name) as SectionArray;
  }

  get #running(): boolean {
    return this.state.trainer?.state === 'running';
  }

  /** @returns sequence of a picture of answers */
  async #look(): Promise<number> {
    const [{ camera }] = await this.perform({ type: 'photos' });
    const request = ++this.#request;
    await this.perform({ type: 'look', request, camera, channel: 'class', way: 'blended' });
    const mine = (): number | null => {
      const { header } = this.#picture ?? {};
      return header?.kind === 'picture' && header.request === request ? header.sequence : null;
    };
    await this.until(() => mine() !== null);
    return mine() ?? 0;
  }

  async ask(questions: string[]): Promise<void> {
    const ask = { questions, negatives: ['object', 'things', 'stuff', 'texture'], order: 'relevancies' as const };
    await this.perform({ type: 'ask', ask, keep: false });
    await this.until(
      () => this.state.ask?.pending === false && this.state.ask.request?.questions.join() === questions.join(),
    );
    if (this.state.ask?.problem) throw new Error(this.state.ask.problem.message);
  }

  /** @returns splats that changed */
  async label(region: LabelRegion, camera: PinholeCamera | null, name: string, keepExisting = false): Promise<number> {
    const target = { kind: 'named', name } as const;
    const { splats } = await this.perform({
      ...{ type: 'label', region, camera, target, keepExisting, through: false, mode: 'add' },
    });
    return splats;
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
