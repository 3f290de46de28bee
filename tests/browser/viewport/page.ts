/** The viewport alone on a page, driven by a test: what the studio's page does with it, without a studio. */
import { createApp, h, reactive, shallowRef } from 'vue';
import { defaultLook, defaultProps } from '../../../src-renderer/viewport/interface';
import type { Look, ViewportEvents, ViewportHandle, ViewportProps } from '../../../src-renderer/viewport/interface';
import type { ViewportSession } from '../../../src-renderer/viewport/viewportSession';
import ViewportCanvas from '../../../src-renderer/viewport/ViewportCanvas.vue';
import '../../../src-renderer/styles/tokens.css';
import '../../../src-renderer/styles/base.css';
import './page.css';

type Instance = ViewportHandle & { readonly session: ViewportSession | undefined };

export interface Harness {
  /** everything that was emitted, by name */
  readonly told: { readonly [K in keyof ViewportEvents]?: ViewportEvents[K][] };
  set: (props: Partial<ViewportProps>) => void;
  look: (look: Partial<Look>) => void;
  handle: () => Instance;
  /** a frame by the address where the test serves it */
  fetchFrame: (path: string) => Promise<void>;
  /** when everything that was taken is on the screen */
  settled: () => Promise<void>;
  /** ms of script of each call to `take` */
  readonly takes: number[];
}

const props = reactive<ViewportProps>({ ...defaultProps, exact: null });
const instance = shallowRef<Instance>();
const told: Record<string, unknown[][]> = {};
const takes: number[] = [];
const events = [
  ...['watch', 'look', 'taken', 'state', 'rest', 'hover', 'pick', 'photo', 'problem'],
  ...['update:divider', 'update:compareDivider'],
];
const listeners = Object.fromEntries(
  events.map((name) => [
    `on${name[0].toUpperCase()}${name.slice(1)}`,
    (...values: unknown[]) => {
      (told[name] ??= []).push(values);
      if (told[name].length > 2000) told[name].splice(0, 1000);
    },
  ]),
);

const frame = (): Promise<number> => new Promise(requestAnimationFrame);
const harness: Harness = {
  told,
  takes,
  set: (next) => Object.assign(props, next),
  look: (next) => Object.assign(props, { look: { ...defaultLook, ...props.look, ...next } }),
  handle: () => {
    if (!instance.value) throw new Error('not mounted yet');
    return instance.value;
  },
  async fetchFrame(path) {
    const buffer = await (await fetch(path)).arrayBuffer();
    const start = performance.now();
    harness.handle().take(buffer);
    takes.push(performance.now() - start);
  },
  async settled() {
    const deadline = performance.now() + 60_000;
    for (let quiet = 0; quiet < 3;) {
      await frame();
      quiet = harness.handle().session?.settled ? quiet + 1 : 0;
      if (performance.now() > deadline) throw new Error('the viewport did not settle within a minute');
    }
  },
};
declare global {
  interface Window {
    harness: Harness;
  }
}
window.harness = harness;

createApp({
  render: () =>
    h(ViewportCanvas, { ...props, ...listeners, ref: (one: unknown) => (instance.value = one as Instance) }),
}).mount('#app');
