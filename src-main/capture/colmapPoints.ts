/**
 * COLMAP's points3D.bin and points3D.txt: the sparse points, without their tracks.
 *
 *   bin: uint64 count, then per point: uint64 id, float64 xyz [3], uint8 rgb [3], float64 error,
 *        uint64 track length, of 8 bytes each, which are skipped
 *   txt: POINT3D_ID X Y Z R G B ERROR TRACK[]
 *
 * Values go straight into typed arrays, moved in double where the capture is (sceneFrame.ts). Ids are not kept, since nothing refers to
 * them, and so are not compared.
 */
import { setImmediate } from 'node:timers/promises';
import { ByteReader } from './byteReader';
import type { ByteSource } from './byteSource';
import { LineReader } from './lineReader';
import { MAX_COORDINATE, MAX_POINTS } from './limits';
import { OWN_FRAME, placeInFrame, type SceneFrame } from './sceneFrame';
import type { SparsePoints } from './types';

const TRACK_BYTES = 8;
/** with an empty track */
const POINT_BYTES = 8 + 3 * 8 + 3 + 8 + 8;
/** the least that a line of points3D.txt takes: eight one-digit words, seven gaps and a line feed */
const LINE_BYTES = 16;
/** points between two breaths of the event loop, about 10 ms */
const BREATH = 1 << 16;

/** @throws CaptureError */
export async function readPointsBinary(source: ByteSource, frame: SceneFrame = OWN_FRAME): Promise<SparsePoints> {
  const reader = new ByteReader(source);
  const count = reader.count('points', POINT_BYTES, MAX_POINTS);
  const positions = new Float32Array(3 * count);
  const colours = new Uint8Array(3 * count);
  let i = 0;
  reader.where = () => `point ${i + 1} of ${count}`;
  for (; i < count; i++) {
    reader.skip(8);
    const start = reader.offset;
    let inside = true;
    for (let k = 0; k < 3; k++) {
      const value = reader.f64('a coordinate');
      inside &&= inRange(value);
      positions[3 * i + k] = placeInFrame(frame, value, k);
    }
    if (!inside) throw reader.fail('the position is out of range', start);
    for (let k = 0; k < 3; k++) colours[3 * i + k] = reader.u8();
    reader.skip(8);
    reader.skip(reader.count('track entries', TRACK_BYTES, Number.MAX_SAFE_INTEGER) * TRACK_BYTES);
    if (i % BREATH === BREATH - 1) await setImmediate();
  }
  reader.end();
  return { count, positions, colours };
}

/** @throws CaptureError */
export async function readPointsText(source: ByteSource, frame: SceneFrame = OWN_FRAME): Promise<SparsePoints> {
  const reader = new LineReader(source);
  const bound = Math.min(MAX_POINTS, Math.ceil(reader.size / LINE_BYTES));
  let positions = new Float32Array(3 * Math.min(bound, 4096));
  let colours = new Uint8Array(positions.length);
  let count = 0;
  for (let words = reader.nextRecord(); words !== null; words = reader.nextRecord()) {
    if (count === bound) throw reader.fail(`more than ${bound.toLocaleString('en-US')} points`);
    if (3 * count === positions.length) {
      const length = 3 * Math.min(bound, 2 * count);
      positions = grown(positions, new Float32Array(length));
      colours = grown(colours, new Uint8Array(length));
    }
    let inside = true;
    for (let k = 0; k < 3; k++) {
      const value = reader.finite(words[1 + k], 'XYZ'[k]);
      inside &&= inRange(value);
      positions[3 * count + k] = placeInFrame(frame, value, k);
    }
    if (!inside) throw reader.fail('the position is out of range');
    for (let k = 0; k < 3; k++) colours[3 * count + k] = reader.integer(words[4 + k], 'RGB'[k], 255);
    reader.finite(words[7], 'ERROR');
    count++;
    if (count % BREATH === 0) await setImmediate();
  }
  return { count, positions: positions.slice(0, 3 * count), colours: colours.slice(0, 3 * count) };
}

const inRange = (value: number): boolean => Math.abs(value) <= MAX_COORDINATE;

function grown<A extends Float32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
