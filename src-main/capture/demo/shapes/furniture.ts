/** What stands in the room: boards as flat boxes, so that light falls on them in fine grids. */
import type { Adjective, Rgb } from '../catalogue';
import { block, box, curve, ellipsoid, lathe, place, quad, tube, type Part, type Vector } from '../mesh';
import { called, linear, surface, wood, type PatternName, type Surface } from '../surface';
import { fittings, of, type Solid } from './solid';

/** Board heights of the shelf: where things may stand. */
export const SHELF_BOARDS = [0.1, 0.5, 0.9, 1.3] as const;
export const SHELF_SIZE = { width: 1.2, depth: 0.34, height: 1.42 } as const;
export const TABLE_SIZE = { width: 1.35, depth: 0.85, height: 0.72 } as const;
export const CABINET_SIZE = { width: 1.15, depth: 0.42, height: 0.74 } as const;
export const WINDOW_SIZE = { width: 1.35, height: 1.2 } as const;
export const SEAT_HEIGHT = 0.45;

/** A timber, or paint through which the grain shows. */
function timbered(adjective: Adjective, timber: Rgb, pattern: PatternName = 'wood'): Surface {
  if (adjective === 'wooden') return wood(timber, pattern);
  const paint = called(adjective, pattern, 0);
  const [r, g, b] = paint.colour;
  return { ...paint, second: [0.78 * r, 0.78 * g, 0.78 * b] };
}

const OAK: Rgb = [172, 112, 62];
const BIRCH: Rgb = [206, 162, 108];
const WALNUT: Rgb = [124, 80, 48];

/** Four points on the floor. */
function feet(x: number, y: number): Vector[] {
  return [-1, 1].flatMap((sx) => [-1, 1].map((sy): Vector => [sx * x, sy * y, 0]));
}

export function table(adjective: Adjective): Solid {
  const { width, depth, height } = TABLE_SIZE;
  const legs: Part[] = [];
  for (const x of [-1, 1]) {
    for (const y of [-1, 1]) {
      const [lx, ly] = [x * (width / 2 - 0.09), y * (depth / 2 - 0.09)];
      legs.push(
        tube(
          [
            [lx + x * 0.03, ly + y * 0.03, 0],
            [lx, ly, height - 0.04],
          ],
          (t) => 0.019 + 0.012 * t,
          12,
        ),
      );
    }
  }
  const apron = [
    ...block(0, -(depth / 2 - 0.08), height - 0.11, width - 0.2, 0.02, 0.07),
    ...block(0, depth / 2 - 0.08, height - 0.11, width - 0.2, 0.02, 0.07),
  ];
  return of(timbered(adjective, OAK, 'boards'), block(0, 0, height - 0.04, width, depth, 0.04), legs, apron);
}

export function chair(adjective: Adjective): Solid {
  const parts: Part[] = [...block(0, 0, SEAT_HEIGHT - 0.03, 0.42, 0.42, 0.03)];
  for (const x of [-1, 1]) {
    parts.push(
      tube(
        [
          [x * 0.2, -0.2, 0],
          [x * 0.175, -0.175, SEAT_HEIGHT - 0.02],
        ],
        (t) => 0.013 + 0.006 * t,
        10,
      ),
    );
    parts.push(
      tube(
        curve(
          [
            [x * 0.2, 0.24, 0],
            [x * 0.18, 0.18, SEAT_HEIGHT],
            [x * 0.18, 0.25, 0.92],
          ],
          5,
        ),
        () => 0.017,
        10,
      ),
    );
    parts.push(
      tube(
        [
          [x * 0.19, -0.19, 0.2],
          [x * 0.19, 0.215, 0.2],
        ],
        () => 0.01,
        8,
      ),
    );
  }
  for (let i = 0; i < 4; i++) {
    const x = -0.12 + i * 0.08;
    parts.push(
      tube(
        [
          [x, 0.19, SEAT_HEIGHT],
          [x, 0.236, 0.87],
        ],
        () => 0.009,
        8,
      ),
    );
  }
  parts.push(ellipsoid([0, 0.245, 0.9], [0.205, 0.018, 0.045], 0.4, 8, 20));
  return of(timbered(adjective, OAK), parts);
}

export function armchair(adjective: Adjective): Solid {
  const leg = lathe(
    [
      [0.018, 0],
      [0.028, 0.13],
    ],
    12,
  );
  const legs = feet(0.34, 0.3).map((at) => place(leg, { at }));
  return [
    ...of(
      called(adjective, 'corduroy', 0),
      ellipsoid([0, 0, 0.24], [0.42, 0.38, 0.12], 0.22, 12, 32),
      ellipsoid([0, -0.05, 0.39], [0.3, 0.33, 0.08], 0.35, 12, 32),
      ellipsoid([0, 0.3, 0.58], [0.4, 0.11, 0.3], 0.32, 14, 32),
      ellipsoid([0.38, -0.02, 0.42], [0.085, 0.37, 0.2], 0.35, 14, 28),
      ellipsoid([-0.38, -0.02, 0.42], [0.085, 0.37, 0.2], 0.35, 14, 28),
    ),
    ...of(wood([110, 70, 42]), legs),
  ];
}

export function shelf(adjective: Adjective): Solid {
  const { width, depth, height } = SHELF_SIZE;
  const parts = [
    ...block(-width / 2 + 0.0125, 0, 0, 0.025, depth, height),
    ...block(width / 2 - 0.0125, 0, 0, 0.025, depth, height),
    ...block(0, depth / 2 - 0.006, 0.06, width - 0.05, 0.012, height - 0.06),
    ...SHELF_BOARDS.flatMap((z) => block(0, -0.006, z - 0.025, width - 0.05, depth - 0.012, 0.025)),
  ];
  return of(timbered(adjective, BIRCH, 'uprightWood'), parts);
}

export function cabinet(adjective: Adjective): Solid {
  const { width, depth, height } = CABINET_SIZE;
  const leg = lathe(
    [
      [0.012, 0],
      [0.02, 0.14],
    ],
    10,
  );
  const legs = feet(width / 2 - 0.08, depth / 2 - 0.07).map((at) => place(leg, { at }));
  const doors = [-1, 0, 1].flatMap((i) =>
    block((i * (width - 0.04)) / 3, -depth / 2 - 0.008, 0.17, (width - 0.07) / 3, 0.016, height - 0.22),
  );
  const knobs = [-1, 0, 1].map((i) =>
    ellipsoid([(i * (width - 0.04)) / 3 + 0.13, -depth / 2 - 0.03, 0.46], [0.014, 0.014, 0.014], 1, 8, 12),
  );
  const top = 0.024;
  const board = timbered(adjective, WALNUT);
  return [
    ...of(board, block(0, 0, height - top, width, depth, top)),
    ...of({ ...board, pattern: 'slats' }, block(0, 0, 0.14, width, depth, height - top - 0.14), doors),
    ...of(fittings.brass, knobs),
    ...of(wood([110, 70, 42]), legs),
  ];
}

export function rug(adjective: Adjective): Solid {
  const second = linear([226, 206, 168]);
  return of({ ...called(adjective, 'carpet', 0), second }, block(0, 0, 0, 2.3, 1.6, 0.012));
}

/** Two cloths in waves beside a window that is centred on the origin, hanging in front of y = 0 from a rail. */
export function curtain(adjective: Adjective): Solid {
  const cloth: Part[] = [];
  const { width } = WINDOW_SIZE;
  for (const side of [-1, 1]) {
    const part: Part = { positions: [], normals: [], texture: [], indices: [], flat: false };
    const [columns, rows] = [48, 14];
    for (let i = 0; i <= rows; i++) {
      for (let j = 0; j <= columns; j++) {
        const [u, v] = [j / columns, i / rows];
        const phase = u * 2 * Math.PI * 5;
        const x = side * (width / 2 - 0.02 + 0.34 * u);
        const y = -0.07 - 0.028 * Math.sin(phase);
        part.positions.push(x, y, 0.75 - 1.95 * v);
        part.texture.push(x, y, -1.95 * v);
        const slope = (-0.028 * Math.cos(phase) * 10 * Math.PI) / (side * 0.34);
        const length = Math.hypot(slope, 1);
        part.normals.push(slope / length, -1 / length, 0);
        if (i < rows && j < columns) {
          const a = i * (columns + 1) + j;
          part.indices.push(a, a + 1, a + columns + 2, a, a + columns + 2, a + columns + 1);
        }
      }
    }
    cloth.push(part);
  }
  const rail = tube(
    [
      [-1.08, -0.07, 0.77],
      [1.08, -0.07, 0.77],
    ],
    () => 0.013,
    10,
  );
  const ends = [-1.09, 1.09].map((x) => ellipsoid([x, -0.07, 0.77], [0.025, 0.025, 0.025], 1, 8, 12));
  return [...of({ ...called(adjective, 'fabric', 0), thin: true }, cloth), ...of(fittings.brass, rail, ends)];
}

/** Centred on the origin, its back in the plane y = 0. */
export function picture(scene: number): Solid {
  const [w, h] = [0.66, 0.48];
  const canvas = quad([-w / 2, -0.018, -h / 2], [w, 0, 0], [0, 0, h]);
  const frame = [
    ...box([-w / 2 - 0.03, -0.03, -h / 2 - 0.03], [w + 0.06, 0.03, 0.03]),
    ...box([-w / 2 - 0.03, -0.03, h / 2], [w + 0.06, 0.03, 0.03]),
    ...box([-w / 2 - 0.03, -0.03, -h / 2], [0.03, 0.03, h]),
    ...box([w / 2, -0.03, -h / 2], [0.03, 0.03, h]),
  ];
  return [...of(surface('plain', [220, 206, 176], { scenery: scene }), canvas), ...of(wood([92, 56, 34]), frame)];
}

/** Centred on the origin, in the plane y = 0: a bright view, a frame with a cross, a sill. */
export function window(): Solid {
  const { width: w, height: h } = WINDOW_SIZE;
  const frame = surface('plain', [236, 234, 228], { gloss: 0.02 });
  const bar = 0.045;
  const view = quad([-w / 2, -0.004, -h / 2], [w, 0, 0], [0, 0, h]);
  return [
    ...of(surface('plain', [226, 238, 250], { glow: 0.9, scenery: 'outside' }), view),
    ...of(
      frame,
      box([-w / 2 - bar, -0.04, -h / 2 - bar], [w + 2 * bar, 0.04, bar]),
      box([-w / 2 - bar, -0.04, h / 2], [w + 2 * bar, 0.04, bar]),
      box([-w / 2 - bar, -0.04, -h / 2], [bar, 0.04, h]),
      box([w / 2, -0.04, -h / 2], [bar, 0.04, h]),
      box([-0.016, -0.025, -h / 2], [0.032, 0.025, h]),
      box([-w / 2, -0.025, 0.1], [w, 0.025, 0.032]),
      box([-w / 2 - 0.08, -0.12, -h / 2 - bar - 0.03], [w + 0.16, 0.12, 0.03]),
    ),
  ];
}
