/** The desktop's door: `window.legato`, which speaks the same contract over Electron's channels and never loses its connection. */
import { sessionInfo } from '#contract/session';
import type { LegatoBridge } from '#contract/session';
import { studioEvent } from '#contract/studio';
import type { StudioCommandType, StudioReply } from '#contract/studio';
import { answer } from '#contract/wire';
import type { PageMessage } from '#contract/wire';
import { ContractBroken, replyTo } from './gateway';
import type { CommandOf, Ears, Gateway } from './gateway';

export function bridgeGateway(bridge: LegatoBridge): Gateway {
  let nextId = 0;
  let ears: Ears | null = null;
  let endEvents = (): void => undefined;

  function hearEvents(): void {
    endEvents();
    endEvents = bridge.onEvent((event) => {
      const parsed = studioEvent.safeParse(event);
      if (parsed.success) ears?.event(parsed.data);
      else console.warn(`Legato: an event was not understood: ${parsed.error.message}`);
    });
  }

  async function command<T extends StudioCommandType>(command: CommandOf<T>): Promise<StudioReply<T>> {
    const message: PageMessage = { id: nextId++, command };
    const parsed = answer.safeParse(await bridge.command(message));
    if (!parsed.success) throw new ContractBroken(`${command.type}: ${parsed.error.message}`);
    return replyTo(command.type, parsed.data);
  }

  return {
    session: async () => sessionInfo.parse(await bridge.session()),
    command,
    follow(listeners) {
      ears = listeners;
      const ends = [
        bridge.onSession((session) => listeners.session(sessionInfo.parse(session))),
        bridge.onFrame((bytes) => listeners.frame(bytes)),
      ];
      hearEvents();
      listeners.link('ready');
      return () => {
        ears = null;
        endEvents();
        for (const end of ends) end();
      };
    },
    refresh: hearEvents,
    pathOf: (file) => bridge.pathOf(file) || null,
    desktop: {
      async pick(kind) {
        const path = await bridge.pick(kind);
        return typeof path === 'string' && path !== '' ? path : null;
      },
      onAction: (listener) => bridge.onAction(listener),
      offer: (actions) => bridge.offer(actions),
    },
  };
}
