/** Shapes by the catalogue's nouns. */
import type { Adjective, FurnitureName, ObjectName } from '../catalogue';
import { armchair, cabinet, chair, curtain, picture, rug, shelf, table, window } from './furniture';
import { apple, banana, cactus, mushroom, pear, plant, pumpkin, tulip } from './garden';
import { clock, lamp, radio } from './household';
import type { Solid } from './solid';
import { bottle, bowl, bucket, candle, goblet, mug, plate, teapot, vase } from './tableware';
import { ball, basket, bear, book, car, cube, cushion, duck, hat, house, rocket, suitcase } from './toys';

export { placeSolid, type Piece, type Solid } from './solid';

type Shape = (adjective: Adjective) => Solid;

export const objectShapes: Readonly<Record<ObjectName, Shape>> = {
  mug,
  bowl,
  plate,
  vase,
  teapot,
  bottle,
  goblet,
  candle,
  book,
  ball,
  cube,
  lamp,
  clock,
  radio,
  apple,
  pear,
  banana,
  pumpkin,
  mushroom,
  plant,
  cactus,
  tulip,
  bear,
  duck,
  car,
  rocket,
  house,
  hat,
  cushion,
  bucket,
  basket,
  suitcase,
};

/** @param scene  which painting a picture is of */
export function furnitureShape(name: FurnitureName, adjective: Adjective | null, scene: number): Solid {
  const look = adjective ?? 'wooden';
  switch (name) {
    case 'table':
      return table(look);
    case 'chair':
      return chair(look);
    case 'armchair':
      return armchair(look);
    case 'shelf':
      return shelf(look);
    case 'cabinet':
      return cabinet(look);
    case 'rug':
      return rug(look);
    case 'curtain':
      return curtain(look);
    case 'picture':
      return picture(scene);
    case 'window':
      return window();
  }
}
