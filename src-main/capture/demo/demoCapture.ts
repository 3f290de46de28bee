/**
 * The demo room as a capture on disk: an ordinary COLMAP folder with `truth/` beside it (`truth.ts`), made in one step, the same
 * bytes for the same options.
 *
 *   images/000.png …, sparse/0/{cameras,images,points3D}.bin, test.txt, truth/
 */
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import sharp from 'sharp';
import {
  createFolderAtomically,
  FileError,
  removeLeftovers,
  systemErrorCode,
  writeError,
  writeFileDurably,
} from '../../base/index';
import { CaptureError } from '../errors';
import { HELD_OUT_FILE } from '../heldOut';
import { writePly } from '../ply';
import type { SparsePoints } from '../types';
import { roomCameras } from './cameras';
import { MAX_OBJECTS, MIN_OBJECTS } from './choose';
import { camerasFile, imagesFile, pointsFile } from './colmapModel';
import { lightPointCount, type LightQualityName } from './lighting';
import type { RenderedPhoto } from './renderMessages';
import { renderOnThreads } from './renderThreads';
import { planned } from './renderTask';
import type { Room } from './room';
import { joinSparse, SurfaceCollector, VOXEL, type SurfacePoints } from './surfacePoints';
import { DEMO_VERSION, readTruth, truthMap, truthPoints, type DemoTruth } from './truth';

export interface DemoOptions {
  /** uint32 */
  readonly seed: number;
  /** things to label; see MIN_OBJECTS, MAX_OBJECTS */
  readonly objects: number;
  /** photos to train on; one more is held out for every four */
  readonly views: number;
  /** pixels */
  readonly width: number;
  readonly height: number;
}

export const defaultDemo: DemoOptions = { seed: 74, objects: 20, views: 48, width: 320, height: 240 };

/** What may be asked for. */
export const demoLimits = {
  objects: [MIN_OBJECTS, MAX_OBJECTS],
  views: [4, 800],
  width: [32, 2048],
  height: [32, 2048],
} as const;

export interface DemoProgress {
  readonly stage: 'light' | 'photos' | 'writing';
  readonly done: number;
  readonly total: number;
}

export interface MakeDemo {
  /** 0: every core, at most 16 */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** how finely light is computed: fine, unless time matters more than looks */
  readonly light?: LightQualityName;
  readonly onProgress?: (progress: DemoProgress) => void;
}

/** Every fifth photo is held out, so that each lies between two that are trained on. */
const HELD_OUT_EVERY = 5;
const isHeldOut = (index: number): boolean => index % HELD_OUT_EVERY === 2;

/** Photos in all, of which `views` are trained on. */
export function photoCount(views: number): number {
  let total = views;
  while (Array.from({ length: total }, (_, i) => i).filter((i) => !isHeldOut(i)).length < views) total++;
  return total;
}

/**
 * Makes a demo capture in a folder of its own.
 *
 * @param folder  must not exist, or be empty
 * @throws RangeError for options out of range, CaptureError when something is there already, FileError, the signal's reason
 */
export async function makeDemo(
  folder: string,
  wanted: Partial<DemoOptions> = {},
  making: MakeDemo = {},
): Promise<DemoTruth> {
  const options = checked({ ...defaultDemo, ...wanted });
  const path = resolve(folder);
  await requireFree(path);
  let truth: DemoTruth | null = null;
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw writeError(dirname(path), error);
  }
  try {
    await createFolderAtomically(path, async (temporary) => {
      truth = await fill(temporary, options, making);
    });
  } catch (error) {
    // A cancelled or failed rendering is not a failure to write.
    if (making.signal?.aborted) throw making.signal.reason;
    const cause = error instanceof FileError && error.code === 'io' ? error.cause : null;
    throw cause instanceof Error && systemErrorCode(cause) === null ? cause : error;
  }
  if (truth === null) throw new Error('nothing was made');
  return truth;
}

/**
 * The demo with these options from a cache: made once, then reused.
 *
 * @param cache  a folder of Legato's own
 * @returns the capture's folder
 */
export async function demoCapture(
  cache: string,
  wanted: Partial<DemoOptions> = {},
  making: MakeDemo = {},
): Promise<string> {
  const options = checked({ ...defaultDemo, ...wanted });
  const path = cachePath(cache, options, making.light);
  if (await cachedDemo(cache, options, making)) return path;
  try {
    await mkdir(resolve(cache), { recursive: true });
    await removeLeftovers(resolve(cache));
    // Whatever stands there without its truth is a damaged copy of ours.
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw writeError(cache, error);
  }
  try {
    await makeDemo(path, options, making);
  } catch (error) {
    // Another process may have finished the same one first.
    if (!making.signal?.aborted && (await cachedDemo(cache, options, making))) return path;
    throw error;
  }
  return path;
}

/** The folder of a demo that is in the cache already, or null. */
export async function cachedDemo(
  cache: string,
  wanted: Partial<DemoOptions> = {},
  { light }: Pick<MakeDemo, 'light'> = {},
): Promise<string | null> {
  const path = cachePath(cache, checked({ ...defaultDemo, ...wanted }), light);
  return (await readTruth(path).catch(() => null)) ? path : null;
}

function cachePath(
  cache: string,
  { seed, objects, views, width, height }: DemoOptions,
  light?: LightQualityName,
): string {
  const size = `${width}x${height}`;
  const quality = light === undefined || light === 'fine' ? [] : [light];
  return join(resolve(cache), ['demo', `v${DEMO_VERSION}`, seed, objects, views, size, ...quality].join('-'));
}

function checked(options: DemoOptions): DemoOptions {
  for (const [name, [min, max]] of Object.entries(demoLimits) as [
    keyof typeof demoLimits,
    readonly [number, number],
  ][]) {
    const value = options[name];
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(`${name} must be a whole number from ${min} to ${max}, not ${value}`);
    }
  }
  if (!Number.isInteger(options.seed) || options.seed < 0 || options.seed > 0xffffffff) {
    throw new RangeError(`the seed must be a whole number from 0 to 4294967295, not ${options.seed}`);
  }
  return options;
}

/** An empty folder is taken over; anything else is somebody's. */
async function requireFree(path: string): Promise<void> {
  const entries = await readdir(path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : [error.code ?? ''],
  );
  if (entries === null) return;
  if (entries.length > 0)
    throw new CaptureError({ file: path, problem: 'exists already', remedy: 'choose a new folder' });
  await rmdir(path).catch((error: unknown) => {
    throw writeError(path, error);
  });
}

async function fill(folder: string, options: DemoOptions, making: MakeDemo): Promise<DemoTruth> {
  const { seed, objects, views, width, height } = options;
  const quality = making.light ?? 'fine';
  const room = planned({ seed, objects, quality });
  const cameras = roomCameras(room, photoCount(views), { width, height });
  const digits = Math.max(3, String(cameras.length - 1).length);
  const photos = cameras.map((camera, i) => ({ name: `${String(i).padStart(digits, '0')}.png`, camera }));
  for (const part of ['images', 'sparse/0', 'truth/class', 'truth/instance', 'truth/depth']) {
    await mkdir(join(folder, part), { recursive: true });
  }

  const points = lightPointCount(room.scene);
  const shared = (): SharedArrayBuffer => new SharedArrayBuffer(12 * points);
  const surfaces: SurfacePoints[] = [];
  const sparse: SparsePoints[] = [];
  await renderOnThreads({
    plan: { seed, objects, quality, cameras, light: shared(), indirect: shared() },
    points,
    threads: making.threads || Math.min(16, availableParallelism()),
    signal: making.signal,
    onProgress: making.onProgress,
    onPhoto: (photo) => {
      surfaces[photo.index] = photo.surface;
      if (!isHeldOut(photo.index)) sparse[photo.index] = photo.sparse;
      return writePhoto(folder, photos[photo.index].name, photo, { width, height });
    },
  });

  making.onProgress?.({ stage: 'writing', done: 0, total: 1 });
  const heldOut = photos.filter((_, i) => isHeldOut(i));
  const write = (name: string, content: Uint8Array | string): Promise<void> =>
    writeFileDurably(join(folder, name), [typeof content === 'string' ? new TextEncoder().encode(content) : content]);
  await write('sparse/0/cameras.bin', camerasFile(cameras[0]));
  await write('sparse/0/images.bin', imagesFile(photos));
  await write('sparse/0/points3D.bin', pointsFile(joinSparse(sparse.filter(Boolean))));
  await write(HELD_OUT_FILE, heldOut.map(({ name }) => `${name}\n`).join(''));
  await writeFileDurably(truthPoints(folder), [pointsPly(room, surfaces)]);
  const truth = truthOf(room, options, heldOut.length);
  await write('truth/demo.json', `${JSON.stringify(truth, null, 1)}\n`);
  return truth;
}

async function writePhoto(
  folder: string,
  name: string,
  photo: RenderedPhoto,
  size: { width: number; height: number },
): Promise<void> {
  const picture = async (path: string, data: Uint8Array | Uint16Array, channels: 1 | 3): Promise<void> => {
    const deep = data instanceof Uint16Array;
    const image = sharp(data, { raw: { ...size, channels } }).toColourspace(
      channels === 3 ? 'srgb' : deep ? 'grey16' : 'b-w',
    );
    await writeFileDurably(path, [await image.png({ compressionLevel: 6 }).toBuffer()]);
  };
  await Promise.all([
    picture(join(folder, 'images', name), photo.rgb, 3),
    picture(truthMap(folder, 'class', name), photo.classes, 1),
    picture(truthMap(folder, 'instance', name), photo.instances, 1),
    picture(truthMap(folder, 'depth', name), photo.depth, 1),
  ]);
}

function pointsPly(room: Room, surfaces: readonly SurfacePoints[]): Uint8Array {
  const collector = new SurfaceCollector();
  for (const points of surfaces) collector.add(points);
  const { positions, normals, instances } = collector.finish();
  const count = instances.length;
  const column = (values: Float32Array, k: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => values[3 * i + k]);
  const classOf = new Map(room.instances.map(({ id, classId }) => [id, classId]));
  const columns = new Map<string, Float32Array | Uint8Array>([
    ...['x', 'y', 'z'].map((name, k) => [name, column(positions, k)] as const),
    ...['nx', 'ny', 'nz'].map((name, k) => [name, column(normals, k)] as const),
    ['class', instances.map((id) => classOf.get(id) ?? 0)],
    ['instance', instances],
  ]);
  return writePly({ elements: [{ name: 'vertex', count, columns }] });
}

function truthOf(room: Room, { seed, objects, views, width, height }: DemoOptions, heldOut: number): DemoTruth {
  return {
    ...{ version: DEMO_VERSION, seed, objects, views, heldOut, width, height },
    ...{ unit: 'metre', up: [0, 0, 1], voxel: VOXEL },
    classes: room.classes.map(({ id, name }) => ({ id, name, colour: classColour(id) })),
    instances: room.instances.map(({ id, classId, name }) => ({ id, classId, name })),
  };
}

/** Colours that differ from their neighbours': hues by the golden angle, in three brightnesses. */
function classColour(id: number): [number, number, number] {
  const hue = (id * 137.508) % 360;
  const value = [0.95, 0.7, 0.82][id % 3];
  const saturation = [0.62, 0.75, 0.45][id % 3];
  const channel = (n: number): number => {
    const k = (n + hue / 60) % 6;
    return Math.round(255 * value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}
