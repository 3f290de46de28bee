/**
 * COLMAP's images.bin and images.txt: the poses of the photos.
 *
 *   bin: uint64 count, then per image: uint32 id, float64 quaternion wxyz [4], float64 translation [3], uint32 camera id,
 *        name and a zero byte, uint64 observations, of 24 bytes each, which are skipped
 *   txt: IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then a line of observations, which may be blank
 *
 * Both poses are worldToCamera, rigs or not (colmapRigs.ts). Ids are arbitrary and not contiguous; photos are known by name.
 */
import { ByteReader } from './byteReader';
import type { ByteSource } from './byteSource';
import { LineReader } from './lineReader';
import { MAX_NAME_BYTES, MAX_PHOTOS } from './limits';
import { poseFromQuaternion } from './pose';

export interface ColmapImage {
  readonly id: number;
  readonly cameraId: number;
  /** as the file has it, not yet trusted as a path */
  readonly name: string;
  readonly worldToCamera: readonly number[];
}

const OBSERVATION_BYTES = 24;
/** with an empty name and no observations */
const IMAGE_BYTES = 4 + 7 * 8 + 4 + 1 + 8;

/** @throws CaptureError */
export function readImagesBinary(source: ByteSource): ColmapImage[] {
  const reader = new ByteReader(source);
  const seen = new Uniqueness();
  const images: ColmapImage[] = [];
  const count = reader.count('images', IMAGE_BYTES, MAX_PHOTOS);
  for (let i = 0; i < count; i++) {
    reader.where = () => `image ${i + 1} of ${count}`;
    const start = reader.offset;
    const id = reader.u32();
    const quaternion = ['qw', 'qx', 'qy', 'qz'].map((field) => reader.f64(field));
    const translation = ['tx', 'ty', 'tz'].map((field) => reader.f64(field));
    const pose = poseFromQuaternion(quaternion, translation);
    if ('problem' in pose) throw reader.fail(pose.problem, start + 4);
    const cameraId = reader.u32();
    const name = reader.text('the name', MAX_NAME_BYTES);
    const repeated = seen.add(id, name);
    if (repeated) throw reader.fail(repeated, start);
    reader.skip(reader.count('observations', OBSERVATION_BYTES, Number.MAX_SAFE_INTEGER) * OBSERVATION_BYTES);
    images.push({ id, cameraId, name, worldToCamera: pose.worldToCamera });
  }
  reader.end();
  return images;
}

/** @throws CaptureError */
export function readImagesText(source: ByteSource): ColmapImage[] {
  const reader = new LineReader(source);
  const seen = new Uniqueness();
  const images: ColmapImage[] = [];
  for (let line = reader.next(); line !== null; line = reader.next()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (images.length === MAX_PHOTOS) throw reader.fail(`more than ${MAX_PHOTOS} images`);
    const match = /^((?:\S+\s+){9})(.+)$/.exec(text);
    if (!match) throw reader.fail('an image needs IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME');
    const words = match[1].trim().split(/\s+/);
    const name = match[2];
    const id = reader.integer(words[0], 'IMAGE_ID', 2 ** 32 - 1);
    const quaternion = ['QW', 'QX', 'QY', 'QZ'].map((field, k) => reader.finite(words[1 + k], field));
    const translation = ['TX', 'TY', 'TZ'].map((field, k) => reader.finite(words[5 + k], field));
    const pose = poseFromQuaternion(quaternion, translation);
    if ('problem' in pose) throw reader.fail(pose.problem, `image ${id}`);
    const cameraId = reader.integer(words[8], 'CAMERA_ID', 2 ** 32 - 1);
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw reader.fail(`a name longer than ${MAX_NAME_BYTES} bytes`);
    const repeated = seen.add(id, name);
    if (repeated) throw reader.fail(repeated);
    images.push({ id, cameraId, name, worldToCamera: pose.worldToCamera });
    skipObservations(reader);
  }
  return images;
}

/** The second line of an image is there even when it is blank; without it every other photo would vanish unseen. */
function skipObservations(reader: LineReader): void {
  const words = (reader.next() ?? '').trim().split(/\s+/, 10);
  if (words.length === 10 && !Number.isFinite(Number(words[9]))) {
    throw reader.fail('a line of observations (it may be blank) must follow each image, but this is the next image');
  }
}

/** Ids and names that must not repeat. */
class Uniqueness {
  readonly #ids = new Set<number>();
  readonly #names = new Set<string>();

  /** @returns what repeats, or null */
  add(id: number, name: string): string | null {
    if (this.#ids.has(id)) return `the image id ${id} appears twice`;
    if (this.#names.has(name)) return `the photo ${JSON.stringify(name)} appears twice`;
    this.#ids.add(id);
    this.#names.add(name);
    return null;
  }
}
