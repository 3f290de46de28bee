/**
 * The bridge's channels over the studio's session: a page follows (joins), commands and is told, and leaves when its window goes,
 * its process dies or it is loaded anew. Knows of Electron only what a page can be told through.
 *
 * Frames are relayed by this process instead of a port from the trainer: the session joins the wishes of several pages, says whose
 * look a picture answers and sends a page the newest frame only after it took the one before. A frame crosses once, as a whole.
 */
import { pageMessage } from '#contract/wire';
import type { Answer } from '#contract/wire';
import { channels } from '#contract/channels';
import { describeFailure } from '../studio/failures';
import type { PageLink, StudioDoor } from '../studio/session/door';

/** What `pages` needs of Electron's WebContents. */
export interface PageTarget {
  readonly id: number;
  isDestroyed(): boolean;
  send(channel: string, ...payload: unknown[]): void;
}

/** Longest message of a failure that the contract lets through. */
const MESSAGE_LIMIT = 4000;

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

  /** Performs a command of a page. Never throws: refusals are answers. */
  async command(page: PageTarget, message: unknown): Promise<Answer> {
    const parsed = pageMessage.safeParse(message);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refusal(idOf(message), new TypeError(`not a command: ${issue.path.join('.')}: ${issue.message}`));
    }
    const { id, command } = parsed.data;
    try {
      const link = this.#links.get(page.id) ?? this.#join(page);
      return { type: 'reply', id, reply: (await link.perform(command)) ?? null };
    } catch (error) {
      return refusal(id, error);
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

/** The id that a malformed message carries all the same, so that the page can tell which of its commands it was. */
function idOf(message: unknown): number {
  const id: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'id') : undefined;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : 0;
}

function refusal(id: number, error: unknown): Answer {
  const { kind, message, fault } = describeFailure(error);
  return {
    type: 'refused',
    id,
    failure: { kind: kind.slice(0, 100), message: message.slice(0, MESSAGE_LIMIT), fault },
  };
}
