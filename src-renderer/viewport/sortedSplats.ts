/**
 * Spark at its work: keeps the packed splats of one snapshot on the graphics card, evaluates their harmonics for the camera and
 * sorts them by depth in a worker. What it has ready is read by `SplatLayers`.
 *
 * A snapshot becomes visible in one step, when Spark has sorted it: until then the former one is drawn, with its own overlays.
 * Level of detail is off (it would renumber the splats), sorting is by depth along the axis like the trainer's.
 */
import { dyno, PackedSplats, SparkRenderer, SplatMesh } from '@sparkjsdev/spark';
import { Scene } from 'three';
import type { DataArrayTexture, Texture, WebGLRenderer, PerspectiveCamera } from 'three';
import { harmonicWords } from '#contract/frame';
import type { Frame, FrameOf } from '#contract/frame';
import type { Vector } from './cameras';
import { capacityFor } from './overlayTextures';

type Harmonics = keyof typeof harmonicWords;
const harmonics = Object.keys(harmonicWords) as Harmonics[];

/** What is drawn: Spark's own textures. */
export interface SortedSplats {
  readonly active: number;
  readonly ordering: Texture;
  readonly splats: Texture;
  readonly shapes: Texture;
}

export class SplatSorter {
  readonly #spark: SparkRenderer;
  readonly #scene = new Scene();
  readonly #changed: () => void;
  #packed: PackedSplats | null = null;
  #mesh: SplatMesh | null = null;
  #degree = -1;
  /** of Spark's mapping, from which on the newest snapshot is what is displayed */
  #awaited = 0;
  #busy = false;
  #again = false;
  #disposed = false;

  /** @param changed called when there is something new to draw */
  constructor(renderer: WebGLRenderer, changed: () => void) {
    this.#changed = changed;
    this.#spark = new SparkRenderer({
      renderer,
      autoUpdate: false,
      sortRadial: false,
      enableLod: false,
      accumExtSplats: true,
      onDirty: changed,
    });
  }

  /** Takes a snapshot to sort. @param base what positions on the graphics card are relative to, world units */
  take({ header, sections }: Frame & { header: FrameOf<'snapshot'> }, base: Vector): void {
    const splats = sections.get('splats') as Uint32Array;
    const { count, shDegree } = header;
    const packed = this.#room(count, shDegree);
    packed.packedArray?.set(splats);
    packed.numSplats = count;
    packed.needsUpdate = true;
    const { rgbMin, rgbMax, lnScaleMin, lnScaleMax, sh1Max, sh2Max, sh3Max } = header;
    packed.splatEncoding = { rgbMin, rgbMax, lnScaleMin, lnScaleMax, sh1Max, sh2Max, sh3Max };
    for (const name of harmonics.slice(0, shDegree)) {
      (packed.extra[name] as Uint32Array).set(sections.get(name) as Uint32Array);
      const texture = packed.extra[`${name}Texture`];
      if (texture instanceof dyno.DynoUsampler2DArray) (texture.value as DataArrayTexture).needsUpdate = true;
    }
    const mesh = this.#mesh;
    if (!mesh) return;
    mesh.position.set(header.origin[0] - base[0], header.origin[1] - base[1], header.origin[2] - base[2]);
    mesh.updateMatrixWorld(true);
    mesh.updateMappingVersion();
    this.#awaited = mesh.mappingVersion;
  }

  /** Whether what is displayed is the newest snapshot taken. */
  get caughtUp(): boolean {
    const [mapping] = this.#spark.display.mapping;
    return this.#mesh !== null && mapping?.node === this.#mesh && (mapping.mappingVersion ?? 0) >= this.#awaited;
  }

  /** Evaluates and sorts for a camera; a newer call replaces one that waits. */
  async sort(camera: PerspectiveCamera): Promise<void> {
    if (this.#mesh === null) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        await this.#spark.update({ scene: this.#scene, camera });
      } while (this.#again && !this.#disposed);
    } finally {
      this.#busy = false;
    }
  }

  /** Whether a sort is under way: the order on the screen may be of an earlier pose. */
  get sorting(): boolean {
    return this.#busy || this.#spark.sorting || this.#spark.sortDirty;
  }

  /** null before anything was sorted */
  ready(): SortedSplats | null {
    const { orderingTexture, display, activeSplats } = this.#spark;
    this.#spark.dirty = false;
    if (!orderingTexture || display.mapping.length === 0) return null;
    const [splats, shapes] = display.getTextures();
    return { active: activeSplats, ordering: orderingTexture, splats, shapes };
  }

  /** Packed splats with room for these; what is there is kept while it fits. */
  #room(count: number, degree: number): PackedSplats {
    const packed = this.#packed;
    if (packed && count <= packed.maxSplats && degree === this.#degree) return packed;
    const maxSplats = packed && count <= packed.maxSplats ? packed.maxSplats : capacityFor(count);
    const next = new PackedSplats({ maxSplats });
    next.ensureSplats(maxSplats);
    for (const name of harmonics.slice(0, degree))
      next.extra[name] = new Uint32Array(harmonicWords[name] * next.maxSplats);
    this.#forget();
    const mesh = new SplatMesh({ packedSplats: next, editable: false, raycastable: false, enableLod: false });
    this.#scene.add(mesh);
    this.#packed = next;
    this.#mesh = mesh;
    this.#degree = degree;
    return next;
  }

  #forget(): void {
    if (this.#mesh) this.#scene.remove(this.#mesh);
    this.#mesh?.dispose();
    this.#packed?.dispose();
    this.#mesh = null;
    this.#packed = null;
  }

  /** Shows nothing. */
  clear(): void {
    this.#forget();
    this.#degree = -1;
    this.#spark.clearSplats();
    this.#changed();
  }

  dispose(): void {
    this.#disposed = true;
    this.#forget();
    this.#spark.dispose();
    this.#spark.geometry.dispose();
    this.#spark.material.dispose();
  }
}
