/** Main's end of every channel of the bridge. What comes from anywhere but our own page is refused before it is looked at. */
import { ipcMain } from 'electron';
import type { IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import { channels } from '#contract/channels';
import { demoCommand, menuActions, pickKinds } from '#contract/session';
import type { DemoCommand, MenuAction, PickKind } from '#contract/session';
import type { StudioPages } from './pages';
import { isOwnPage } from './security';

export interface BridgePorts {
  readonly origin: string;
  readonly pages: StudioPages;
  readonly session: () => Promise<unknown>;
  readonly demo: (command: DemoCommand) => void;
  readonly pick: (kind: PickKind, page: WebContents) => Promise<string | null>;
  readonly offer: (actions: readonly MenuAction[]) => void;
}

export function openChannels({ origin, pages, session, demo, pick, offer }: BridgePorts): void {
  const handle = (channel: string, answer: (event: IpcMainInvokeEvent, payload: unknown) => unknown): void =>
    ipcMain.handle(channel, (event, payload: unknown) => {
      if (!isOwnPage(event, origin)) throw new Error('Refused: not the Legato page');
      return answer(event, payload);
    });
  const on = (channel: string, hear: (event: IpcMainEvent, payload: unknown) => void): void => {
    ipcMain.on(channel, (event, payload: unknown) => {
      if (isOwnPage(event, origin)) hear(event, payload);
    });
  };
  handle(channels.session, () => session());
  handle(channels.demo, (_event, command) => demo(demoCommand.parse(command)));
  handle(channels.command, ({ sender }, message) => pages.command(sender, message));
  handle(channels.pick, ({ sender }, wanted) => {
    const kind = pickKinds.find((one) => one === wanted);
    if (kind === undefined) throw new Error('Refused: no such dialog');
    return pick(kind, sender);
  });
  on(channels.follow, ({ sender }) => pages.follow(sender));
  on(channels.menu, (_event, actions) => {
    const offered = menuActions.safeParse(actions);
    if (offered.success) offer(offered.data);
  });
}
