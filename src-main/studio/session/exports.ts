/** Exports of what is open, and the coarse mesh before them: from a state of splats and labels that is put on the disk for it. */
import type { ExportFormat } from '#contract/exportMessages';
import { Exporting } from './exporting';
import { MeshPreview } from './meshPreview';
import type { Opened } from './opened';
import type { Picture } from './photos';

export class Exports {
  readonly #opened: Opened;
  readonly #exporting: Exporting;
  readonly #meshPreview: MeshPreview;

  constructor(opened: Opened) {
    const { change } = opened.ports;
    this.#opened = opened;
    this.#exporting = new Exporting((told) => change((state) => (state.export = told)));
    this.#meshPreview = new MeshPreview((told) => change((state) => (state.meshPreview = told)));
  }

  async export(format: ExportFormat): Promise<void> {
    await this.#exporting.start(this.#opened.project.root, format, async () => {
      const { project, layer } = await this.#savedNow();
      return { type: 'export', project, format, layer, threads: 1 };
    });
  }

  cancelExport(): void {
    this.#exporting.cancel();
  }

  async previewMesh(): Promise<void> {
    await this.#meshPreview.start(this.#savedNow().then((saved) => ({ ...saved, threads: 1 })));
  }

  cancelPreview(): void {
    this.#meshPreview.cancel();
  }

  get meshPreview(): Picture | null {
    return this.#meshPreview.glb;
  }

  /** What was open is closed. */
  forget(): void {
    this.#exporting.cancel();
    this.#meshPreview.forget();
  }

  /** What splats and labels are now lies on the disk: a run that goes on saves; a paused one has saved already. */
  async #savedNow(): Promise<{ project: string; layer: number | null; labels: number }> {
    const { project, labels } = this.#opened;
    const { studio, root } = project;
    if (studio.state === 'running') await studio.saved();
    const state = labels?.state;
    return { project: root, layer: state?.layer ?? null, labels: state?.revision ?? 0 };
  }
}
