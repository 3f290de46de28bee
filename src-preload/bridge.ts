/**
 * The one hole between page and main process: four functions on `window.legato` (contract: LegatoBridge). The page
 * checks what comes back against the contract, so nothing is parsed here, in the sandbox.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { IpcRendererEvent } from 'electron';
import type { LegatoBridge } from '#contract/session';
import { channels } from '#contract/channels';

const bridge: LegatoBridge = {
  session: () => ipcRenderer.invoke(channels.session),
  demo: (command) => ipcRenderer.invoke(channels.demo, command),
  onSession(listener) {
    // The event object carries ipcRenderer itself; the page gets the payload only.
    const forward = (_event: IpcRendererEvent, session: unknown) => listener(session);
    ipcRenderer.on(channels.changed, forward);
    return () => ipcRenderer.off(channels.changed, forward);
  },
  pathOf: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('legato', bridge);
