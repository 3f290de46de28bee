/** The coarse mesh that pages look at before they export: made in a process of its own, kept in memory, one at a time. */
import type { ExportEvent, MeshPreviewState } from '#contract/exportMessages';
import { forkExporter } from './exporterChild';
import type { ExporterChild } from './exporterChild';
import type { Picture } from './photos';

export interface PreviewJob {
  readonly project: string;
  readonly layer: number | null;
  readonly threads: number;
  /** revision of the labels as they are now */
  readonly labels: number;
}

export class MeshPreview {
  readonly #tell: (state: MeshPreviewState) => void;
  #child: ExporterChild | null = null;
  #made: { told: NonNullable<MeshPreviewState['made']>; glb: Buffer } | null = null;
  #progress: Omit<MeshPreviewState, 'made'> | null = null;
  #revision = 0;
  /** counts what was begun and ended */
  #turn = 0;

  /** @param tell  hears of every change */
  constructor(tell: (state: MeshPreviewState) => void) {
    this.#tell = tell;
  }

  /**
   * Makes one of now; one that is being made is given up for it.
   *
   * @param saved  of what, when it lies on the disk
   * @throws StudioError when the process was not built, and what saving throws
   */
  async start(saved: Promise<PreviewJob>): Promise<void> {
    this.#end();
    const turn = this.#turn;
    this.#set({ state: 'running', stage: 'labels', done: 0, total: 1, failure: null });
    try {
      const { labels, ...job } = await saved;
      if (turn !== this.#turn) return;
      this.#child = forkExporter({ type: 'preview', ...job }, (event) => this.#hear(event, labels));
    } catch (error) {
      if (turn === this.#turn) this.cancel();
      throw error;
    }
  }

  /** The one before it stays. */
  cancel(): void {
    if (this.#progress?.state !== 'running') return;
    this.#end();
    this.#set({ ...this.#progress, state: 'cancelled' });
  }

  /** Whatever is being saved or made is made no further. */
  #end(): void {
    this.#turn++;
    this.#child?.cancel();
    this.#child = null;
  }

  /** Another scene: nothing is kept, and nothing told. */
  forget(): void {
    this.#end();
    this.#made = null;
    this.#progress = null;
  }

  /** The mesh that was made last, as binary glTF; null before the first. */
  get glb(): Picture | null {
    return this.#made && { type: 'model/gltf-binary', bytes: this.#made.glb };
  }

  #hear(event: ExportEvent, labels: number): void {
    if (!this.#progress) return;
    if (event.type === 'progress') {
      const { stage, done, total } = event;
      return this.#set({ ...this.#progress, stage, done, total });
    }
    this.#child = null;
    if (event.type === 'failed') return this.#set({ ...this.#progress, state: 'failed', failure: event.failure });
    if (event.type !== 'previewed') return;
    const { type: _, glb, ...figures } = event;
    const told = { revision: ++this.#revision, labels, ...figures };
    this.#made = { told, glb: Buffer.from(glb.buffer, glb.byteOffset, glb.byteLength) };
    this.#set({ ...this.#progress, state: 'done' });
  }

  #set(progress: Omit<MeshPreviewState, 'made'>): void {
    this.#progress = progress;
    this.#tell({ ...progress, made: this.#made?.told ?? null });
  }
}
