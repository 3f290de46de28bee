/**
 * COLMAP's cameras.bin and cameras.txt.
 *
 *   bin: uint64 count, then per camera: uint32 id, int32 model, uint64 width, uint64 height, float64 parameters[]
 *   txt: CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]
 *
 * Ids are arbitrary and not contiguous.
 */
import { ByteReader } from './byteReader';
import type { ByteSource } from './byteSource';
import { COLMAP_MODELS, degenerate, FEWEST_PARAMETERS, intrinsicsOf, type Intrinsics } from './intrinsics';
import { LineReader } from './lineReader';
import { MAX_PHOTOS } from './limits';

export interface ColmapCamera {
  readonly model: string;
  /** null where the model is not supported: an error only once a photo uses it */
  readonly intrinsics: Intrinsics | null;
}

/** Cameras by id. */
export type ColmapCameras = ReadonlyMap<number, ColmapCamera>;

const CALIBRATE = 'calibrate again, or correct the camera';

/** id, model, width, height: the least a camera takes */
const CAMERA_BYTES = 4 + 4 + 8 + 8 + FEWEST_PARAMETERS * 8;

/** @throws CaptureError */
export function readCamerasBinary(source: ByteSource): ColmapCameras {
  const reader = new ByteReader(source);
  const cameras = new Map<number, ColmapCamera>();
  const count = reader.count('cameras', CAMERA_BYTES, MAX_PHOTOS);
  for (let i = 0; i < count; i++) {
    reader.where = () => `camera ${i + 1} of ${count}`;
    const id = reader.u32();
    reader.where = () => `camera ${i + 1} of ${count}, id ${id}`;
    if (cameras.has(id)) throw reader.fail(`the camera id ${id} appears twice`, reader.offset - 4);
    const modelId = reader.i32();
    const known = COLMAP_MODELS[modelId];
    if (!known) throw reader.fail(`unknown camera model ${modelId}`, reader.offset - 4);
    const width = reader.u64();
    const height = reader.u64();
    const parameters = Array.from({ length: known[1] }, (_, k) => reader.f64(`parameter ${k + 1}`));
    const intrinsics = intrinsicsOf(known[0], width, height, parameters);
    const problem = intrinsics && degenerate(intrinsics);
    if (problem) throw reader.fail(problem, undefined, CALIBRATE);
    cameras.set(id, { model: known[0], intrinsics });
  }
  reader.end();
  return cameras;
}

/** @throws CaptureError */
export function readCamerasText(source: ByteSource): ColmapCameras {
  const reader = new LineReader(source);
  const cameras = new Map<number, ColmapCamera>();
  for (let words = reader.nextRecord(); words !== null; words = reader.nextRecord()) {
    if (cameras.size === MAX_PHOTOS) throw reader.fail(`more than ${MAX_PHOTOS} cameras`);
    const id = reader.integer(words[0], 'CAMERA_ID', 2 ** 32 - 1);
    if (cameras.has(id)) throw reader.fail(`the camera id ${id} appears twice`);
    const known = COLMAP_MODELS.find(([name]) => name === words[1]);
    if (!known) throw reader.fail(`unknown camera model "${(words[1] ?? '').slice(0, 40)}"`, `camera id ${id}`);
    const width = reader.integer(words[2], 'WIDTH', Number.MAX_SAFE_INTEGER);
    const height = reader.integer(words[3], 'HEIGHT', Number.MAX_SAFE_INTEGER);
    const parameters = words.slice(4).map((word, k) => reader.finite(word, `parameter ${k + 1}`));
    if (parameters.length !== known[1]) {
      throw reader.fail(`${known[0]} takes ${known[1]} parameters, not ${parameters.length}`, `camera id ${id}`);
    }
    const intrinsics = intrinsicsOf(known[0], width, height, parameters);
    const problem = intrinsics && degenerate(intrinsics);
    if (problem) throw reader.fail(problem, `camera id ${id}`, CALIBRATE);
    cameras.set(id, { model: known[0], intrinsics });
  }
  return cameras;
}
