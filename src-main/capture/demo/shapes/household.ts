/** Lamps, clocks and radios. */
import type { Adjective } from '../catalogue';
import { block, curve, ellipsoid, extrude, lathe, tube, type Part } from '../mesh';
import { called, surface, wood } from '../surface';
import { fittings, of, placeSolid, type Solid } from './solid';

/** Height of the bulb of a table lamp above its foot. */
export const BULB_HEIGHT = 0.31;

export function lamp(adjective: Adjective): Solid {
  const foot = [
    [0, 0],
    [0.075, 0],
    [0.075, 0.01],
    [0.02, 0.022],
    [0.008, 0.03],
  ];
  const shade = [
    [0.128, 0.225],
    [0.08, 0.395],
  ];
  // A lit shade glows in its colour; white ones would burn out at the same strength.
  const lit = { ...called(adjective, 'fabric', 0), glow: adjective === 'white' ? 0.16 : 0.28, thin: true };
  return [
    ...of(
      fittings.brass,
      lathe(foot),
      tube(
        [
          [0, 0, 0.02],
          [0, 0, 0.15],
          [0, 0, 0.28],
        ],
        () => 0.008,
        8,
      ),
    ),
    ...of(lit, lathe(shade, 36)),
    ...of(
      surface('plain', [255, 226, 170], { glow: 3 }),
      ellipsoid([0, 0, BULB_HEIGHT], [0.022, 0.022, 0.026], 1, 8, 12),
    ),
  ];
}

export function clock(adjective: Adjective): Solid {
  const round = (r: number, count = 36): number[][] =>
    Array.from({ length: count }, (_, i) => [
      r * Math.cos((i * 2 * Math.PI) / count),
      0.105 + r * Math.sin((i * 2 * Math.PI) / count),
    ]);
  const marks: Part[] = [];
  for (let i = 0; i < 12; i++) {
    const [c, s] = [Math.cos((i * Math.PI) / 6), Math.sin((i * Math.PI) / 6)];
    marks.push(ellipsoid([0.064 * c, -0.0335, 0.105 + 0.064 * s], [0.005, 0.002, 0.005], 1, 4, 8));
  }
  const hand = (length: number, angle: number): Part =>
    tube(
      [
        [0, -0.0345, 0.105],
        [length * Math.sin(angle), -0.0345, 0.105 + length * Math.cos(angle)],
      ],
      () => 0.0032,
      6,
    );
  const legs = [1, -1].map((side) =>
    tube(
      [
        [side * 0.045, 0, 0.03],
        [side * 0.066, 0, 0.004],
      ],
      () => 0.008,
      8,
    ),
  );
  const bells = [1, -1].map((side) => ellipsoid([side * 0.045, 0, 0.188], [0.03, 0.028, 0.02], 1, 8, 16));
  return [
    ...of(called(adjective), extrude(round(0.088), -0.03, 0.03), legs, bells),
    ...of(fittings.ivory, extrude(round(0.076), -0.032, -0.03)),
    ...of(fittings.dark, marks, hand(0.04, -0.9), hand(0.058, 0.95)),
  ];
}

export function radio(adjective: Adjective): Solid {
  const holes: Part[] = [];
  for (let i = 0; i < 5; i++) {
    holes.push(...block(-0.055, -0.0465, 0.035 + i * 0.018, 0.11, 0.004, 0.008));
    holes.push(...block(0, 0.0465, 0.035 + i * 0.018, 0.19, 0.004, 0.008));
  }
  const aerial = tube(
    [
      [0.1, 0.02, 0.12],
      [0.155, 0.02, 0.26],
    ],
    () => 0.003,
    6,
  );
  const knobs = [0.055, 0.098].map((x) => {
    const disc = lathe(
      [
        [0.016, 0],
        [0.014, 0.014],
        [0, 0.014],
      ],
      16,
    );
    return placeSolid(of(fittings.ivory, disc), { at: [x, -0.045, 0.045], tilt: Math.PI / 2 });
  });
  // Darker than furniture: cases are rosewood or walnut.
  const shell = adjective === 'wooden' ? wood([116, 64, 36]) : called(adjective, 'glaze', 0.04);
  return [
    ...of(shell, ellipsoid([0, 0, 0.07], [0.135, 0.045, 0.07], 0.22, 12, 28)),
    ...of(fittings.dark, holes),
    ...of(fittings.ivory, block(0.077, -0.046, 0.08, 0.075, 0.004, 0.035)),
    ...of(surface('plain', [206, 60, 44]), block(0.085, -0.0485, 0.08, 0.003, 0.003, 0.035)),
    ...knobs.flat(),
    ...of(fittings.chrome, aerial),
    ...of(
      fittings.dark,
      tube(
        curve(
          [
            [-0.09, 0, 0.135],
            [-0.08, 0, 0.165],
            [0.08, 0, 0.165],
            [0.09, 0, 0.135],
          ],
          4,
        ),
        () => 0.007,
        8,
      ),
    ),
  ];
}
