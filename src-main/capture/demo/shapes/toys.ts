/** Toys and soft things. */
import type { Adjective } from '../catalogue';
import { blade, block, curve, ellipsoid, extrude, lathe, tube, type Part } from '../mesh';
import { called, linear, surface, wood } from '../surface';
import { fittings, of, placeSolid, type Solid } from './solid';

export function ball(adjective: Adjective): Solid {
  const band = surface('plain', [236, 232, 222], { gloss: 0.05 });
  const look = called(adjective, 'glaze', 0.08);
  if (adjective === 'metal') return of(look, ellipsoid([0, 0, 0.1], [0.1, 0.1, 0.1], 1, 24, 36));
  const arc = (from: number, to: number): number[][] =>
    Array.from({ length: 9 }, (_, i) => {
      const angle = from + ((to - from) * i) / 8;
      return [Math.max(0, 0.1 * Math.cos(angle)), 0.1 + 0.1 * Math.sin(angle)];
    });
  const solid = [
    ...of(look, lathe(arc(-Math.PI / 2, -0.13), 32), lathe(arc(0.13, Math.PI / 2), 32)),
    ...of(adjective === 'white' ? surface('plain', [90, 92, 98], { gloss: 0.05 }) : band, lathe(arc(-0.13, 0.13), 32)),
  ];
  return placeSolid(placeSolid(solid, { at: [0, 0, -0.1] }), { at: [0, 0, 0.1], tilt: 0.5 });
}

export function cube(adjective: Adjective): Solid {
  return of(called(adjective, 'plain', 0.02), ellipsoid([0, 0, 0.07], [0.07, 0.07, 0.07], 0.14, 16, 32));
}

export function bear(adjective: Adjective): Solid {
  const fur = called(adjective, 'fabric', 0);
  const muzzle = adjective === 'white' ? surface('fabric', [206, 170, 130]) : surface('fabric', [232, 214, 184]);
  const parts: Part[] = [
    ellipsoid([0, 0, 0.1], [0.078, 0.068, 0.092]),
    ellipsoid([0, -0.008, 0.222], [0.066, 0.06, 0.06]),
    ellipsoid([0.05, 0, 0.275], [0.024, 0.014, 0.024]),
    ellipsoid([-0.05, 0, 0.275], [0.024, 0.014, 0.024]),
    ellipsoid([0.088, -0.03, 0.13], [0.03, 0.034, 0.054]),
    ellipsoid([-0.088, -0.03, 0.13], [0.03, 0.034, 0.054]),
    ellipsoid([0.052, -0.075, 0.036], [0.036, 0.066, 0.036]),
    ellipsoid([-0.052, -0.075, 0.036], [0.036, 0.066, 0.036]),
  ];
  const pads = [
    ellipsoid([0, -0.06, 0.208], [0.03, 0.022, 0.024]),
    ellipsoid([0, -0.045, 0.1], [0.05, 0.03, 0.06]),
    ellipsoid([0.052, -0.135, 0.036], [0.022, 0.01, 0.024], 1, 8, 12),
    ellipsoid([-0.052, -0.135, 0.036], [0.022, 0.01, 0.024], 1, 8, 12),
  ];
  const dots = [
    ellipsoid([0, -0.082, 0.216], [0.01, 0.007, 0.008], 1, 6, 10),
    ellipsoid([0.024, -0.061, 0.242], [0.008, 0.007, 0.008], 1, 6, 10),
    ellipsoid([-0.024, -0.061, 0.242], [0.008, 0.007, 0.008], 1, 6, 10),
  ];
  return [...of(fur, parts), ...of(muzzle, pads), ...of(fittings.dark, dots)];
}

export function duck(adjective: Adjective): Solid {
  const tail = tube(
    curve(
      [
        [0.05, 0, 0.06],
        [0.085, 0, 0.08],
        [0.105, 0, 0.112],
      ],
      4,
    ),
    (t) => 0.034 * (1 - t) + 0.004,
    10,
  );
  const body = [
    ellipsoid([0, 0, 0.052], [0.088, 0.06, 0.052]),
    ellipsoid([-0.052, 0, 0.122], [0.042, 0.04, 0.04]),
    ellipsoid([0.012, 0.055, 0.064], [0.046, 0.014, 0.026]),
    ellipsoid([0.012, -0.055, 0.064], [0.046, 0.014, 0.026]),
    tail,
  ];
  const eyes = [1, -1].map((side) => ellipsoid([-0.077, side * 0.025, 0.134], [0.008, 0.007, 0.008], 1, 6, 10));
  return [
    ...of(called(adjective, 'glaze', 0.04), body),
    ...of(fittings.beak, ellipsoid([-0.1, 0, 0.116], [0.025, 0.02, 0.009], 1, 8, 12)),
    ...of(adjective === 'black' ? fittings.pale : fittings.dark, eyes),
  ];
}

export function car(adjective: Adjective): Solid {
  const wheels: Part[] = [];
  const hubs: Part[] = [];
  for (const x of [-0.078, 0.078]) {
    for (const y of [-0.062, 0.062]) {
      const round = (r: number): number[][] =>
        Array.from({ length: 18 }, (_, i) => [
          x + r * Math.cos((i * Math.PI) / 9),
          0.03 + r * Math.sin((i * Math.PI) / 9),
        ]);
      wheels.push(extrude(round(0.03), y - 0.012, y + 0.012));
      hubs.push(extrude(round(0.014), y - 0.0135, y + 0.0135));
    }
  }
  const cabin = ellipsoid([0.008, 0, 0.085], [0.076, 0.052, 0.036], 0.45, 12, 24);
  const panes = ellipsoid([0.008, 0, 0.088], [0.0785, 0.0545, 0.02], 0.4, 10, 24);
  return [
    ...of(called(adjective, 'glaze', 0.06), ellipsoid([0, 0, 0.052], [0.138, 0.063, 0.03], 0.4, 12, 28), cabin),
    ...of(fittings.pane, panes),
    ...of(fittings.dark, wheels),
    ...of(fittings.chrome, hubs),
    ...of(
      fittings.pale,
      ellipsoid([-0.133, 0.04, 0.055], [0.01, 0.011, 0.01], 1, 6, 10),
      ellipsoid([-0.133, -0.04, 0.055], [0.01, 0.011, 0.01], 1, 6, 10),
    ),
  ];
}

export function rocket(adjective: Adjective): Solid {
  const hull = curve(
    [
      [0.034, 0.04],
      [0.052, 0.1],
      [0.05, 0.18],
      [0.034, 0.24],
    ],
    5,
  );
  const nose = curve(
    [
      [0.0345, 0.238],
      [0.022, 0.28],
      [0, 0.32],
    ],
    5,
  );
  const fins: Part[] = [];
  for (let i = 0; i < 3; i++) {
    const fin = extrude(
      [
        [0.03, 0.05],
        [0.088, 0],
        [0.09, 0.05],
        [0.046, 0.12],
      ],
      -0.006,
      0.006,
    );
    fins.push(
      ...placeSolid(of(fittings.pale, fin), { at: [0, 0, 0], turn: (i * 2 * Math.PI) / 3 }).map(({ part }) => part),
    );
  }
  const port = ellipsoid([0, -0.05, 0.165], [0.02, 0.006, 0.02], 1, 8, 16);
  const trim = adjective === 'white' ? surface('glaze', [120, 122, 128]) : fittings.pale;
  return [
    ...of(called(adjective), lathe([[0, 0.04], ...hull]), fins),
    ...of(trim, lathe(nose)),
    ...of(fittings.pane, port),
    ...of(
      fittings.dark,
      lathe(
        [
          [0.026, 0.022],
          [0.034, 0.042],
        ],
        20,
      ),
    ),
  ];
}

export function house(adjective: Adjective): Solid {
  const roof =
    adjective === 'red' || adjective === 'orange' ? surface('wicker', [84, 84, 92]) : surface('wicker', [150, 62, 48]);
  const left = extrude(
    [
      [-0.115, 0.118],
      [0, 0.212],
      [0, 0.226],
      [-0.123, 0.125],
    ],
    -0.098,
    0.098,
  );
  const right = extrude(
    [
      [0, 0.212],
      [0.115, 0.118],
      [0.123, 0.125],
      [0, 0.226],
    ],
    -0.098,
    0.098,
  );
  const walls = extrude(
    [
      [-0.095, 0],
      [0.095, 0],
      [0.095, 0.135],
      [0, 0.212],
      [-0.095, 0.135],
    ],
    -0.085,
    0.085,
  );
  const frames = [-0.05, 0.05].flatMap((x) => block(x, -0.086, 0.07, 0.04, 0.006, 0.045));
  return [
    ...of(called(adjective, 'plaster', 0), walls),
    ...of(roof, left, right, block(0.055, 0.03, 0.15, 0.03, 0.03, 0.075)),
    ...of(fittings.pane, frames),
    ...of(wood([120, 76, 44]), block(0, -0.086, 0, 0.04, 0.008, 0.062)),
  ];
}

export function hat(adjective: Adjective): Solid {
  const crown = curve(
    [
      [0.078, 0.012],
      [0.08, 0.05],
      [0.07, 0.105],
      [0.045, 0.125],
      [0, 0.118],
    ],
    5,
  );
  const brim = curve(
    [
      [0.15, 0.016],
      [0.12, 0.006],
      [0.078, 0.012],
    ],
    4,
  );
  const band = adjective === 'black' ? surface('fabric', [196, 190, 176]) : surface('fabric', [48, 44, 46]);
  return [
    ...of({ ...called(adjective, 'fabric', 0), thin: true }, lathe([...brim.slice(0, -1), ...crown], 36)),
    ...of(
      band,
      lathe(
        [
          [0.081, 0.014],
          [0.083, 0.042],
        ],
        36,
      ),
    ),
  ];
}

export function cushion(adjective: Adjective): Solid {
  const body = ellipsoid([0, 0, 0.17], [0.18, 0.06, 0.17], 0.55, 16, 32);
  const second = linear([240, 234, 222]);
  const look = { ...called(adjective, 'stripedFabric', 0), second };
  return placeSolid(of(look, body), { at: [0, 0, 0], tilt: -0.28 });
}

export function book(adjective: Adjective): Solid {
  const cover = called(adjective, 'plain', 0.03);
  return [
    ...of(
      cover,
      block(0, 0, 0, 0.2, 0.26, 0.005),
      block(0, 0, 0.043, 0.2, 0.26, 0.005),
      block(-0.0975, 0, 0.005, 0.005, 0.26, 0.038),
    ),
    ...of(fittings.paper, block(0.001, 0, 0.005, 0.19, 0.25, 0.038)),
    ...of(surface('plain', [232, 214, 160]), block(0.01, 0.05, 0.048, 0.1, 0.03, 0.0008)),
  ];
}

export function basket(adjective: Adjective): Solid {
  const rim = [
    [0.15, 0.2],
    [0.156, 0.208],
    [0.15, 0.216],
    [0.14, 0.208],
  ];
  const weave = { ...called(adjective, 'wicker', 0), second: linear([70, 46, 28]) };
  const arch = Array.from({ length: 17 }, (_, i) => {
    const angle = (Math.PI * i) / 16;
    return [0.147 * Math.cos(angle), 0, 0.205 + 0.12 * Math.sin(angle)];
  });
  const wool = (
    [
      [0.05, 0.03, 0.18, 'red'],
      [-0.055, 0.02, 0.18, 'yellow'],
      [0, -0.06, 0.175, 'blue'],
    ] as const
  ).map(([x, y, z, colour]) => of(called(colour, 'fabric', 0), ellipsoid([x, y, z], [0.055, 0.055, 0.055])));
  return [
    ...of(
      weave,
      lathe([
        [0, 0],
        [0.12, 0],
        [0.15, 0.2],
      ]),
      lathe([
        [0.14, 0.2],
        [0.112, 0.02],
        [0, 0.02],
      ]),
      lathe(rim),
      tube(arch, () => 0.009, 8),
    ),
    ...wool.flat(),
  ];
}

export function suitcase(adjective: Adjective): Solid {
  const grip = curve(
    [
      [-0.05, 0, 0.3],
      [-0.045, 0, 0.34],
      [0.045, 0, 0.34],
      [0.05, 0, 0.3],
    ],
    4,
  );
  const bands = [-0.13, 0.13].map((x) => ellipsoid([x, 0, 0.16], [0.016, 0.086, 0.153], 0.3, 12, 24));
  const corners = [-0.07, 0.07].map((x) => ellipsoid([x, -0.083, 0.235], [0.014, 0.006, 0.018], 0.4, 6, 12));
  return [
    ...of(called(adjective, 'glaze', 0.03), ellipsoid([0, 0, 0.16], [0.23, 0.08, 0.15], 0.25, 14, 32)),
    ...of(wood([120, 74, 44]), bands),
    ...of(fittings.brass, corners),
    ...of(
      fittings.dark,
      tube(grip, () => 0.01, 8),
      blade(
        [
          [0, 0, 0],
          [0, 0, 0.001],
        ],
        [1, 0, 0],
        () => 0.001,
      ),
    ),
  ];
}
