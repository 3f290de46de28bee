/**
 * How surfaces look: a pattern over one or two colours, and what else light does there. Colours are linear light.
 */
import { colours, materials, type Adjective, type Rgb } from './catalogue';

export type LinearRgb = readonly [number, number, number];

export const patternNames = [
  'plain',
  'glaze',
  'bandedGlaze',
  'wood',
  'uprightWood',
  'boards',
  'slats',
  'planks',
  'wallpaper',
  'plaster',
  'combed',
  'carpet',
  'fabric',
  'stripedFabric',
  'corduroy',
  'wicker',
  'leaf',
  'pages',
  'print',
] as const;
export type PatternName = (typeof patternNames)[number];

export interface Surface {
  readonly pattern: PatternName;
  readonly colour: LinearRgb;
  /** the pattern's other colour */
  readonly second: LinearRgb;
  /** share reflected like a mirror when looked at head on; 0: matt. Grazing looks reflect more (Schlick 1994) */
  readonly gloss: number;
  /** a metal: the reflection takes the colour, little is scattered */
  readonly metal: boolean;
  /** share of the light that goes straight through, tinted; truth holds the surface itself */
  readonly clear: number;
  /** light given off, as a multiple of the colour */
  readonly glow: number;
  /** a leaf or a cloth, lit from both sides */
  readonly thin: boolean;
  /** in place of a pattern: which painting it is, or that it is what lies behind the window */
  readonly scenery: number | 'outside' | null;
}

/** sRGB bytes to linear light (IEC 61966-2-1). */
export function linear(rgb: Rgb): LinearRgb {
  const decode = (byte: number): number => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [decode(rgb[0]), decode(rgb[1]), decode(rgb[2])];
}

/** A matt surface, and what differs from it. */
export function surface(pattern: PatternName, rgb: Rgb, differences: Partial<Surface> = {}): Surface {
  const colour = linear(rgb);
  return {
    pattern,
    colour,
    second: colour,
    gloss: 0,
    metal: false,
    clear: 0,
    glow: 0,
    thin: false,
    scenery: null,
    ...differences,
  };
}

/** The main surface of a thing called by an adjective, glazed unless `pattern` says otherwise. */
export function called(adjective: Adjective, pattern: PatternName = 'glaze', gloss = 0.04): Surface {
  if (adjective === 'wooden') return wood();
  if (adjective === 'glass') return surface('plain', materials.glass, { clear: 0.72, gloss: 0.05, thin: true });
  if (adjective === 'metal') return surface('plain', materials.metal, { metal: true, gloss: 0.62 });
  return surface(pattern, colours[adjective], { gloss });
}

export function wood(rgb: Rgb = materials.wooden, pattern: PatternName = 'wood'): Surface {
  const colour = linear(rgb);
  return surface(pattern, rgb, { second: [colour[0] * 0.5, colour[1] * 0.43, colour[2] * 0.36] });
}
