/**
 * Where a person goes who may go anywhere in a demo room: up to things, and to where the ceiling and the corners are seen. What is there
 * is known exactly, from the room that the capture was made of.
 */
import type { PinholeCamera } from '#contract/camera';
import { buildRoom, lookAt } from '../../../src-main/capture/demo/index';
import type { DemoTruth, Room } from '../../../src-main/capture/demo/index';

type Place = readonly [number, number, number];

/** metres from a thing, and from which sides, radians */
const [NEAR_BY, SIDES] = [0.9, [-0.6, 0.6]];
const ABOVE = 0.45;
const EYE_LEVEL = 1.4;

export interface FreeLook {
  readonly name: string;
  readonly camera: PinholeCamera;
  /** class ids of the truth, [pixels] */
  readonly map: Uint8Array;
}

/** @param size  of the pictures */
export function freeLooks(
  { seed, objects }: DemoTruth,
  size: { readonly width: number; readonly height: number },
): FreeLook[] {
  const room = buildRoom(seed, { objects });
  const poses: { name: string; eye: Place; target: Place }[] = [];
  const [rx, ry, top] = [room.size[0] / 2, room.size[1] / 2, room.size[2]];
  for (let i = 0; i < 8; i++) {
    const [x, y] = [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)];
    poses.push({ name: `up ${i}`, eye: [-0.5 * rx * x, -0.5 * ry * y, 1], target: [0.5 * rx * x, 0.5 * ry * y, top] });
    poses.push({ name: `round ${i}`, eye: [0, 0, EYE_LEVEL], target: [rx * x, ry * y, EYE_LEVEL - 0.2] });
  }
  for (const { name, group, centre } of room.instances)
    if (group === 'object')
      for (const side of SIDES) {
        // From the middle of the room, since things stand along its walls.
        const angle = Math.atan2(-centre[1], -centre[0]) + side;
        const eye: Place = [
          centre[0] + NEAR_BY * Math.cos(angle),
          centre[1] + NEAR_BY * Math.sin(angle),
          centre[2] + ABOVE,
        ];
        poses.push({ name: `${name} ${side}`, eye, target: centre });
      }
  return poses.map(({ name, eye, target }) => {
    const camera = lookAt(eye, target, size);
    return { name, camera, map: classesSeen(room, camera) };
  });
}

/** What the ray through each pixel's centre meets first. */
function classesSeen(
  { scene, instances }: Room,
  { width, height, fx, fy, cx, cy, worldToCamera: m }: PinholeCamera,
): Uint8Array {
  const classOf = new Map(instances.map(({ id, classId }) => [id, classId]));
  const { caster, instanceOf } = scene;
  const [ox, oy, oz] = [0, 1, 2].map((k) => -(m[k] * m[3] + m[4 + k] * m[7] + m[8 + k] * m[11]));
  return Uint8Array.from({ length: width * height }, (_, pixel) => {
    const [x, y] = [((pixel % width) + 0.5 - cx) / fx, (Math.floor(pixel / width) + 0.5 - cy) / fy];
    const [dx, dy, dz] = [0, 1, 2].map((k) => m[k] * x + m[4 + k] * y + m[8 + k]);
    const met = caster.closest(ox, oy, oz, dx, dy, dz, 1e-4, Infinity);
    return met ? (classOf.get(instanceOf[caster.triangle]) ?? 0) : 0;
  });
}
