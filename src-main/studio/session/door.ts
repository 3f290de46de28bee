/** What a door (window, server) sees of the studio's session: pages join, ask, and are told. */
import type { MediaKind, StudioCommand, StudioEvent } from '#contract/studio';
import type { Picture } from './photos';

/** Where a page is told. A frame is sent only after the one before was `taken`. */
export interface PageSink {
  event(event: StudioEvent): void;
  frame(bytes: Uint8Array<ArrayBuffer>): void;
}

/** One page that has joined. */
export interface PageLink {
  /** The reply that studioReplies says for the command, else null. @throws typed errors (describeFailure) */
  perform(command: StudioCommand): Promise<unknown>;
  leave(): void;
}

export interface StudioDoor {
  /** Adds a page; it is told the state and the whole curves at once. */
  join(page: PageSink): PageLink;
  /** Null for what is not there. */
  picture(kind: MediaKind, photo: string, side: number): Promise<Picture | null>;
  /** Saves what is open and ends every process. */
  close(): Promise<void>;
}
