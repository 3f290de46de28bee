/** A thing as parts that each have a surface; shapes are written in metres, upright on the origin, facing −y. */
import type { Part, Placement } from '../mesh';
import { place } from '../mesh';
import { surface, type Surface } from '../surface';

export interface Piece {
  readonly part: Part;
  readonly surface: Surface;
}
export type Solid = Piece[];

/** Parts of one surface. */
export function of(look: Surface, ...parts: (Part | Part[])[]): Solid {
  return parts.flat().map((part) => ({ part, surface: look }));
}

export function placeSolid(solid: Solid, placement: Placement): Solid {
  return solid.map(({ part, surface: look }) => ({ part: place(part, placement), surface: look }));
}

/** Small fittings that keep their own colour whatever the thing is called. */
export const fittings = {
  dark: surface('plain', [40, 38, 38], { gloss: 0.03 }),
  ivory: surface('plain', [232, 224, 204]),
  paper: surface('pages', [238, 232, 214], { second: [0.62, 0.58, 0.5] }),
  stem: surface('leaf', [86, 126, 52]),
  leaf: surface('leaf', [58, 120, 50], { thin: true }),
  terracotta: surface('plaster', [176, 96, 62]),
  soil: surface('plaster', [62, 44, 32]),
  brass: surface('plain', [196, 160, 88], { metal: true, gloss: 0.55 }),
  chrome: surface('plain', [190, 192, 196], { metal: true, gloss: 0.6 }),
  beak: surface('plain', [238, 150, 30]),
  pale: surface('plain', [226, 220, 208]),
  pane: surface('plain', [190, 214, 226], { gloss: 0.12 }),
} as const;
