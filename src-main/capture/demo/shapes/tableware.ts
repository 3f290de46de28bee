/** Mugs, bowls, bottles: surfaces of revolution with handles and spouts. */
import type { Adjective } from '../catalogue';
import { curve, ellipsoid, lathe, tube } from '../mesh';
import { called, linear, surface } from '../surface';
import { fittings, of, type Solid } from './solid';

/** A handle in the x–z plane: an arc from the lower to the upper point, bulging outwards. */
function handle(x: number, low: number, high: number, out: number, thickness: number) {
  const middle = (low + high) / 2;
  const path = curve(
    [
      [x, 0, high],
      [x + out * 0.75, 0, high + 0.004],
      [x + out, 0, middle],
      [x + out * 0.7, 0, low],
      [x, 0, low],
    ],
    5,
  );
  return tube(path, () => thickness, 8);
}

export function mug(adjective: Adjective): Solid {
  const outer = [
    [0, 0],
    [0.046, 0],
    [0.05, 0.006],
    [0.052, 0.124],
    [0.05, 0.13],
    [0.047, 0.126],
    [0.045, 0.014],
    [0, 0.012],
  ];
  const coffee = surface('plain', [66, 38, 22], { gloss: 0.03 });
  return [
    ...of(called(adjective), lathe(outer), handle(0.05, 0.032, 0.106, 0.042, 0.0085)),
    ...of(
      coffee,
      lathe([
        [0.046, 0.1],
        [0, 0.1],
      ]),
    ),
  ];
}

export function bowl(adjective: Adjective): Solid {
  const outer = curve(
    [
      [0.045, 0],
      [0.05, 0.008],
      [0.09, 0.04],
      [0.12, 0.1],
    ],
    5,
  );
  const inner = curve(
    [
      [0.113, 0.1],
      [0.084, 0.046],
      [0.045, 0.018],
      [0, 0.014],
    ],
    5,
  );
  return of(called(adjective), lathe([[0, 0], ...outer, ...inner]));
}

export function plate(adjective: Adjective): Solid {
  const profile = [
    [0, 0],
    [0.08, 0],
    [0.09, 0.006],
    [0.148, 0.026],
    [0.15, 0.03],
    [0.145, 0.031],
    [0.092, 0.013],
    [0, 0.01],
  ];
  return of(called(adjective), lathe(profile, 36));
}

export function vase(adjective: Adjective): Solid {
  const outer = curve(
    [
      [0.045, 0],
      [0.06, 0.03],
      [0.085, 0.11],
      [0.06, 0.2],
      [0.035, 0.25],
      [0.05, 0.28],
    ],
    5,
  );
  const inner = curve(
    [
      [0.046, 0.28],
      [0.03, 0.25],
      [0.05, 0.2],
      [0, 0.16],
    ],
    4,
  );
  // Painted bands: a plain vase would be told from what it stands on by its outline alone.
  const second = linear(adjective === 'white' ? [64, 92, 164] : [240, 232, 210]);
  return of({ ...called(adjective, 'bandedGlaze'), second }, lathe([[0, 0], ...outer, ...inner]));
}

export function teapot(adjective: Adjective): Solid {
  const body = curve(
    [
      [0.06, 0],
      [0.088, 0.03],
      [0.094, 0.075],
      [0.07, 0.125],
      [0.045, 0.138],
    ],
    5,
  );
  const lid = curve(
    [
      [0.05, 0.137],
      [0.04, 0.15],
      [0.012, 0.158],
      [0.009, 0.166],
    ],
    4,
  );
  const spout = curve(
    [
      [-0.07, 0, 0.05],
      [-0.115, 0, 0.072],
      [-0.13, 0, 0.11],
      [-0.158, 0, 0.132],
    ],
    5,
  );
  return of(
    called(adjective),
    lathe([[0, 0], ...body]),
    lathe([...lid, [0, 0.166]]),
    ellipsoid([0, 0, 0.178], [0.014, 0.014, 0.014]),
    tube(spout, (t) => 0.022 - 0.012 * t, 10),
    handle(0.08, 0.035, 0.115, 0.062, 0.01),
  );
}

export function bottle(adjective: Adjective): Solid {
  const body = curve(
    [
      [0.05, 0.008],
      [0.052, 0.03],
      [0.052, 0.17],
      [0.046, 0.2],
      [0.02, 0.24],
      [0.018, 0.29],
    ],
    4,
  );
  const look = called(adjective, 'glaze', 0.06);
  const label = surface('print', [236, 228, 206], { second: [0.25, 0.2, 0.14] });
  const paper = of(
    label,
    lathe(
      [
        [0.0535, 0.07],
        [0.0535, 0.14],
      ],
      28,
    ),
  );
  return [
    ...of(look, lathe([[0, 0], [0.046, 0], ...body])),
    ...of(
      fittings.dark,
      lathe(
        [
          [0.021, 0.285],
          [0.021, 0.318],
          [0, 0.32],
        ],
        20,
      ),
    ),
    ...(adjective === 'glass' ? [] : paper),
  ];
}

export function goblet(adjective: Adjective): Solid {
  const foot = [
    [0, 0],
    [0.045, 0],
    [0.044, 0.005],
    [0.01, 0.013],
    [0.0075, 0.03],
    [0.0075, 0.085],
  ];
  const cup = curve(
    [
      [0.0075, 0.085],
      [0.03, 0.1],
      [0.052, 0.14],
      [0.055, 0.17],
      [0.047, 0.205],
    ],
    5,
  );
  const inside = curve(
    [
      [0.044, 0.205],
      [0.051, 0.17],
      [0.047, 0.14],
      [0.024, 0.105],
      [0, 0.1],
    ],
    4,
  );
  const look = called(adjective);
  const wall = adjective === 'glass' ? [] : inside;
  return of(look, lathe([...foot, ...cup.slice(1), ...wall]));
}

export function candle(adjective: Adjective): Solid {
  const profile = [
    [0, 0],
    [0.044, 0],
    [0.045, 0.004],
    [0.045, 0.155],
    [0.041, 0.162],
    [0.03, 0.156],
    [0, 0.153],
  ];
  const flame = surface('plain', [255, 196, 96], { glow: 3.2 });
  const wick = [
    [0, 0, 0.15],
    [0.001, 0, 0.168],
  ];
  return [
    ...of(called(adjective, 'plain', 0.02), lathe(profile)),
    ...of(
      fittings.dark,
      tube(wick, () => 0.002, 6),
    ),
    ...of(
      flame,
      lathe(
        curve(
          [
            [0, 0.165],
            [0.008, 0.174],
            [0.006, 0.186],
            [0, 0.203],
          ],
          4,
        ),
        12,
      ),
    ),
  ];
}

export function bucket(adjective: Adjective): Solid {
  const profile = [
    [0, 0],
    [0.085, 0],
    [0.113, 0.172],
    [0.119, 0.174],
    [0.119, 0.184],
    [0.112, 0.184],
    [0.108, 0.17],
    [0.08, 0.012],
    [0, 0.01],
  ];
  const rings = Array.from({ length: 15 }, (_, i) => {
    const angle = (Math.PI * i) / 14;
    return [0.118 * Math.cos(angle), 0.02 + 0.075 * Math.sin(angle), 0.175 - 0.055 * Math.sin(angle)];
  });
  return [
    ...of(called(adjective), lathe(profile)),
    ...of(
      fittings.chrome,
      tube(rings, () => 0.0045, 6),
    ),
  ];
}
