/** Where things may stand: the table, boards, seats and free spots of the floor, and which of them a thing likes. */
import type { Choice, Draws } from './choose';
import type { Placement, Vector } from './mesh';
import { CABINET_SIZE, SEAT_HEIGHT, SHELF_BOARDS, SHELF_SIZE, TABLE_SIZE } from './shapes/furniture';

/** A flat place for things, in the frame of its furniture. */
export interface Support {
  readonly furniture: Placement;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly halfWidth: number;
  readonly halfDepth: number;
  /** free height above */
  readonly clear: number;
  /** things face the room rather than anywhere */
  readonly facing: boolean;
  readonly wish: (choice: Choice) => number;
  readonly taken: { x: number; y: number; radius: number }[];
}

/** A placement inside another's frame. */
export function inFrame(frame: Placement, local: Placement): Placement {
  const turn = frame.turn ?? 0;
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const [x, y, z] = local.at;
  const at: Vector = [frame.at[0] + c * x - s * y, frame.at[1] + s * x + c * y, z];
  return { ...local, at, turn: turn + (local.turn ?? 0) };
}

export function makeSupports(at: {
  table: Placement;
  shelf: Placement;
  cabinet: Placement;
  armchair: Placement;
  chair: Placement;
}): Support[] {
  const top = (choice: Choice): boolean => choice.kind.places.includes('top');
  const seat = (choice: Choice): boolean => choice.kind.places.includes('seat');
  const table: Support = {
    ...{ furniture: at.table, x: 0, y: 0, z: TABLE_SIZE.height + 0.012, clear: 1, facing: false, taken: [] },
    ...{ halfWidth: TABLE_SIZE.width / 2 - 0.03, halfDepth: TABLE_SIZE.depth / 2 - 0.03 },
    wish: (choice) => (top(choice) ? (choice.kind.name === 'lamp' ? 0.1 : 1.5) : 0),
  };
  const cabinet: Support = {
    ...{ furniture: at.cabinet, x: 0, y: 0, z: CABINET_SIZE.height, clear: 0.6, facing: true, taken: [] },
    ...{ halfWidth: CABINET_SIZE.width / 2 - 0.03, halfDepth: CABINET_SIZE.depth / 2 - 0.02 },
    wish: (choice) => (top(choice) ? (choice.kind.name === 'lamp' ? 4 : 0.9) : 0),
  };
  const boards = SHELF_BOARDS.map((z, i): Support => ({
    ...{ furniture: at.shelf, x: 0, y: -0.01, z, facing: true, taken: [] },
    ...{ halfWidth: SHELF_SIZE.width / 2 - 0.05, halfDepth: SHELF_SIZE.depth / 2 - 0.005 },
    clear: i + 1 < SHELF_BOARDS.length ? SHELF_BOARDS[i + 1] - z - 0.045 : 0.7,
    // The lowest board is seen from above only.
    wish: (choice) => (top(choice) && choice.kind.name !== 'lamp' ? [0.25, 0.8, 1.1, 0.8][i] : 0),
  }));
  const soft = (furniture: Placement, y: number, z: number, half: number): Support => ({
    ...{ furniture, x: 0, y, z, halfWidth: half, halfDepth: half, clear: 1, facing: true, taken: [] },
    wish: (choice) => (seat(choice) ? (choice.kind.places.includes('floor') || top(choice) ? 1.6 : 9) : 0),
  });
  return [table, cabinet, ...boards, soft(at.armchair, 0.02, 0.462, 0.2), soft(at.chair, 0, SEAT_HEIGHT + 0.012, 0.16)];
}

/** Free places on the floor: corners and beside the furniture, away from where people walk. */
export function floorSpots(
  draws: Draws,
  width: number,
  depth: number,
  furniture: { shelf: Placement; cabinet: Placement; armchair: Placement },
): Support[] {
  const blocked = [
    { at: furniture.shelf.at, radius: 0.68 },
    { at: furniture.cabinet.at, radius: 0.7 },
    { at: furniture.armchair.at, radius: 0.6 },
  ];
  const spots: Support[] = [];
  for (let attempt = 0; attempt < 400 && spots.length < 6; attempt++) {
    const [alongX, sign] = [draws.uniform() < 0.5, draws.uniform() < 0.5 ? 1 : -1];
    const inset = draws.uniform(0.36, 0.62);
    const x = alongX ? draws.uniform(-width / 2 + 0.36, width / 2 - 0.36) : sign * (width / 2 - inset);
    const y = alongX ? sign * (depth / 2 - inset) : draws.uniform(-depth / 2 + 0.36, depth / 2 - 0.36);
    const near = [...blocked, ...spots.map((spot) => ({ at: spot.furniture.at, radius: 0.34 }))];
    if (near.some(({ at, radius }) => Math.hypot(at[0] - x, at[1] - y) < radius + 0.26)) continue;
    // Turned towards the middle of the room.
    const furnitureAt: Placement = { at: [x, y, 0], turn: Math.atan2(-x, y) };
    spots.push({
      ...{
        furniture: furnitureAt,
        x: 0,
        y: 0,
        z: 0,
        halfWidth: 0.27,
        halfDepth: 0.27,
        clear: 2,
        facing: true,
        taken: [],
      },
      wish: ({ kind }) => (kind.places.includes('floor') ? (kind.places.includes('top') ? 0.5 : 6) : 0),
    });
  }
  return spots;
}

/**
 * A free spot on the support that a thing likes best among those that have room; in a crowd it shrinks a little.
 *
 * @returns where it goes, with its scale
 * @throws RangeError when nothing has room
 */
export function findPlace(
  draws: Draws,
  supports: readonly Support[],
  choice: Choice,
): { readonly placement: Placement; readonly size: number } {
  const scale = draws.uniform(0.95, 1.12);
  const ranked = supports
    .map((support) => ({
      support,
      wish: (support.wish(choice) * draws.uniform(0.35, 1)) / (1 + 0.3 * support.taken.length),
    }))
    .filter(({ wish }) => wish > 0)
    .sort((a, b) => b.wish - a.wish);
  const crowds = [
    [1, 0.035],
    [1, 0.012],
    [0.85, 0.006],
    [0.72, 0.003],
  ] as const;
  for (const [shrink, gap] of crowds) {
    for (const { support } of ranked) {
      // What stands on tables looks lost on a floor at the same size.
      const size = shrink * scale * (support.z === 0 && choice.kind.places.includes('top') ? 1.45 : 1);
      const spot = freeSpot(draws, support, choice, size, gap);
      if (!spot) continue;
      support.taken.push({ ...spot, radius: choice.kind.radius * size });
      const turn = support.facing ? draws.uniform(-0.55, 0.55) : draws.uniform(-Math.PI, Math.PI);
      const local: Placement = { at: [support.x + spot.x, support.y + spot.y, support.z], turn, scale: size };
      return { placement: inFrame(support.furniture, local), size };
    }
  }
  throw new RangeError(`no room for the ${choice.name}; ask for fewer objects`);
}

/** A random free spot of a support, or null after some tries. */
function freeSpot(
  draws: Draws,
  support: Support,
  { kind }: Choice,
  size: number,
  gap: number,
): { x: number; y: number } | null {
  const radius = kind.radius * size;
  if (kind.height * size > support.clear) return null;
  const [w, d] = [support.halfWidth - radius, support.halfDepth - radius];
  // Seats and spots of the floor take one thing each.
  if (support.halfWidth < 0.3) return support.taken.length === 0 ? { x: 0, y: 0 } : null;
  if (w < 0 || d < -0.01) return null;
  for (let attempt = 0; attempt < 60; attempt++) {
    const [x, y] = [draws.uniform(-w, w), d > 0 ? draws.uniform(-d, d) : 0];
    const free = support.taken.every((other) => Math.hypot(other.x - x, other.y - y) > other.radius + radius + gap);
    if (free) return { x, y };
  }
  return null;
}
