/// <reference types="vite/client" />
import type { LegatoBridge } from '#contract/session';

declare global {
  interface Window {
    /** present in the desktop only (src-preload/bridge.ts) */
    readonly legato?: LegatoBridge;
  }
}
