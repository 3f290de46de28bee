/**
 * Sparse points from a PLY file: the element `vertex` with x, y, z and, where it has them, red, green, blue.
 */
import { readWhole } from './byteSource';
import { CaptureError } from './errors';
import { MAX_COORDINATE, MAX_PLY_BYTES, MAX_POINTS } from './limits';
import { parsePly, type PlyColumn } from './ply';
import { OWN_FRAME, placeInFrame, type SceneFrame } from './sceneFrame';
import type { SparsePoints } from './types';

/** Colour of points that have none. */
const GREY = 128;

/** Reads the points of a PLY file. @param file name for messages. @throws CaptureError */
export function readPointsPly(path: string, file: string, frame = OWN_FRAME): SparsePoints {
  return pointsFromPly(readWhole(path, file, MAX_PLY_BYTES), file, frame);
}

/** @throws CaptureError */
export function pointsFromPly(bytes: Uint8Array, file: string, frame: SceneFrame = OWN_FRAME): SparsePoints {
  const remedy = 'export the points with x, y, z per vertex';
  const vertex = parsePly(bytes, file).elements.find(({ name }) => name === 'vertex');
  if (!vertex) throw new CaptureError({ file, problem: 'no element "vertex"', remedy });
  const { count, columns } = vertex;
  if (count > MAX_POINTS) {
    const problem = `${count.toLocaleString('en-US')} points, more than Legato reads`;
    throw new CaptureError({ file, problem, remedy: 'thin the cloud out' });
  }
  const positions = new Float32Array(3 * count);
  ['x', 'y', 'z'].forEach((name, k) => {
    const column = columns.get(name);
    if (!column) throw new CaptureError({ file, field: 'element vertex', problem: `no property "${name}"`, remedy });
    for (let i = 0; i < count; i++) {
      if (!(Math.abs(column[i]) <= MAX_COORDINATE)) {
        const field = `vertex ${i + 1} of ${count}, ${name}`;
        throw new CaptureError({ file, field, problem: `${column[i]} is out of range`, remedy: 'remove that point' });
      }
      positions[3 * i + k] = placeInFrame(frame, column[i], k);
    }
  });
  const colours = new Uint8Array(3 * count).fill(GREY);
  ['red', 'green', 'blue'].forEach((name, k) => {
    const column = columns.get(name);
    if (!column) return;
    const scale = colourScale(column);
    for (let i = 0; i < count; i++) colours[3 * i + k] = Math.min(255, Math.max(0, Math.round(column[i] * scale) || 0));
  });
  return { count, positions, colours };
}

/** Colours are bytes by custom; as floats they run to 1, as shorts to 65,535. */
function colourScale(column: PlyColumn): number {
  if (column instanceof Float32Array || column instanceof Float64Array) return 255;
  return column instanceof Uint16Array ? 255 / 65535 : 1;
}
