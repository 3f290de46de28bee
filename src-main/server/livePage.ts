/** One page on its WebSocket (contract: wire): commands in, answers, events and frames out. */
import type { RawData, WebSocket } from 'ws';
import type { SessionEvent } from '#contract/session';
import type { StudioDoor } from '../studio/session/door';
import { answerMessage, MessageError } from './answer';
import { Outbox, OutboxError } from './outbox';

/** RFC 6455 close codes */
const UNSUPPORTED = 1003;
const MALFORMED = 1007;
const POLICY_VIOLATION = 1008;
const TRY_LATER = 1013;
/** Reasons have at most 123 bytes. */
const REASON_LIMIT = 100;

/** Commands of a page that are being performed or answered; more are not read until one is done. */
const OPEN_LIMIT = 64;
const PING_MS = 15_000;
/** A page that said nothing for so long, not even to a ping, is gone: lid closed, cable out. */
const SILENT_MS = 120_000;

export interface LivePage {
  session(event: SessionEvent): void;
}

/** Lets a page join the studio, until its socket closes. */
export function welcome(socket: WebSocket, studio: StudioDoor): LivePage {
  const outbox = new Outbox({
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (data, done) => {
      if (socket.readyState === socket.OPEN) socket.send(data, done);
      else done();
    },
  });
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof OutboxError)) throw error;
      socket.close(TRY_LATER, error.message);
    }
  };
  const link = studio.join({
    event: (event) => guarded(() => outbox.event(event)),
    frame: (bytes) => guarded(() => outbox.frame(bytes)),
  });

  let heard = Date.now();
  const pulse = setInterval(() => {
    if (Date.now() - heard > SILENT_MS) socket.terminate();
    else socket.ping();
  }, PING_MS);
  pulse.unref();
  socket.on('pong', () => (heard = Date.now()));

  let open = 0;
  const perform = async (message: unknown): Promise<void> => {
    open++;
    if (open === OPEN_LIMIT) socket.pause();
    try {
      await outbox.answer(await answerMessage(link, message));
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      socket.close(POLICY_VIOLATION, error.message.slice(0, REASON_LIMIT));
    } finally {
      open--;
      if (open === OPEN_LIMIT - 1) socket.resume();
    }
  };
  socket.on('message', (data, isBinary) => {
    heard = Date.now();
    if (isBinary) return socket.close(UNSUPPORTED, 'pages send text');
    const message = readJson(data);
    if (message === undefined) return socket.close(MALFORMED, 'not JSON');
    void perform(message);
  });
  // An oversized or broken message: ws itself closes with the code that says so.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(pulse);
    link.leave();
  });
  return { session: (event) => outbox.event(event) };
}

/** Undefined for what is no JSON, which JSON itself cannot say. */
function readJson(data: RawData): unknown {
  try {
    return JSON.parse((data as Buffer).toString('utf8'));
  } catch {
    return undefined;
  }
}
