/**
 * The one hole between page and main process: the functions on `window.legato` (contract: LegatoBridge). The page
 * checks what comes back against the contract, so nothing is parsed here, in the sandbox.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { IpcRendererEvent } from 'electron';
import type { LegatoBridge } from '#contract/session';
import { channels } from '#contract/channels';

/** Hears a channel; returns what ends it. */
function hear<T>(channel: string, listener: (payload: T) => void): () => void {
  // The event object carries ipcRenderer itself; the page gets the payload only.
  const forward = (_event: IpcRendererEvent, payload: T) => listener(payload);
  ipcRenderer.on(channel, forward);
  return () => ipcRenderer.off(channel, forward);
}

const bridge: LegatoBridge = {
  session: () => ipcRenderer.invoke(channels.session),
  demo: (command) => ipcRenderer.invoke(channels.demo, command),
  onSession: (listener) => hear(channels.changed, listener),
  pathOf: (file) => webUtils.getPathForFile(file),
  command: (message) => ipcRenderer.invoke(channels.command, message),
  onEvent(listener) {
    const end = hear(channels.event, listener);
    ipcRenderer.send(channels.follow);
    return end;
  },
  onFrame: (listener) => hear(channels.frame, listener),
  pick: (kind) => ipcRenderer.invoke(channels.pick, kind),
  onAction: (listener) => hear(channels.action, listener),
  offer: (actions) => ipcRenderer.send(channels.menu, actions),
};

contextBridge.exposeInMainWorld('legato', bridge);
