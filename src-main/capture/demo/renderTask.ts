/** One thread's share of rendering a room: light for some points, or a photo. */
import { directLight, indirectLight, joinLight, lightQualities } from './lighting';
import { renderView } from './render';
import type { RenderAnswer, RenderPlan, RenderTask } from './renderMessages';
import { classMap } from './renderRoom';
import { buildRoom, type Room } from './room';
import { pointsOfView, sparseOfView } from './surfacePoints';

/** Depth maps are 16-bit pictures in millimetres. */
const MILLIMETRES = 1000;

/** The room of a plan: each thread builds the same. */
export function planned({ seed, objects, quality }: Pick<RenderPlan, 'seed' | 'objects' | 'quality'>): Room {
  return buildRoom(seed, { objects, lightSpacing: lightQualities[quality].spacing });
}

export class RenderShare {
  readonly #plan: RenderPlan;
  readonly #room: Room;
  readonly #light: Float32Array;
  readonly #indirect: Float32Array;

  constructor(plan: RenderPlan, room = planned(plan)) {
    this.#plan = plan;
    this.#room = room;
    this.#light = new Float32Array(plan.light);
    this.#indirect = new Float32Array(plan.indirect);
  }

  perform(task: RenderTask): RenderAnswer {
    const { scene, seed } = this.#room;
    const quality = lightQualities[this.#plan.quality];
    switch (task.kind) {
      case 'direct':
        directLight(scene, seed, quality, task.from, task.to, this.#light);
        return { photo: null };
      case 'indirect':
        indirectLight(scene, quality, this.#light, task.from, task.to, this.#indirect);
        return { photo: null };
      case 'join':
        joinLight(this.#light, this.#indirect);
        return { photo: null };
      case 'photo':
        return { photo: this.#photo(task.index) };
    }
  }

  #photo(index: number): RenderAnswer['photo'] {
    const camera = this.#plan.cameras[index];
    const view = renderView(this.#room.scene, this.#light, camera);
    return {
      index,
      rgb: view.rgb,
      instances: view.instances,
      classes: classMap(this.#room, view.instances),
      depth: Uint16Array.from(view.depth, (metres) => Math.min(65_535, Math.round(metres * MILLIMETRES))),
      surface: pointsOfView(view, camera),
      sparse: sparseOfView(view, camera, this.#room.seed, index),
    };
  }
}
