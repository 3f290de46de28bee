/**
 * How a pose answers to hands, as plain functions: orbit about a point, look around, pan, come nearer, fly. Angles in radians, drags in
 * shares of the canvas's height, so that nothing depends on its size.
 */
import { add, cross, dot, length, normalise, rotateAbout, subtract, times } from './cameras';
import type { Lens, Pose, Vector } from './cameras';

/** A pose with the distance along its axis of what is being looked at. */
export interface Stand {
  readonly pose: Pose;
  /** world units, positive */
  readonly distance: number;
}

/** Never quite along the way up: left and right would trade places. */
const POLE = Math.cos((3 * Math.PI) / 180);
/** A drag over the whole height of the canvas turns this far. */
const TURN = Math.PI;

export const focusOf = ({ pose, distance }: Stand): Vector => add(pose.centre, times(pose.forward, distance));
const rightOf = ({ down, forward }: Pose): Vector => normalise(cross(down, forward));

/** Turns the axes: by `yaw` about the way up, by `pitch` about the image's right (positive looks up). */
function turned(pose: Pose, up: Vector, yaw: number, pitch: number): Pick<Pose, 'forward' | 'down'> {
  const right = rightOf(pose);
  let forward = rotateAbout(pose.forward, right, pitch);
  let down = rotateAbout(pose.down, right, pitch);
  if (Math.abs(dot(forward, up)) > POLE && Math.abs(dot(forward, up)) > Math.abs(dot(pose.forward, up)))
    ({ forward, down } = pose);
  return { forward: normalise(rotateAbout(forward, up, yaw)), down: normalise(rotateAbout(down, up, yaw)) };
}

/** The scene follows the hand: dragging right turns it to the right. */
export function orbit(stand: Stand, up: Vector, dx: number, dy: number): Stand {
  const focus = focusOf(stand);
  const axes = turned(stand.pose, up, -dx * TURN, dy * TURN);
  return { ...stand, pose: { ...axes, centre: subtract(focus, times(axes.forward, stand.distance)) } };
}

/** The head turns: the centre stays. */
export function lookAround(stand: Stand, up: Vector, dx: number, dy: number): Stand {
  return { ...stand, pose: { ...stand.pose, ...turned(stand.pose, up, -dx * TURN * 0.5, -dy * TURN * 0.5) } };
}

/** The point under the hand stays under it. @param lens height and focal length of the same image */
export function pan(stand: Stand, { height, fy }: Lens, dx: number, dy: number): Stand {
  const reach = (stand.distance * height) / fy;
  const { pose } = stand;
  const move = add(times(rightOf(pose), -dx * reach), times(pose.down, -dy * reach));
  return { ...stand, pose: { ...pose, centre: add(pose.centre, move) } };
}

/** Comes nearer by a factor below 1, goes away above. */
export function dolly(stand: Stand, factor: number, nearest: number): Stand {
  const distance = Math.max(nearest, stand.distance * factor);
  const { pose } = stand;
  return { pose: { ...pose, centre: subtract(focusOf(stand), times(pose.forward, distance)) }, distance };
}

export type FlyKey = 'forward' | 'back' | 'left' | 'right' | 'rise' | 'sink';
const directions: Record<FlyKey, (pose: Pose, up: Vector) => Vector> = {
  forward: ({ forward }) => forward,
  back: ({ forward }) => times(forward, -1),
  left: (pose) => times(rightOf(pose), -1),
  right: rightOf,
  rise: (_, up) => up,
  sink: (_, up) => times(up, -1),
};

/** @param way world units to go now */
export function fly(stand: Stand, up: Vector, keys: Iterable<FlyKey>, way: number): Stand {
  let sum: Vector = [0, 0, 0];
  for (const key of keys) sum = add(sum, directions[key](stand.pose, up));
  if (length(sum) < 1e-9) return stand;
  return { ...stand, pose: { ...stand.pose, centre: add(stand.pose.centre, times(normalise(sum), way)) } };
}

/** Keeps the direction of looking, and sees a ball whole. */
export function frame(stand: Stand, centre: Vector, radius: number, { width, height, fx, fy, cx, cy }: Lens): Stand {
  const half = Math.min(cx / fx, (width - cx) / fx, cy / fy, (height - cy) / fy);
  const angle = Math.atan(Math.max(0.05, half));
  const distance = Math.max(1e-6, radius) / Math.sin(angle);
  return { pose: { ...stand.pose, centre: subtract(centre, times(stand.pose.forward, distance)) }, distance };
}

/** Turns to a point and makes it the one to orbit about. */
export function focusOn(stand: Stand, point: Vector): Stand {
  const to = subtract(point, stand.pose.centre);
  const distance = length(to);
  if (distance < 1e-9) return stand;
  const forward = times(to, 1 / distance);
  const { down } = stand.pose;
  return {
    pose: { ...stand.pose, forward, down: normalise(subtract(down, times(forward, dot(down, forward)))) },
    distance,
  };
}

const mixed = (a: Vector, b: Vector, t: number): Vector => add(times(a, 1 - t), times(b, t));

/** Between two stands, t = 0 … 1, eased. Opposite directions are met by a cut. */
export function between(from: Stand, to: Stand, t: number): Stand {
  if (t >= 1 || dot(from.pose.forward, to.pose.forward) < -0.9) return to;
  const s = t * t * (3 - 2 * t);
  return {
    distance: from.distance * (1 - s) + to.distance * s,
    pose: {
      centre: mixed(from.pose.centre, to.pose.centre, s),
      forward: normalise(mixed(from.pose.forward, to.pose.forward, s)),
      down: normalise(mixed(from.pose.down, to.pose.down, s)),
    },
  };
}
