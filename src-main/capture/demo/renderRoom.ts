/**
 * Photos with truth of a room, on this thread: for the tests, and for rooms by the hundred that encoders are taught with.
 *
 *   const room = buildRoom(seed, { objects: 16 });
 *   const views = renderRoom(room, roomCameras(room, 12, { width: 160, height: 120 }), { light: 'quick' });
 */
import type { PinholeCamera } from '#contract/camera';
import { computeLight, lightQualities, type LightQualityName } from './lighting';
import { defaultRenderSettings, renderView, type RenderedView, type RenderSettings } from './render';
import type { Room } from './room';

export interface RoomView extends RenderedView {
  /** [height, width] ids of `room.classes`, 0 = nothing */
  readonly classes: Uint8Array;
}

export interface RenderRoomOptions {
  /** default 'fine' */
  readonly light?: LightQualityName;
  readonly settings?: RenderSettings;
}

/** Class ids of instance ids. */
export function classMap(room: Room, instances: Uint8Array): Uint8Array {
  const classOf = new Uint8Array(256);
  for (const { id, classId } of room.instances) classOf[id] = classId;
  return instances.map((id) => classOf[id]);
}

/** One view per camera; the light is computed once for all of them. */
export function renderRoom(room: Room, cameras: readonly PinholeCamera[], options: RenderRoomOptions = {}): RoomView[] {
  const light = computeLight(room.scene, room.seed, lightQualities[options.light ?? 'fine']);
  return cameras.map((camera) => {
    const view = renderView(room.scene, light, camera, options.settings ?? defaultRenderSettings);
    return { ...view, classes: classMap(room, view.instances) };
  });
}
