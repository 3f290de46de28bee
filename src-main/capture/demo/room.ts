/**
 * A room by its seed: four walls with a window, furniture along them, a table in the middle, and things on all of it. Metres,
 * z up, the origin on the floor in the middle.
 */
import { colours, className, furnitureKinds, type Adjective, type FurnitureName, type Rgb } from './catalogue';
import { chooseObjects, Draws, MAX_OBJECTS, MIN_OBJECTS, type Choice } from './choose';
import { place, quad, type Placement, type Vector } from './mesh';
import { SceneBuilder, type Scene } from './scene';
import { CABINET_SIZE, SHELF_SIZE, TABLE_SIZE, WINDOW_SIZE } from './shapes/furniture';
import { BULB_HEIGHT } from './shapes/household';
import { furnitureShape, objectShapes, placeSolid, type Solid } from './shapes/index';
import { findPlace, floorSpots, inFrame, makeSupports, type Support } from './supports';
import { linear, surface } from './surface';

export interface RoomOptions {
  /** things to label; furniture and the room itself come on top */
  readonly objects?: number;
  /** metres between the points of flat surfaces at which light is kept */
  readonly lightSpacing?: number;
}

export interface RoomInstance {
  /** 1 …, in the order of drawing */
  readonly id: number;
  /** 1 …, as in `Room.classes` */
  readonly classId: number;
  /** the class's name, which no other instance has */
  readonly name: string;
  readonly group: 'object' | 'furniture' | 'surface';
  readonly adjective: Adjective | null;
  readonly noun: string;
  /** where to look, and how far it reaches; metres */
  readonly centre: Vector;
  readonly radius: number;
}

export interface RoomClass {
  readonly id: number;
  readonly name: string;
}

export interface Room {
  readonly seed: number;
  /** width along x, depth along y, height */
  readonly size: Vector;
  readonly scene: Scene;
  readonly instances: readonly RoomInstance[];
  readonly classes: readonly RoomClass[];
}

const WALL_TURNS = [0, -Math.PI / 2, Math.PI, Math.PI / 2];
const HEIGHT = 2.55;

/**
 * @throws RangeError when the number of objects is out of range
 */
export function buildRoom(seed: number, { objects = 20, lightSpacing = 0.05 }: RoomOptions = {}): Room {
  if (!Number.isInteger(objects) || objects < MIN_OBJECTS || objects > MAX_OBJECTS) {
    throw new RangeError(`a demo room holds ${MIN_OBJECTS} … ${MAX_OBJECTS} objects, not ${objects}`);
  }
  const draws = new Draws(seed, 'demo room');
  const [width, depth] = [draws.uniform(4.3, 4.8), draws.uniform(3.9, 4.3)];
  const maker = new RoomMaker(lightSpacing);
  addWalls(maker, draws, width, depth);

  const [windowWall, shelfWall, cabinetWall, chairWall] = draws.shuffled([0, 1, 2, 3]);
  const wallAt = (wall: number, along: number, off: number, z: number): Placement => {
    const far = (wall % 2 === 0 ? depth : width) / 2 - off;
    const turn = WALL_TURNS[wall];
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    return { at: [c * along - s * far, s * along + c * far, z], turn };
  };
  const furnish = (name: FurnitureName, placement: Placement, scene = 0, focus = 0): void => {
    const kind = furnitureKinds.find((candidate) => candidate.name === name);
    const adjectives: readonly Adjective[] = kind?.adjectives ?? [];
    const adjective = adjectives.length > 0 ? draws.pick(adjectives) : null;
    const solid = placeSolid(furnitureShape(name, adjective, scene), placement);
    maker.add(
      'furniture',
      adjective,
      name,
      solid,
      [placement.at[0], placement.at[1], placement.at[2] + focus],
      kind?.radius ?? 0.5,
    );
  };

  const tableTurn = (draws.uniform() < 0.5 ? 0 : Math.PI / 2) + draws.uniform(-0.12, 0.12);
  const table: Placement = { at: [draws.uniform(-0.12, 0.12), draws.uniform(-0.12, 0.12), 0.012], turn: tableTurn };
  const shelf = wallAt(shelfWall, draws.uniform(-0.45, 0.45), SHELF_SIZE.depth / 2 + 0.01, 0);
  const cabinet = wallAt(cabinetWall, draws.uniform(-0.4, 0.4), CABINET_SIZE.depth / 2 + 0.01, 0);
  const windowPlace = wallAt(windowWall, draws.uniform(-0.2, 0.2), 0.001, 1.55);
  const chairSide = draws.uniform() < 0.5 ? 1 : -1;
  const span = (chairWall % 2 === 0 ? width : depth) / 2;
  const corner = wallAt(chairWall, chairSide * (span - 0.72), 0.72, 0);
  const armchair: Placement = { at: corner.at, turn: (corner.turn ?? 0) - chairSide * draws.uniform(0.5, 0.85) };
  const seat = inFrame(table, chairSeat(draws));

  furnish('rug', { at: [table.at[0], table.at[1], 0], turn: tableTurn });
  furnish('table', table, 0, 0.7);
  furnish('chair', seat, 0, 0.6);
  furnish('armchair', armchair, 0, 0.5);
  furnish('shelf', shelf, 0, 0.8);
  furnish('cabinet', cabinet, 0, 0.5);
  furnish('window', windowPlace);
  furnish('curtain', windowPlace);
  furnish(
    'picture',
    { ...wallAt(cabinetWall, 0, 0.002, 1.62), at: above(cabinet, wallAt(cabinetWall, 0, 0.002, 1.62).at) },
    draws.integer(3),
  );

  const supports = makeSupports({ table, shelf, cabinet, armchair, chair: seat });
  supports.push(...floorSpots(draws, width, depth, { shelf, cabinet, armchair }));
  for (const choice of chooseObjects(seed, objects)) putDown(maker, draws, supports, choice);

  const windowCentre = windowPlace.at;
  addWindowLight(maker, windowCentre, windowPlace.turn ?? 0);
  maker.builder.addLight({
    kind: 'area',
    corner: [-0.3, -0.3, HEIGHT - 0.02],
    u: [0, 0.6, 0],
    v: [0.6, 0, 0].map((c) => c),
    colour: [19, 14.6, 10],
  });
  return {
    seed,
    size: [width, depth, HEIGHT],
    scene: maker.builder.finish(),
    instances: maker.instances,
    classes: maker.classes,
  };
}

/** Collects instances with their names while the scene grows. */
class RoomMaker {
  readonly builder: SceneBuilder;
  readonly instances: RoomInstance[] = [];
  readonly classes: RoomClass[] = [];

  constructor(lightSpacing: number) {
    this.builder = new SceneBuilder(lightSpacing);
  }

  add(
    group: RoomInstance['group'],
    adjective: Adjective | null,
    noun: string,
    solid: Solid,
    centre: Vector,
    radius: number,
    coarseness = 1,
  ): void {
    const name = className(adjective, noun);
    const id = this.instances.length + 1;
    this.classes.push({ id, name });
    this.instances.push({ id, classId: id, name, group, adjective, noun, centre, radius });
    this.builder.add(solid, id, coarseness);
  }
}

function addWalls(maker: RoomMaker, draws: Draws, width: number, depth: number): void {
  const [w, d, h] = [width / 2, depth / 2, HEIGHT];
  const papers: readonly (readonly [Rgb, Rgb])[] = [
    [
      [236, 220, 188],
      [216, 192, 152],
    ],
    [
      [206, 218, 196],
      [178, 198, 172],
    ],
    [
      [214, 218, 226],
      [184, 196, 216],
    ],
    [
      [240, 212, 194],
      [224, 186, 166],
    ],
  ];
  const [paper, sprig] = draws.pick(papers);
  const walls = surface('wallpaper', paper, { second: linear(sprig) });
  const sides = [
    quad([-w, d, 0], [2 * w, 0, 0], [0, 0, h]),
    quad([w, d, 0], [0, -2 * d, 0], [0, 0, h]),
    quad([w, -d, 0], [-2 * w, 0, 0], [0, 0, h]),
    quad([-w, -d, 0], [0, 2 * d, 0], [0, 0, h]),
  ];
  const skirting = surface('plain', colours.white);
  const boards = sides.map((_, i) => {
    const length = i % 2 === 0 ? 2 * w : 2 * d;
    const strip = quad([-length / 2, -0.014, 0], [length, 0, 0], [0, 0, 0.085]);
    const turn = WALL_TURNS[i];
    const off = i % 2 === 0 ? d : w;
    return place(strip, { at: [-Math.sin(turn) * off, Math.cos(turn) * off, 0], turn });
  });
  const wall = [
    ...sides.map((part) => ({ part, surface: walls })),
    ...boards.map((part) => ({ part, surface: skirting })),
  ];
  maker.add('surface', null, 'wall', wall, [0, d, 1.3], 2, 2);
  const planks = draws.pick([
    [178, 126, 78],
    [150, 100, 62],
    [196, 152, 104],
  ] as const);
  const second = linear([planks[0] * 0.62, planks[1] * 0.58, planks[2] * 0.54]);
  const floor = {
    part: quad([-w, -d, 0], [2 * w, 0, 0], [0, 2 * d, 0]),
    surface: surface('planks', planks, { second }),
  };
  maker.add('surface', null, 'floor', [floor], [0, 0, 0], 2, 1.4);
  const ceiling = {
    part: quad([-w, -d, h], [0, 2 * d, 0], [2 * w, 0, 0]),
    surface: surface('combed', [224, 221, 214]),
  };
  // The lamp is a pane in the ceiling.
  const pane = {
    part: quad([-0.3, -0.3, h - 0.012], [0, 0.6, 0], [0.6, 0, 0]),
    surface: surface('plain', [255, 244, 220], { glow: 1.1 }),
  };
  maker.add('surface', null, 'ceiling', [ceiling, pane], [0, 0, h], 2, 3);
}

function addWindowLight(maker: RoomMaker, centre: Vector, turn: number): void {
  const { width, height } = WINDOW_SIZE;
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const at = (x: number, y: number, z: number): number[] => [
    centre[0] + c * x - s * y,
    centre[1] + s * x + c * y,
    centre[2] + z,
  ];
  maker.builder.addLight({
    kind: 'area',
    corner: at(-width / 2, -0.045, -height / 2),
    u: [c * width, s * width, 0],
    v: [0, 0, height],
    colour: [7.6, 7.3, 6.9],
  });
}

/** The picture hangs above the middle of the cabinet, on its wall. */
function above(cabinet: Placement, onWall: Vector): Vector {
  const turn = cabinet.turn ?? 0;
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const along = c * (cabinet.at[0] - onWall[0]) + s * (cabinet.at[1] - onWall[1]);
  return [onWall[0] + c * along, onWall[1] + s * along, onWall[2]];
}

function chairSeat(draws: Draws): Placement {
  const side = draws.uniform() < 0.5 ? 1 : -1;
  return {
    at: [draws.uniform(-0.2, 0.2), side * (TABLE_SIZE.depth / 2 + draws.uniform(0.16, 0.26)), 0.012],
    turn: (side > 0 ? 0 : Math.PI) + draws.uniform(-0.35, 0.35),
  };
}

/** Puts a thing where it fits; a lamp shines. */
function putDown(maker: RoomMaker, draws: Draws, supports: readonly Support[], choice: Choice): void {
  const { placement, size } = findPlace(draws, supports, choice);
  const { kind, adjective } = choice;
  const solid = placeSolid(objectShapes[kind.name](adjective), placement);
  const [x, y, z] = placement.at;
  const centre: Vector = [x, y, z + (kind.height * size) / 2];
  maker.add('object', adjective, kind.name, solid, centre, Math.max(kind.radius, kind.height / 2) * size, 0.5);
  if (kind.name !== 'lamp') return;
  const bulb = [x, y, z + BULB_HEIGHT * size];
  maker.builder.addLight({ kind: 'ball', centre: bulb, radius: 0.035, colour: [0.17, 0.115, 0.058] });
}
