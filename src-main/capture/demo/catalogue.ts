/**
 * What a demo room may hold, and what people call it: an adjective (a colour or a material) and a noun, such as "red mug" or
 * "wooden table"; surfaces of the room go by their noun alone. The toy encoders know exactly these words.
 *
 * Colours are sRGB bytes of the diffuse surface in white light. Lengths are metres.
 */

export type Rgb = readonly [number, number, number];

/** The colours that objects and cloth come in. */
export const colours = {
  red: [196, 38, 36],
  orange: [234, 120, 26],
  yellow: [242, 200, 46],
  green: [52, 138, 62],
  blue: [38, 86, 182],
  purple: [120, 58, 160],
  pink: [238, 138, 172],
  brown: [112, 70, 42],
  black: [36, 35, 38],
  white: [238, 236, 230],
} as const satisfies Record<string, Rgb>;
export type ColourName = keyof typeof colours;
export const colourNames = Object.keys(colours) as ColourName[];

/** Materials that give a thing its adjective instead of a colour. */
export const materials = {
  /** grain and rings over a warm brown */
  wooden: [176, 122, 74],
  /** translucent: what lies behind shows through, tinted */
  glass: [150, 214, 206],
  /** a mirror-like grey: reflects the room */
  metal: [168, 170, 174],
} as const satisfies Record<string, Rgb>;
export type MaterialName = keyof typeof materials;
export const materialNames = Object.keys(materials) as MaterialName[];

export type Adjective = ColourName | MaterialName;

/** Where a thing is put: on a table or a board, on a seat, on the floor, on a wall. */
export type Place = 'top' | 'seat' | 'floor' | 'wall';

export interface Kind {
  /** the noun */
  readonly name: string;
  /** what it may be; empty: the noun stands alone */
  readonly adjectives: readonly Adjective[];
  readonly places: readonly Place[];
  /** half of its width, i.e. of the room that it needs on a table */
  readonly radius: number;
  readonly height: number;
}

const vivid = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink'] as const;
const all = colourNames;

/** Things that a person would label one by one. The noun names the shape in `shapes/`. */
export const objectKinds = [
  { name: 'mug', adjectives: all, places: ['top'], radius: 0.085, height: 0.13 },
  { name: 'bowl', adjectives: [...all, 'wooden', 'glass', 'metal'], places: ['top'], radius: 0.12, height: 0.1 },
  { name: 'plate', adjectives: all, places: ['top'], radius: 0.15, height: 0.03 },
  { name: 'vase', adjectives: [...all, 'glass'], places: ['top', 'floor'], radius: 0.09, height: 0.28 },
  { name: 'teapot', adjectives: [...all, 'metal'], places: ['top'], radius: 0.15, height: 0.19 },
  { name: 'bottle', adjectives: [...all, 'glass'], places: ['top'], radius: 0.055, height: 0.32 },
  { name: 'goblet', adjectives: ['glass', 'metal'], places: ['top'], radius: 0.06, height: 0.2 },
  { name: 'candle', adjectives: all, places: ['top'], radius: 0.05, height: 0.2 },
  { name: 'book', adjectives: all, places: ['top', 'seat'], radius: 0.14, height: 0.05 },
  { name: 'ball', adjectives: [...all, 'metal'], places: ['top', 'seat', 'floor'], radius: 0.1, height: 0.2 },
  { name: 'cube', adjectives: [...all, 'wooden'], places: ['top', 'floor'], radius: 0.1, height: 0.14 },
  { name: 'lamp', adjectives: all, places: ['top'], radius: 0.13, height: 0.4 },
  { name: 'clock', adjectives: all, places: ['top'], radius: 0.1, height: 0.2 },
  { name: 'radio', adjectives: [...all, 'wooden'], places: ['top'], radius: 0.14, height: 0.17 },
  { name: 'apple', adjectives: ['red', 'yellow', 'green'], places: ['top'], radius: 0.06, height: 0.12 },
  { name: 'pear', adjectives: ['yellow', 'green'], places: ['top'], radius: 0.055, height: 0.16 },
  { name: 'banana', adjectives: ['yellow', 'green'], places: ['top'], radius: 0.11, height: 0.05 },
  { name: 'pumpkin', adjectives: ['orange', 'green', 'white'], places: ['top', 'floor'], radius: 0.12, height: 0.18 },
  { name: 'mushroom', adjectives: ['red', 'brown', 'purple', 'blue'], places: ['top'], radius: 0.09, height: 0.16 },
  { name: 'plant', adjectives: ['green'], places: ['top', 'floor'], radius: 0.18, height: 0.42 },
  { name: 'cactus', adjectives: ['green'], places: ['top', 'floor'], radius: 0.1, height: 0.32 },
  { name: 'tulip', adjectives: [...vivid, 'white'], places: ['top'], radius: 0.08, height: 0.36 },
  {
    name: 'bear',
    adjectives: [...vivid, 'brown', 'white'],
    places: ['top', 'seat', 'floor'],
    radius: 0.13,
    height: 0.3,
  },
  { name: 'duck', adjectives: all, places: ['top', 'floor'], radius: 0.1, height: 0.16 },
  { name: 'car', adjectives: all, places: ['top', 'floor'], radius: 0.14, height: 0.12 },
  { name: 'rocket', adjectives: all, places: ['top', 'floor'], radius: 0.09, height: 0.32 },
  { name: 'house', adjectives: [...all, 'wooden'], places: ['top'], radius: 0.11, height: 0.22 },
  { name: 'hat', adjectives: all, places: ['top', 'seat'], radius: 0.15, height: 0.13 },
  { name: 'cushion', adjectives: all, places: ['seat'], radius: 0.19, height: 0.34 },
  { name: 'bucket', adjectives: [...all, 'metal'], places: ['top', 'floor'], radius: 0.12, height: 0.2 },
  { name: 'basket', adjectives: ['brown', 'white'], places: ['floor'], radius: 0.18, height: 0.26 },
  { name: 'suitcase', adjectives: all, places: ['floor'], radius: 0.24, height: 0.36 },
] as const satisfies readonly Kind[];
export type ObjectName = (typeof objectKinds)[number]['name'];

/** What the room is furnished with, one of each at most. */
export const furnitureKinds = [
  { name: 'table', adjectives: ['wooden', 'white'], places: ['floor'], radius: 0.7, height: 0.72 },
  {
    name: 'chair',
    adjectives: ['wooden', 'white', 'red', 'blue', 'green', 'black'],
    places: ['floor'],
    radius: 0.24,
    height: 0.92,
  },
  {
    name: 'armchair',
    adjectives: ['red', 'orange', 'green', 'blue', 'purple', 'brown'],
    places: ['floor'],
    radius: 0.45,
    height: 0.85,
  },
  { name: 'shelf', adjectives: ['wooden', 'white'], places: ['floor'], radius: 0.6, height: 1.5 },
  { name: 'cabinet', adjectives: ['wooden', 'white', 'green', 'blue'], places: ['floor'], radius: 0.6, height: 0.75 },
  {
    name: 'rug',
    adjectives: ['red', 'green', 'blue', 'purple', 'brown'],
    places: ['floor'],
    radius: 1.1,
    height: 0.012,
  },
  {
    name: 'curtain',
    adjectives: ['red', 'orange', 'green', 'blue', 'purple', 'white'],
    places: ['wall'],
    radius: 0.3,
    height: 2.0,
  },
  { name: 'picture', adjectives: [], places: ['wall'], radius: 0.35, height: 0.5 },
  { name: 'window', adjectives: [], places: ['wall'], radius: 0.6, height: 1.2 },
] as const satisfies readonly Kind[];
export type FurnitureName = (typeof furnitureKinds)[number]['name'];

/** The room itself. */
export const surfaceNames = ['wall', 'floor', 'ceiling'] as const;
export type SurfaceName = (typeof surfaceNames)[number];

/** What a person says: "red mug", "wooden table", "window", "wall". */
export function className(adjective: Adjective | null, noun: string): string {
  return adjective === null ? noun : `${adjective} ${noun}`;
}

/** Every class that some room may hold, objects before furniture before surfaces. */
export function allClassNames(): string[] {
  const named = (kind: Kind): string[] =>
    kind.adjectives.length === 0 ? [kind.name] : kind.adjectives.map((adjective) => className(adjective, kind.name));
  return [...objectKinds.flatMap(named), ...furnitureKinds.flatMap(named), ...surfaceNames];
}

/** Every word that occurs in a class name: adjectives, then nouns. */
export function allWords(): string[] {
  return [
    ...colourNames,
    ...materialNames,
    ...[...objectKinds, ...furnitureKinds].map(({ name }) => name),
    ...surfaceNames,
  ];
}
