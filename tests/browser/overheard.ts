/** What a page and its trainer say to each other over the page's own WebSocket: the looks that it asks for and the frames it gets. */
import type { Page } from 'playwright-core';
import type { PinholeCamera } from '#contract/camera';
import { decodeFrame, keepsRows, sameRows } from '#contract/frame';
import type { Frame, FrameOf, OverlayName } from '#contract/frame';
import { pageMessage } from '#contract/wire';
import type { HeldSnapshot, Overlay, SnapshotFrame } from '../../src-renderer/viewport/snapshotQueue';

export type PictureFrame = Frame & { header: FrameOf<'picture'> };

export interface Seen {
  readonly camera: PinholeCamera;
  readonly picture: PictureFrame;
}

export class Overheard {
  /** looks that the page asked for, by the number of the request */
  readonly #looks = new Map<number, PinholeCamera>();
  #snapshot: HeldSnapshot | null = null;
  /** the newest frame that the page has taken, by its number */
  taken = -1;
  /** the newest answered look */
  seen: Seen | null = null;

  /** Before the page is opened. */
  constructor(page: Page) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        if (typeof payload !== 'string') return;
        const { command } = pageMessage.parse(JSON.parse(payload));
        if (command.type === 'look') this.#looks.set(command.request, command.camera);
        if (command.type === 'taken') this.taken = Math.max(this.taken, command.sequence);
      });
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload !== 'string') this.#take(decodeFrame(Uint8Array.from(payload).buffer));
      });
    });
  }

  /** The newest snapshot with the overlays that came for it. @throws Error before the first */
  get snapshot(): HeldSnapshot {
    if (!this.#snapshot) throw new Error('no snapshot came yet');
    return this.#snapshot;
  }

  #take(frame: Frame): void {
    const { header, sections } = frame;
    const held = this.#snapshot;
    if (header.kind === 'snapshot')
      this.#snapshot = {
        frame: frame as SnapshotFrame,
        overlays: held && keepsRows(held.frame.header, header) ? held.overlays : new Map<OverlayName, Overlay>(),
      };
    else if (header.kind === 'overlay' && held && sameRows(held.frame.header, header))
      for (const [name, numbers] of sections)
        held.overlays.set(name as OverlayName, { numbers, step: header.step, ask: header.ask, tables: null });
    else if (header.kind === 'picture') {
      const camera = this.#looks.get(header.request);
      if (camera) this.seen = { camera, picture: frame as PictureFrame };
    }
  }
}
