/**
 * COLMAP's rigs and frames (since 3.12, .bin and .txt): cameras that are fixed to each other, and where they stood.
 *
 *   rigs.bin    uint64 count, then per rig: uint32 id, uint32 sensors; of the first, the rig's origin: int32 type, uint32 id;
 *               of each other: int32 type, uint32 id, uint8 posed, and if so float64 quaternion wxyz [4], translation [3]
 *   rigs.txt    RIG_ID NUM_SENSORS TYPE ID then per further sensor: TYPE ID HAS_POSE [QW QX QY QZ TX TY TZ]
 *   frames.bin  uint64 count, then per frame: uint32 id, uint32 rig, float64 quaternion [4], translation [3],
 *               uint32 data, then per datum: int32 type, uint32 sensor, uint64 id
 *   frames.txt  FRAME_ID RIG_ID QW QX QY QZ TX TY TZ NUM_DATA then per datum: TYPE SENSOR_ID DATA_ID
 *
 * Poses are sensorFromRig and rigFromWorld. A sensor of type CAMERA (0) is the camera of its id, its datum the image of its id;
 * others (IMU 1) are passed over.
 */
import { ByteReader } from './byteReader';
import type { ByteSource } from './byteSource';
import type { CaptureError } from './errors';
import { LineReader } from './lineReader';
import { MAX_PHOTOS } from './limits';
import { poseFromQuaternion, type Rigid } from './pose';

/** By camera id: its pose in the rig; null where it was never found. The origin has the identity. */
export type Rig = ReadonlyMap<number, Rigid | null>;
export type Rigs = ReadonlyMap<number, Rig>;

export interface Frame {
  readonly id: number;
  readonly rigId: number;
  readonly rigFromWorld: Rigid;
  readonly images: readonly { readonly cameraId: number; readonly imageId: number }[];
}

const IDENTITY: Rigid = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const CAMERA = 0;
const U32 = 2 ** 32 - 1;
const POSE_FIELDS = ['qw', 'qx', 'qy', 'qz', 'tx', 'ty', 'tz'];
/** id and number of sensors */
const RIG_BYTES = 8;
/** type and id */
const SENSOR_BYTES = 8;
const DATUM_BYTES = 16;
const FRAME_BYTES = 8 + 7 * 8 + 4;
/** A rig of thousands of cameras still has a line shorter than this. */
const LINE_BYTES = 1 << 20;

/** @throws CaptureError */
export function readRigsBinary(source: ByteSource): Rigs {
  const reader = new ByteReader(source);
  const rigs = new Map<number, Rig>();
  const count = reader.count('rigs', RIG_BYTES, MAX_PHOTOS);
  for (let i = 0; i < count; i++) {
    reader.where = () => `rig ${i + 1} of ${count}`;
    const id = reader.u32();
    if (rigs.has(id)) throw reader.fail(`the rig id ${id} appears twice`, reader.offset - 4);
    const sensors = reader.count('sensors', SENSOR_BYTES, MAX_PHOTOS, 4);
    const rig = new Map<number, Rigid | null>();
    for (let k = 0; k < sensors; k++) {
      reader.where = () => `rig ${i + 1} of ${count}, sensor ${k + 1} of ${sensors}`;
      const type = reader.i32();
      const sensor = reader.u32();
      let pose: Rigid | null = k === 0 ? IDENTITY : null;
      if (k > 0 && reader.u8() !== 0) pose = binaryPose(reader);
      addSensor(rig, type === CAMERA, sensor, pose, (problem) => reader.fail(problem));
    }
    rigs.set(id, rig);
  }
  reader.end();
  return rigs;
}

/** @throws CaptureError */
export function readRigsText(source: ByteSource): Rigs {
  const reader = new LineReader(source, LINE_BYTES);
  const rigs = new Map<number, Rig>();
  for (let words = reader.nextRecord(); words !== null; words = reader.nextRecord()) {
    if (rigs.size === MAX_PHOTOS) throw reader.fail(`more than ${MAX_PHOTOS} rigs`);
    const id = reader.integer(words[0], 'RIG_ID', U32);
    if (rigs.has(id)) throw reader.fail(`the rig id ${id} appears twice`);
    const sensors = reader.integer(words[1], 'NUM_SENSORS', MAX_PHOTOS);
    const rig = new Map<number, Rigid | null>();
    let at = 2;
    for (let k = 0; k < sensors; k++) {
      const camera = isCamera(words[at++], reader);
      const sensor = reader.integer(words[at++], `SENSOR_ID of sensor ${k + 1}`, U32);
      let pose: Rigid | null = k === 0 ? IDENTITY : null;
      if (k > 0 && reader.integer(words[at++], `HAS_POSE of sensor ${k + 1}`, 1) === 1) {
        pose = textPose(words.slice(at, at + 7), reader);
        at += 7;
      }
      addSensor(rig, camera, sensor, pose, (problem) => reader.fail(problem));
    }
    endOfLine(words, at, reader);
    rigs.set(id, rig);
  }
  return rigs;
}

/** @throws CaptureError */
export function readFramesBinary(source: ByteSource): Frame[] {
  const reader = new ByteReader(source);
  const frames = new Map<number, Frame>();
  const count = reader.count('frames', FRAME_BYTES, MAX_PHOTOS);
  for (let i = 0; i < count; i++) {
    reader.where = () => `frame ${i + 1} of ${count}`;
    const id = reader.u32();
    if (frames.has(id)) throw reader.fail(`the frame id ${id} appears twice`, reader.offset - 4);
    const rigId = reader.u32();
    const rigFromWorld = binaryPose(reader);
    const data = reader.count('data', DATUM_BYTES, MAX_PHOTOS, 4);
    const images: { cameraId: number; imageId: number }[] = [];
    for (let k = 0; k < data; k++) {
      const type = reader.i32();
      const cameraId = reader.u32();
      const imageId = reader.u64();
      if (type === CAMERA) images.push({ cameraId, imageId });
    }
    frames.set(id, { id, rigId, rigFromWorld, images });
  }
  reader.end();
  return [...frames.values()];
}

/** @throws CaptureError */
export function readFramesText(source: ByteSource): Frame[] {
  const reader = new LineReader(source, LINE_BYTES);
  const frames = new Map<number, Frame>();
  for (let words = reader.nextRecord(); words !== null; words = reader.nextRecord()) {
    if (frames.size === MAX_PHOTOS) throw reader.fail(`more than ${MAX_PHOTOS} frames`);
    const id = reader.integer(words[0], 'FRAME_ID', U32);
    if (frames.has(id)) throw reader.fail(`the frame id ${id} appears twice`);
    const rigId = reader.integer(words[1], 'RIG_ID', U32);
    const rigFromWorld = textPose(words.slice(2, 9), reader);
    const data = reader.integer(words[9], 'NUM_DATA_IDS', MAX_PHOTOS);
    const images: { cameraId: number; imageId: number }[] = [];
    let at = 10;
    for (let k = 0; k < data; k++) {
      const camera = isCamera(words[at++], reader);
      const cameraId = reader.integer(words[at++], `SENSOR_ID of datum ${k + 1}`, U32);
      const imageId = reader.integer(words[at++], `DATA_ID of datum ${k + 1}`, Number.MAX_SAFE_INTEGER);
      if (camera) images.push({ cameraId, imageId });
    }
    endOfLine(words, at, reader);
    frames.set(id, { id, rigId, rigFromWorld, images });
  }
  return [...frames.values()];
}

function binaryPose(reader: ByteReader): Rigid {
  const start = reader.offset;
  const values = POSE_FIELDS.map((field) => reader.f64(field));
  const pose = poseFromQuaternion(values.slice(0, 4), values.slice(4));
  if ('problem' in pose) throw reader.fail(pose.problem, start);
  return pose.worldToCamera;
}

function textPose(words: readonly string[], reader: LineReader): Rigid {
  const values = POSE_FIELDS.map((field, k) => reader.finite(words[k], field.toUpperCase()));
  const pose = poseFromQuaternion(values.slice(0, 4), values.slice(4));
  if ('problem' in pose) throw reader.fail(pose.problem);
  return pose.worldToCamera;
}

/** COLMAP writes names; its enumeration's number means the same. */
function isCamera(word: string | undefined, reader: LineReader): boolean {
  if (word !== undefined && /^(?:[A-Z_]{1,40}|-?\d)$/.test(word)) return word === 'CAMERA' || word === String(CAMERA);
  throw reader.fail(word === undefined ? 'missing value' : `"${word.slice(0, 40)}" is no sensor type`, 'SENSOR_TYPE');
}

function endOfLine(words: readonly string[], at: number, reader: LineReader): void {
  if (at < words.length) throw reader.fail(`${words.length - at} words are left over: some count is wrong`);
}

function addSensor(
  rig: Map<number, Rigid | null>,
  camera: boolean,
  id: number,
  pose: Rigid | null,
  fail: (problem: string) => CaptureError,
): void {
  if (!camera) return;
  if (rig.has(id)) throw fail(`the camera ${id} appears twice in one rig`);
  rig.set(id, pose);
}
