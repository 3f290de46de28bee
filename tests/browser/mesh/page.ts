/** Mesh views alone on a page, driven by a test: one canvas each, as the export panel opens and closes them. */
import { BufferGeometry, Material } from 'three';
import { MeshView } from '../../../src-renderer/mesh/meshView';
import type { Colouring } from '../../../src-renderer/mesh/meshView';

export interface MeshHarness {
  /** geometries and materials that were given back, by three's own count of it */
  readonly disposed: { geometries: number; materials: number };
  /** a fresh view on a fresh canvas, in the place of the one before */
  open: () => void;
  /** @returns parts of the file at this address, drawn; null where another one was shown meanwhile */
  show: (path: string) => Promise<number | null>;
  /** likewise, all at once: each is given before the one before it is read */
  race: (paths: readonly string[]) => Promise<(number | null)[]>;
  /** draws every part so, and waits for the picture */
  draw: (colouring: Colouring) => Promise<void>;
  memory: () => MeshView['memory'];
  /** as the panel does when it closes. @returns whether the context is gone */
  close: () => boolean;
}

let canvas: HTMLCanvasElement | null = null;
let view: MeshView | null = null;

const disposed = { geometries: 0, materials: 0 };
const counted = (prototype: { dispose: () => void }, kind: keyof typeof disposed): void => {
  const { dispose } = prototype;
  prototype.dispose = function (this: unknown) {
    disposed[kind]++;
    dispose.call(this);
  };
};
counted(BufferGeometry.prototype, 'geometries');
counted(Material.prototype, 'materials');

const opened = (): MeshView => {
  if (!view) throw new Error('no view is open');
  return view;
};
const frames = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
};

const harness: MeshHarness = {
  disposed,
  open() {
    canvas = document.createElement('canvas');
    canvas.style.cssText = 'width: 160px; height: 120px';
    document.getElementById('app')?.replaceChildren(canvas);
    view = new MeshView(canvas);
  },
  async show(path) {
    const parts = await opened().show(await (await fetch(path)).arrayBuffer());
    await harness.draw('class');
    return parts && parts.length;
  },
  async race(paths) {
    const files = await Promise.all(paths.map(async (path) => (await fetch(path)).arrayBuffer()));
    const parts = await Promise.all(files.map((file) => opened().show(file)));
    await harness.draw('class');
    return parts.map((one) => one && one.length);
  },
  async draw(colouring) {
    opened().draw(colouring, new Set(), new Map());
    await frames(3);
  },
  memory: () => opened().memory,
  close() {
    const context = canvas?.getContext('webgl2');
    opened().dispose();
    return context?.isContextLost() ?? false;
  },
};
declare global {
  interface Window {
    meshHarness: MeshHarness;
  }
}
window.meshHarness = harness;
