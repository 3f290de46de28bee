/**
 * The bridge's channels over the studio's session: a page follows (joins), commands and is told, and leaves when its window goes,
 * its process dies or it is loaded anew. Knows of Electron only what a page can be told through.
 *
 * Frames are relayed by this process instead of a port from the trainer: the session joins the wishes of several pages, says whose
 * look a picture answers and sends a page the newest frame only after it took the one before. A frame crosses once, as a whole.
 */
import type { Answer } from '#contract/wire';
import { channels } from '#contract/channels';
import { answerMessage } from '../server/answer';
import { describeFailure } from '../studio/failures';
import type { PageLink, StudioDoor } from '../studio/session/door';

/** What `pages` needs of Electron's WebContents. */
export interface PageTarget {
  readonly id: number;
  isDestroyed(): boolean;
  send(channel: string, ...payload: unknown[]): void;
}

export class StudioPages {
  readonly #studio: StudioDoor;
  readonly #links = new Map<number, PageLink>();

  constructor(studio: StudioDoor) {
    this.#studio = studio;
  }

  /** Tells a page everything from now on, the state and the curves first. A page that was loaded anew begins anew. */
  follow(page: PageTarget): void {
    this.leave(page.id);
    this.#join(page);
  }

  /** Performs a command of a page. Never throws: refusals are answers, also to what is not even a message. */
  async command(page: PageTarget, message: unknown): Promise<Answer> {
    try {
      return await answerMessage(this.#links.get(page.id) ?? this.#join(page), message);
    } catch (error) {
      const { kind, message: words, fault, code, values } = describeFailure(error);
      return { type: 'refused', id: 0, failure: { kind, message: words, fault, code, values } };
    }
  }

  /** Forgets a page that is gone. */
  leave(id: number): void {
    this.#links.get(id)?.leave();
    this.#links.delete(id);
  }

  #join(page: PageTarget): PageLink {
    const tell = (channel: string, payload: unknown): void => {
      if (!page.isDestroyed()) page.send(channel, payload);
    };
    const link = this.#studio.join({
      event: (event) => tell(channels.event, event),
      frame: (bytes) => tell(channels.frame, wholeBuffer(bytes)),
    });
    this.#links.set(page.id, link);
    return link;
  }
}

/** The bytes as a buffer of their own; copies only what shares its memory with something else. */
function wholeBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
