/**
 * A project that answers in words, made by hand: a wall, two balls in front of it, their truth as `truth/` has it, a codebook whose
 * entries are the toy CLIP's own vectors of their names, exact index maps, and a checkpoint whose decoder reads the label from S_G.
 * What it must answer is known without training anything.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PinholeCamera } from '#contract/camera';
import { resolveSettings } from '#contract/presets';
import { OWN_FRAME } from '../../../src-main/capture/index';
import { writePly } from '../../../src-main/capture/index';
import { truthMap, truthPoints } from '../../../src-main/capture/demo/truth';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { channelMask } from '../../../src-main/kernels/layout';
import { renderReference } from '../../../src-main/kernels/render.reference';
import { weightsReference } from '../../../src-main/kernels/sample.reference';
import { codebookHash, encodeIndexMap, mapName, writeCodebook } from '../../../src-main/language/codebook/index';
import { resolveModel } from '../../../src-main/language/models/index';
import { TextEncoder } from '../../../src-main/language/text/index';
import { CheckpointFolder, createProject } from '../../../src-main/project/index';

/** Class and entry of each splat; "floor" is in no photo. */
export const NAMES = ['wall', 'red mug', 'green plant', 'floor'] as const;
export const SPLATS: readonly { at: [number, number, number]; scale: [number, number, number]; label: 1 | 2 | 3 }[] = [
  { at: [0, 0, 4], scale: [3, 3, 0.01], label: 1 },
  { at: [-0.8, 0, 3], scale: [0.25, 0.25, 0.25], label: 2 },
  { at: [0.8, 0.1, 3], scale: [0.25, 0.25, 0.25], label: 3 },
];
export const SIZE = { width: 48, height: 36 };
const VIEWS = 6;
const HELD_OUT = [1, 4];
const MODEL = 'toy-clip';
const DINO = 6;
const logit = (p: number): number => Math.log(p / (1 - p));

export interface SemanticProject {
  capture: string;
  project: string;
  photos: string[];
  cameras: PinholeCamera[];
  /** class numbers of each photo's pixels */
  labels: Uint8Array[];
  hash: string;
}

export interface SemanticProjectOptions {
  /** leave something out */
  without?: 'codebook' | 'semantics' | 'truth';
  /** what each splat decodes to, 1-based entries; default: its class */
  decodes?: readonly number[];
  /** hash that the decoder claims */
  decoderHash?: string;
  uncertainty?: readonly number[];
}

function modelOf(decodes: readonly number[], uncertainty: readonly number[]): GaussianModel {
  const model = new GaussianModel(SPLATS.length);
  model.append(SPLATS.length);
  const { geometry, sphericalHarmonics, semantics } = model.arrays();
  SPLATS.forEach(({ at, scale, label }, row) => {
    geometry.set([...at, ...scale.map(Math.log), 1, 0, 0, 0, logit(0.99)], 11 * row);
    sphericalHarmonics.set([label === 2 ? 1.5 : -1, label === 3 ? 1.5 : -1, label === 1 ? 1 : -1], 48 * row);
    semantics[9 * row + decodes[row] - 1] = 2;
    semantics[9 * row + 8] = logit(uncertainty[row]);
  });
  return model;
}

/** Writes capture and project into a folder. */
export async function writeSemanticProject(
  folder: string,
  { without, decodes, decoderHash, uncertainty = [0.1, 0.1, 0.6] }: SemanticProjectOptions = {},
): Promise<SemanticProject> {
  const capture = join(folder, 'room');
  const { width, height } = SIZE;
  const model = modelOf(decodes ?? SPLATS.map(({ label }) => label), uncertainty);
  const { geometry, sphericalHarmonics } = model.arrays();
  for (const part of ['images', 'truth/class', 'truth/depth']) await mkdir(join(capture, part), { recursive: true });
  const photos = Array.from({ length: VIEWS }, (_, i) => `${i}.png`);
  const focal = 43.2;
  const intrinsics = { width, height, fx: focal, fy: focal, cx: width / 2, cy: height / 2 };
  const centres = photos.map((_, i) => [0.3 * (i - 2.5), 0.05 * i, 0]);
  const cameras = centres.map(([x, y, z]) => ({
    ...intrinsics,
    worldToCamera: [1, 0, 0, -x, 0, 1, 0, -y, 0, 0, 1, -z, 0, 0, 0, 1],
  }));
  const labels: Uint8Array[] = [];
  const surface: number[][] = [];
  const every = Int32Array.from({ length: width * height }, (_, i) => i);
  for (const [i, camera] of cameras.entries()) {
    const channels = channelMask(['rgb', 'depth', 'alpha']);
    const view = {
      camera,
      count: SPLATS.length,
      channels,
      shDegree: 0,
      background: [0, 0, 0] as const,
      antialiased: false,
    };
    const forward = renderReference({ geometry, sphericalHarmonics, semantics: null }, view);
    const weights = weightsReference(forward, width, every);
    // Each pixel belongs to the splat that fills it most, at that splat's depth.
    const rows = weights.map((pairs) => pairs.reduce((a, b) => (b.weight > a.weight ? b : a)).row);
    labels.push(Uint8Array.from(rows, (row) => SPLATS[row].label));
    const depth = Uint16Array.from(rows, (row) => Math.round(1000 * SPLATS[row].at[2]));
    rows.forEach((row, pixel) => {
      const z = SPLATS[row].at[2];
      const x = ((pixel % width) + 0.5 - camera.cx) / focal;
      const y = (Math.floor(pixel / width) + 0.5 - camera.cy) / focal;
      surface.push([centres[i][0] + x * z, centres[i][1] + y * z, z, SPLATS[row].label]);
    });
    const rgb = Uint8Array.from({ length: 3 * width * height }, (_, k) =>
      Math.round(255 * Math.min(1, Math.max(0, forward.image[(k % 3) * width * height + Math.floor(k / 3)]))),
    );
    await sharp(rgb, { raw: { ...SIZE, channels: 3 } })
      .png()
      .toFile(join(capture, 'images', photos[i]));
    await sharp(labels[i], { raw: { ...SIZE, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(truthMap(capture, 'class', photos[i]));
    await sharp(depth, { raw: { ...SIZE, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(truthMap(capture, 'depth', photos[i]));
  }
  const frames = photos.map((photo, i) => {
    const [x, y, z] = centres[i];
    const pose = [
      [1, 0, 0, x],
      [0, -1, 0, y],
      [0, 0, -1, z],
      [0, 0, 0, 1],
    ];
    return { file_path: `images/${photo}`, transform_matrix: pose };
  });
  const lens = { w: width, h: height, fl_x: focal, fl_y: focal, cx: width / 2, cy: height / 2 };
  await writeFile(join(capture, 'transforms.json'), JSON.stringify({ camera_model: 'PINHOLE', ...lens, frames }));
  await writeFile(join(capture, 'test.txt'), HELD_OUT.map((i) => photos[i]).join('\n'));
  const count = surface.length;
  const column = (k: number): Float32Array => Float32Array.from(surface, (point) => point[k]);
  const columns = new Map<string, Float32Array | Uint8Array>([
    ...['x', 'y', 'z'].map((name, k): [string, Float32Array] => [name, column(k)]),
    ['class', Uint8Array.from(surface, (point) => point[3])],
  ]);
  await writeFile(truthPoints(capture), writePly({ elements: [{ name: 'vertex', count, columns }] }));
  const classes = NAMES.map((name, c) => ({ id: c + 1, name, colour: [50 * c, 0, 0] }));
  const truth = {
    ...{ version: 1, seed: 1, objects: 2, views: VIEWS - HELD_OUT.length, heldOut: HELD_OUT.length, ...SIZE },
    ...{ unit: 'metre', up: [0, -1, 0], voxel: 0.02, classes, instances: [] },
  };
  if (without !== 'truth') await writeFile(join(capture, 'truth', 'demo.json'), JSON.stringify(truth));

  const path = join(folder, 'room.legato');
  const project = await createProject(path, capture);
  const hash = await writeWords(project.paths, labels, photos, without !== 'codebook');
  await writeCheckpoint(
    project.paths.checkpoints,
    model,
    photos,
    without === 'semantics' ? null : (decoderHash ?? hash),
  );
  await project.close();
  model.dispose();
  return { capture, project: path, photos, cameras, labels, hash };
}

/** Codebook and index maps. @returns the codebook's hash */
async function writeWords(
  paths: { codebook: string; maps: string },
  labels: readonly Uint8Array[],
  photos: readonly string[],
  wanted: boolean,
): Promise<string> {
  const encoder = new TextEncoder(await resolveModel(MODEL, 'clip', { demo: true }), { threads: 1 });
  const words = await encoder.encode(NAMES);
  await encoder.close();
  const clipWidth = words.length / NAMES.length;
  const shape = { clipWidth, dinoWidth: DINO, dinoWeight: 0.5 };
  const entries = new Float32Array(NAMES.length * (clipWidth + DINO));
  NAMES.forEach((_, i) => {
    entries.set(words.subarray(i * clipWidth, (i + 1) * clipWidth), i * (clipWidth + DINO));
    entries[i * (clipWidth + DINO) + clipWidth + i] = 1;
  });
  const hash = codebookHash(shape, entries);
  if (!wanted) return hash;
  const counts = Uint32Array.of(800, 100, 100, 1);
  const models = { clip: { name: MODEL, hash: '' }, dino: { name: 'toy-dino', hash: '' } };
  await writeCodebook(paths.codebook, {
    shape,
    entries,
    size: NAMES.length,
    counts,
    ...models,
    settings: {},
    names: [],
    hash,
  });
  for (const [i, photo] of photos.entries())
    await writeFile(join(paths.maps, mapName(photo)), encodeIndexMap(labels[i], SIZE.width, SIZE.height, hash));
  return hash;
}

async function writeCheckpoint(
  folder: string,
  model: GaussianModel,
  photos: readonly string[],
  codebook: string | null,
): Promise<void> {
  // One layer: the logit of entry k is 12 times the k-th value of the unit vector.
  const kernel = Float32Array.from({ length: 8 * NAMES.length }, (_, i) =>
    Math.floor(i / NAMES.length) === i % NAMES.length ? 12 : 0,
  );
  const decoder = {
    'decoder.0.kernel': { shape: [8, NAMES.length], data: kernel },
    'decoder.0.bias': { shape: [NAMES.length], data: new Float32Array(NAMES.length) },
  };
  const frame = { centre: [0, 0, 3] as [number, number, number], halfSide: 2 };
  await new CheckpointFolder(folder, () => undefined).save({
    step: 7,
    settings: resolveSettings({ shDegree: 0, resolution: 0, threads: 1 }),
    cameraOrder: photos.filter((_, i) => !HELD_OUT.includes(i)),
    seed: 1,
    nextId: model.nextId,
    disabled: [],
    frame: OWN_FRAME,
    tensors: { ...model.snapshot(), ...(codebook === null ? {} : decoder) },
    semantics: codebook === null ? null : { joinedAt: 1, codebook, entries: NAMES.length, frame, crossEntropy: 0.1 },
  });
}
