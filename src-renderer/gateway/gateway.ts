/**
 * The way to the studio, whichever door the page came through: commands with replies, events, and binary frames. Everything that
 * arrives is checked against the contract before the page believes it. One file a transport: `socket.ts`, `bridge.ts`.
 */
import { studioReplies } from '#contract/studio';
import type { CommandFailure, StudioCommand, StudioCommandType, StudioEvent, StudioReply } from '#contract/studio';
import type { MenuAction, PickKind, SessionInfo } from '#contract/session';
import type { Answer } from '#contract/wire';

/** The server does not know this browser: its link was from another run. */
export class LinkExpired extends Error {
  override name = 'LinkExpired';
}

/** There is no connection now, or it broke before the answer came. The command may have been carried out. */
export class LinkLost extends Error {
  override name = 'LinkLost';
}

/** The studio answered that it will not, and why. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
  readonly failure: CommandFailure;
  constructor(failure: CommandFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Page and studio do not speak the same version of the contract. */
export class ContractBroken extends Error {
  override name = 'ContractBroken';
}

/** ready ⇄ lost (and being tried again) → expired (another server answers, which wants its own link) */
export type Link = 'ready' | 'lost' | 'expired';

export type CommandOf<T extends StudioCommandType> = Extract<StudioCommand, { type: T }>;

/** What the gateway calls back with. */
export interface Ears {
  session: (session: SessionInfo) => void;
  event: (event: StudioEvent) => void;
  /** a frame as it came; frame.ts reads it */
  frame: (bytes: ArrayBuffer) => void;
  link: (link: Link) => void;
}

/** What only a desktop has. */
export interface Desktop {
  /** a native dialog; null when it was cancelled */
  readonly pick: (kind: PickKind) => Promise<string | null>;
  readonly onAction: (listener: (id: string) => void) => () => void;
  readonly offer: (actions: readonly MenuAction[]) => void;
}

export interface Gateway {
  readonly session: () => Promise<SessionInfo>;
  /** Begins to listen; the state and the whole curves come first, and again after every loss. Returns what ends it. */
  readonly follow: (ears: Ears) => () => void;
  /** @throws CommandRefused, LinkLost, ContractBroken */
  readonly command: <T extends StudioCommandType>(command: CommandOf<T>) => Promise<StudioReply<T>>;
  /** Connects anew, for a page that missed something. */
  readonly refresh: () => void;
  /** Absolute path of something dropped on the page; null where the browser keeps it secret. */
  readonly pathOf: (file: File) => string | null;
  /** null in a browser */
  readonly desktop: Desktop | null;
}

/** Turns an answer into the command's reply. @throws CommandRefused, ContractBroken */
export function replyTo<T extends StudioCommandType>(type: T, answer: Answer): StudioReply<T> {
  if (answer.type === 'refused') throw new CommandRefused(answer.failure);
  const schema = type in studioReplies ? studioReplies[type as keyof typeof studioReplies] : null;
  if (schema === null) return null as StudioReply<T>;
  const parsed = schema.safeParse(answer.reply);
  if (!parsed.success) {
    const [problem] = parsed.error.issues;
    throw new ContractBroken(`${type}: ${problem.path.join('.')}: ${problem.message}`);
  }
  return parsed.data as StudioReply<T>;
}
