/**
 * Renders training rooms through the demo's own ray caster:
 *
 *   npx tsx resources/models/training/renderRooms.ts OUT FROM TO [VIEWS] [LIGHT]
 *
 * Seeds FROM … TO − 1, VIEWS photos of 320×240 each (9), with 20 … 32 things in a room and an exposure of its own for each photo. Every
 * second photo goes through JPEG at a quality between 55 and 95. Writes OUT/vocabulary.json and OUT/room-SEED/ as rooms.py reads it;
 * rooms that exist stay, so an interrupted run goes on.
 */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { CounterRandom } from '../../../src-main/base/index';
import { roomCameras } from '../../../src-main/capture/demo/cameras';
import {
  allClassNames,
  colourNames,
  colours,
  furnitureKinds,
  materialNames,
  objectKinds,
  surfaceNames,
} from '../../../src-main/capture/demo/catalogue';
import { MIN_OBJECTS } from '../../../src-main/capture/demo/choose';
import { computeLight, lightQualities, type LightQualityName } from '../../../src-main/capture/demo/lighting';
import { renderView } from '../../../src-main/capture/demo/render';
import { buildRoom, type Room } from '../../../src-main/capture/demo/room';

const SIZE = { width: 320, height: 240 };

const [out, from, to, views = '9', light = 'quick'] = process.argv.slice(2);
if (!out || !from || !to) throw new Error('usage: renderRooms.ts OUT FROM TO [VIEWS] [LIGHT]');
if (!Object.hasOwn(lightQualities, light)) throw new Error(`LIGHT: one of ${Object.keys(lightQualities).join(', ')}`);

const kinds = [...objectKinds, ...furnitureKinds];
await mkdir(out, { recursive: true });
await writeFile(
  join(out, 'vocabulary.json'),
  JSON.stringify({
    colours,
    adjectives: [...colourNames, ...materialNames],
    nouns: [...kinds.map(({ name }) => name), ...surfaceNames],
    plain: [...kinds.filter(({ adjectives }) => adjectives.length === 0).map(({ name }) => name), ...surfaceNames],
    surfaces: surfaceNames,
    classes: allClassNames(),
  }),
);
for (let seed = Number(from); seed < Number(to); seed++) {
  const folder = join(out, `room-${seed}`);
  if (await stat(folder).catch(() => null)) continue;
  await renderRoom(seed, Number(views), folder);
  console.log(`${new Date().toISOString()} room ${seed}`);
}

async function renderRoom(seed: number, count: number, folder: string): Promise<void> {
  const random = new CounterRandom(seed, 'training room');
  const room = furnished(seed, 20 + random.integer(0, 13));
  const lit = computeLight(room.scene, seed, lightQualities[light as LightQualityName]);
  const classOf = new Uint8Array(256);
  for (const { id, classId } of room.instances) classOf[id] = classId;
  const pixels = SIZE.width * SIZE.height;
  const rgb = new Uint8Array(count * pixels * 3);
  const instances = new Uint8Array(count * pixels);
  for (const [view, camera] of roomCameras(room, count, SIZE).entries()) {
    const exposure = 1 + 0.5 * random.uniform(100 + view);
    const picture = renderView(room.scene, lit, camera, { exposure, edgeRays: 4 });
    rgb.set(
      view % 2 === 0 ? picture.rgb : await throughJpeg(picture.rgb, 55 + random.integer(200 + view, 41)),
      view * pixels * 3,
    );
    instances.set(picture.instances, view * pixels);
  }
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part);
  await writeFile(join(part, 'rgb.bin'), rgb);
  await writeFile(join(part, 'instances.bin'), instances);
  await writeFile(
    join(part, 'classes.bin'),
    instances.map((id) => classOf[id]),
  );
  const classes = [...room.classes].sort((a, b) => a.id - b.id).map(({ name }) => name);
  await writeFile(join(part, 'room.json'), JSON.stringify({ seed, views: count, ...SIZE, classes }));
  await rename(part, folder);
}

/** As many things as the furniture takes, if not as many as drawn. */
function furnished(seed: number, objects: number): Room {
  try {
    return buildRoom(seed, { objects, lightSpacing: 0.08 });
  } catch (error) {
    if (!(error instanceof RangeError) || objects <= MIN_OBJECTS) throw error;
    return furnished(seed, objects - 1);
  }
}

async function throughJpeg(rgb: Uint8Array, quality: number): Promise<Uint8Array> {
  const encoded = await sharp(rgb, { raw: { ...SIZE, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
  return sharp(encoded).removeAlpha().raw().toBuffer();
}
