/**
 * The messages of the server's WebSocket, as text; frames (frame.ts) come as binary messages between them. The desktop's bridge
 * carries the same commands, replies and events over Electron's channels.
 */
import { z } from 'zod';
import { sessionEvent } from './session';
import { commandFailure, studioCommand, studioEvent } from './studio';

const id = z.int().min(0);

/** What a page sends. `id` is the page's own count; the answer carries it. */
export const pageMessage = z.strictObject({ id, command: studioCommand });
export type PageMessage = z.infer<typeof pageMessage>;

/** An answer; `reply` is what studioReplies says for the command, else null. */
export const answer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('reply'), id, reply: z.unknown() }),
  z.object({ type: z.literal('refused'), id, failure: commandFailure }),
]);
export type Answer = z.infer<typeof answer>;

/** Everything that a page may hear. */
export const serverMessage = z.union([answer, sessionEvent, studioEvent]);
export type ServerMessage = z.infer<typeof serverMessage>;
