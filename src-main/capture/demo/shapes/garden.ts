/** Fruit and plants: thin leaves, ribs, thorns. */
import { colours, type Adjective } from '../catalogue';
import { blade, curve, ellipsoid, lathe, tube, type Part, type Vector } from '../mesh';
import { called, surface } from '../surface';
import { fittings, of, placeSolid, type Solid } from './solid';

function stalk(height: number, length: number): Part {
  return tube(
    curve(
      [
        [0, 0, height],
        [0.003, 0, height + length / 2],
        [0.01, 0, height + length],
      ],
      3,
    ),
    () => 0.004,
    6,
  );
}

export function apple(adjective: Adjective): Solid {
  const profile = curve(
    [
      [0, 0.012],
      [0.025, 0.002],
      [0.052, 0.03],
      [0.06, 0.065],
      [0.042, 0.104],
      [0.018, 0.106],
      [0, 0.092],
    ],
    4,
  );
  const leaf = blade(
    curve(
      [
        [0.006, 0, 0.112],
        [0.022, 0.008, 0.122],
        [0.042, 0.012, 0.116],
      ],
      4,
    ),
    [0, 1, 0],
    (t) => 0.024 * Math.sin(Math.PI * t),
  );
  return [
    ...of(called(adjective, 'glaze', 0.03), lathe(profile)),
    ...of(fittings.soil, stalk(0.09, 0.035)),
    ...of(fittings.leaf, leaf),
  ];
}

export function pear(adjective: Adjective): Solid {
  const profile = curve(
    [
      [0, 0.006],
      [0.03, 0.002],
      [0.055, 0.045],
      [0.042, 0.09],
      [0.024, 0.125],
      [0.012, 0.142],
      [0, 0.14],
    ],
    4,
  );
  return [...of(called(adjective, 'glaze', 0.02), lathe(profile)), ...of(fittings.soil, stalk(0.138, 0.03))];
}

export function banana(adjective: Adjective): Solid {
  const path = Array.from({ length: 13 }, (_, i) => {
    const angle = -1.05 + (2.1 * i) / 12;
    return [0.125 * Math.sin(angle), 0.07 - 0.125 * (1 - 0.36) * Math.cos(angle), 0.024 + 0.03 * (1 - Math.cos(angle))];
  });
  const body = tube(
    path,
    (t) => 0.004 + 0.021 * Math.pow(Math.sin(Math.PI * Math.min(0.97, Math.max(0.03, t))), 0.45),
    10,
  );
  return [
    ...of(called(adjective, 'glaze', 0.02), body),
    ...of(fittings.soil, ellipsoid([path[0][0], path[0][1], path[0][2]], [0.008, 0.008, 0.008], 1, 6, 8)),
  ];
}

export function pumpkin(adjective: Adjective): Solid {
  const profile = curve(
    [
      [0, 0.012],
      [0.05, 0.004],
      [0.105, 0.04],
      [0.115, 0.08],
      [0.085, 0.128],
      [0.03, 0.136],
      [0, 0.124],
    ],
    4,
  );
  const ribs = (angle: number): number => 0.93 + 0.07 * Math.abs(Math.cos(4.5 * angle));
  const stem = curve(
    [
      [0, 0, 0.12],
      [0.002, 0, 0.148],
      [0.018, 0.004, 0.178],
    ],
    4,
  );
  return [
    ...of(called(adjective, 'glaze', 0.02), lathe(profile, 54, ribs)),
    ...of(
      fittings.stem,
      tube(stem, (t) => 0.014 - 0.004 * t, 8),
    ),
  ];
}

export function mushroom(adjective: Adjective): Solid {
  const stem = curve(
    [
      [0.026, 0],
      [0.03, 0.015],
      [0.022, 0.06],
      [0.024, 0.09],
    ],
    4,
  );
  const cap = curve(
    [
      [0.022, 0.088],
      [0.07, 0.08],
      [0.086, 0.086],
      [0.08, 0.115],
      [0.045, 0.15],
      [0, 0.16],
    ],
    5,
  );
  const spots: Part[] = [];
  for (let i = 0; i < 9; i++) {
    const [ring, angle] = [i < 3 ? 0 : 1, i < 3 ? i * 2.1 : (i - 3) * 1.05 + 0.4];
    const [r, z, size] = ring === 0 ? [0.032, 0.154, 0.012] : [0.066, 0.129, 0.011];
    spots.push(ellipsoid([r * Math.cos(angle), r * Math.sin(angle), z], [size, size, 0.007], 1, 6, 10));
  }
  return [
    ...of(fittings.ivory, lathe([[0, 0], ...stem])),
    ...of(called(adjective, 'glaze', 0.03), lathe(cap)),
    ...of(fittings.pale, spots),
  ];
}

function pot(radius: number, height: number): Solid {
  const rim = [
    [0, 0],
    [radius * 0.72, 0],
    [radius * 0.93, height * 0.8],
    [radius, height * 0.8],
    [radius, height],
    [radius * 0.9, height],
    [radius * 0.88, height * 0.86],
  ];
  return [
    ...of(fittings.terracotta, lathe(rim)),
    ...of(
      fittings.soil,
      lathe([
        [radius * 0.9, height * 0.88],
        [0, height * 0.9],
      ]),
    ),
  ];
}

/** A rosette of long arching leaves. */
export function plant(): Solid {
  const leaves: Part[] = [];
  const count = 17;
  for (let i = 0; i < count; i++) {
    const [angle, high] = [i * 2.399963, 0.5 + 0.5 * (i / count)];
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const reach = 0.2 - 0.11 * (i / count);
    const top = 0.13 + 0.28 * high;
    const path = curve(
      [
        [0.01 * c, 0.01 * s, 0.11],
        [0.3 * reach * c, 0.3 * reach * s, 0.11 + 0.75 * (top - 0.11)],
        [0.72 * reach * c, 0.72 * reach * s, top],
        [reach * c, reach * s, top - 0.07 * (1.2 - i / count)],
      ],
      4,
    );
    const across: Vector = [-s, c, 0];
    leaves.push(
      blade(path, across, (t) => 0.006 + 0.058 * Math.sin(Math.PI * Math.pow(t, 0.8)) * (1 - 0.3 * t), 2, 0.18),
    );
  }
  return [...pot(0.085, 0.13), ...of({ ...fittings.leaf, gloss: 0.02 }, leaves)];
}

export function cactus(): Solid {
  const ribs = (angle: number): number => 0.92 + 0.08 * Math.cos(10 * angle);
  const green = surface('leaf', colours.green);
  const trunk = curve(
    [
      [0.036, 0.09],
      [0.046, 0.14],
      [0.046, 0.24],
      [0.03, 0.3],
      [0, 0.315],
    ],
    4,
  );
  const arm = (side: number, z: number): Part =>
    tube(
      curve(
        [
          [side * 0.03, 0, z],
          [side * 0.075, 0, z + 0.008],
          [side * 0.085, 0, z + 0.04],
          [side * 0.085, 0, z + 0.085],
        ],
        4,
      ),
      (t) => 0.021 - 0.004 * t * t,
      10,
    );
  const tips = [
    ellipsoid([0.085, 0, 0.265], [0.018, 0.018, 0.02]),
    ellipsoid([-0.085, 0, 0.235], [0.018, 0.018, 0.02]),
  ];
  const flower = ellipsoid([0, 0, 0.318], [0.018, 0.018, 0.013], 1, 6, 10);
  return [
    ...pot(0.075, 0.105),
    ...of(green, lathe(trunk, 60, ribs), arm(1, 0.18), arm(-1, 0.15), tips),
    ...of(surface('plain', colours.pink), flower),
  ];
}

/** One tulip in a slender white vase. */
export function tulip(adjective: Adjective): Solid {
  const vessel = curve(
    [
      [0.035, 0],
      [0.045, 0.03],
      [0.036, 0.08],
      [0.02, 0.115],
      [0.027, 0.135],
    ],
    4,
  );
  const petals: Part[] = [];
  for (let i = 0; i < 6; i++) {
    const [angle, out] = [i * (Math.PI / 3), i % 2 === 0 ? 1 : 0.9];
    const [c, s] = [Math.cos(angle) * out, Math.sin(angle) * out];
    const path = curve(
      [
        [0, 0, 0],
        [0.036 * c, 0.036 * s, 0.018],
        [0.042 * c, 0.042 * s, 0.05],
        [0.03 * c, 0.03 * s, 0.085],
      ],
      4,
    );
    petals.push(
      blade(
        path,
        [-Math.sin(angle), Math.cos(angle), 0],
        (t) => 0.012 + 0.05 * Math.sin(Math.PI * (0.12 + 0.8 * t)),
        2,
        0.2,
      ),
    );
  }
  const bloom = of({ ...called(adjective, 'plain', 0), thin: true }, petals);
  const leaf = (side: number): Part =>
    blade(
      curve(
        [
          [side * 0.008, 0, 0.12],
          [side * 0.03, 0.01, 0.18],
          [side * 0.07, 0.02, 0.235],
        ],
        4,
      ),
      [0, 1, 0],
      (t) => 0.008 + 0.034 * Math.sin(Math.PI * t),
      2,
      0.2,
    );
  const stem = tube(
    curve(
      [
        [0, 0, 0.03],
        [0.004, 0, 0.16],
        [0.006, 0, 0.275],
      ],
      4,
    ),
    () => 0.0055,
    7,
  );
  return [
    ...of(fittings.pale, lathe([[0, 0], ...vessel])),
    ...of(fittings.stem, stem),
    ...of(fittings.leaf, leaf(1), leaf(-1)),
    ...placeSolid(bloom, { at: [0.006, 0, 0.272] }),
  ];
}
