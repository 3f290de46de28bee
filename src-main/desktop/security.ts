/** What the window refuses: leaving the page, opening others, permissions, and messages from any other frame. */
import { app } from 'electron';
import type { IpcMainEvent, IpcMainInvokeEvent, Session } from 'electron';

/** Whether a message comes from the main frame of a window that shows our page. */
export function isOwnPage(event: IpcMainEvent | IpcMainInvokeEvent, origin: string): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && originOf(frame.url) === origin;
}

/** Copying a command to the clipboard is the one permission that the page has. */
const permitted = 'clipboard-sanitized-write';

export function denyEverything(session: Session, origin: string): void {
  session.setPermissionRequestHandler((_contents, permission, decide, details) =>
    decide(permission === permitted && originOf(details.requestingUrl) === origin),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) => permission === permitted && originOf(requestingOrigin) === origin,
  );
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event) => {
      if (originOf(event.url) !== origin) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

/** Scheme and host: WHATWG calls the origin of every custom scheme "null". */
function originOf(url: string): string | null {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return null;
  }
}
