/**
 * Where a person with a camera would walk: round the room along the walls looking at the table, then along each piece of
 * furniture, a few looks up, then close to things. Poses are OpenCV worldToCamera in the room's frame (z up).
 */
import type { PinholeCamera } from '#contract/camera';
import { Draws } from './choose';
import { cross, normalise, subtract, type Vector } from './mesh';
import type { Room } from './room';

export interface PhotoSize {
  readonly width: number;
  readonly height: number;
}

/** Focal length as a share of the width: 58° across. */
const FOCAL = 0.9;
/** metres that a camera keeps from everything */
const CLEARANCE = 0.24;

/** A camera at `eye` that looks at `target`, upright. */
export function lookAt(
  eye: Vector,
  target: Vector,
  { width, height }: PhotoSize,
  focal = FOCAL * width,
): PinholeCamera {
  const forward = normalise(subtract(target, eye));
  const right = normalise(cross(forward, [0, 0, 1]));
  const down = cross(forward, right);
  const rows = [right, down, forward].flatMap((axis) => [
    ...axis,
    -(axis[0] * eye[0] + axis[1] * eye[1] + axis[2] * eye[2]),
  ]);
  return { width, height, fx: focal, fy: focal, cx: width / 2, cy: height / 2, worldToCamera: [...rows, 0, 0, 0, 1] };
}

/** @returns `count` cameras in the order of the walk, the same for a seed */
export function roomCameras(room: Room, count: number, size: PhotoSize): PinholeCamera[] {
  const draws = new Draws(room.seed, 'demo cameras');
  const around = Math.round(0.37 * count);
  const along = Math.round(0.37 * count);
  const upwards = Math.round(0.06 * count);
  const cameras: PinholeCamera[] = [];
  const add = (eye: Vector, target: Vector): void => {
    cameras.push(lookAt(clearOf(room, eye, target), target, size));
  };
  const table = middleOf(room, 'table');
  const [rx, ry] = [room.size[0] / 2 - 0.42, room.size[1] / 2 - 0.42];
  const start = draws.uniform(0, 2 * Math.PI);
  for (let i = 0; i < around; i++) {
    // Two rounds at different heights.
    const turn = start + (4 * Math.PI * (i + draws.uniform(-0.2, 0.2))) / around;
    const high = i < around / 2 ? draws.uniform(1.35, 1.6) : draws.uniform(1.65, 1.95);
    add(
      [rx * Math.cos(turn), ry * Math.sin(turn), high],
      nudge(draws, [table[0], table[1], i < around / 2 ? 0.85 : 0.65], 0.12),
    );
  }
  const places = ['shelf', 'cabinet', 'armchair', 'window', 'picture'].map((noun) => middleOf(room, noun));
  for (let i = 0; i < along; i++) {
    const target = places[Math.min(places.length - 1, Math.floor((i * places.length) / along))];
    const t = ((i * places.length) / along) % 1;
    const inward = Math.atan2(-target[1], -target[0]);
    const angle = inward + 0.8 * (2 * t - 1 + 0.25);
    const distance = draws.uniform(1.45, 1.95);
    const eye: Vector = [
      target[0] + distance * Math.cos(angle),
      target[1] + distance * Math.sin(angle),
      draws.uniform(1.2, 1.6),
    ];
    add(eye, nudge(draws, [target[0], target[1], Math.min(target[2], 1.35)], 0.1));
  }
  for (let i = 0; i < upwards; i++) {
    // From low in a corner across the room, where the ceiling comes in.
    const turn = start + (2 * Math.PI * i) / upwards;
    const [x, y] = [0.85 * rx * Math.cos(turn), 0.85 * ry * Math.sin(turn)];
    add([x, y, draws.uniform(1.1, 1.3)], nudge(draws, [-0.6 * x, -0.6 * y, 1.95], 0.1));
  }
  const objects = draws.shuffled(room.instances.filter(({ group }) => group === 'object'));
  for (let i = 0; cameras.length < count; i++) {
    const { centre } = objects[i % objects.length];
    const inward = Math.atan2(table[1] - centre[1], table[0] - centre[0]);
    const angle =
      Math.hypot(centre[0], centre[1]) < 0.8 ? draws.uniform(-Math.PI, Math.PI) : inward + draws.uniform(-0.6, 0.6);
    const distance = draws.uniform(0.75, 1);
    const eye: Vector = [
      centre[0] + distance * Math.cos(angle),
      centre[1] + distance * Math.sin(angle),
      centre[2] + draws.uniform(0.3, 0.55),
    ];
    add(eye, nudge(draws, centre, 0.06));
  }
  return cameras;
}

function middleOf(room: Room, noun: string): Vector {
  return room.instances.find((instance) => instance.noun === noun)?.centre ?? [0, 0, 0.7];
}

function nudge(draws: Draws, [x, y, z]: Vector, by: number): Vector {
  return [x + draws.uniform(-by, by), y + draws.uniform(-by, by), z + draws.uniform(-by, by)];
}

/** Moves an eye towards the middle of the room and up until nothing is too close to it, and nothing hides its target at once. */
function clearOf(room: Room, eye: Vector, target: Vector): Vector {
  const { caster } = room.scene;
  const [w, d] = [room.size[0] / 2 - 0.3, room.size[1] / 2 - 0.3];
  let at: Vector = [
    Math.min(w, Math.max(-w, eye[0])),
    Math.min(d, Math.max(-d, eye[1])),
    Math.min(2.1, Math.max(0.4, eye[2])),
  ];
  for (let attempt = 0; attempt < 12; attempt++) {
    const ahead = normalise(subtract(target, at));
    let free = !caster.closest(at[0], at[1], at[2], ahead[0], ahead[1], ahead[2], 0, 0.4);
    for (let i = 0; free && i < 26; i++) {
      const z = 1 - (2 * i + 1) / 26;
      const [r, a] = [Math.sqrt(1 - z * z), 2.399963 * i];
      free = !caster.closest(at[0], at[1], at[2], r * Math.cos(a), r * Math.sin(a), z, 0, CLEARANCE);
    }
    if (free) return at;
    at = [at[0] * 0.9, at[1] * 0.9, Math.min(2.1, at[2] + 0.06)];
  }
  return at;
}
