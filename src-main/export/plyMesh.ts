/**
 * A segmented mesh as binary `.ply`, which every mesh tool opens.
 *
 *   vertex   x y z (float; double where the scene was trained in other coordinates than the capture's) nx ny nz (float)
 *            red green blue (uchar, sRGB) uncertainty (float) label instance feature (int)
 *   face     vertex_indices (uchar, int ×3) label instance (int)
 *
 * label and instance are ids of the taxonomy, −1 = none; feature is the number in the description beside. Vertices on a seam are
 * there once for each part that meets in it, at the same place to the bit.
 */
import { isOwnFrame, positionsOfCapture, type SceneFrame } from '../capture/index';
import { separateParts, type Segment, type SegmentedMesh } from '../mesh/index';

/** of a vertex, behind its position */
const REST_BYTES = 3 * 4 + 3 + 4 + 3 * 4;
const FACE_BYTES = 1 + 3 * 4 + 2 * 4;
const ROWS_PER_CHUNK = 16_384;

const byte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));

/** The bytes, some thousand rows at a time. @param frame  the coordinates that the mesh is in */
export function* plyMeshChunks(
  mesh: SegmentedMesh,
  segments: readonly Segment[],
  frame: SceneFrame,
): Generator<Uint8Array> {
  const wide = !isOwnFrame(frame);
  const positionBytes = wide ? 3 * 8 : 3 * 4;
  const parts = [...separateParts(mesh)];
  const vertices = parts.reduce((sum, { uncertainties }) => sum + uncertainties.length, 0);
  const faces = parts.reduce((sum, { triangles }) => sum + triangles.length / 3, 0);
  const lines = [
    ...['ply', 'format binary_little_endian 1.0', 'comment written by Legato', `element vertex ${vertices}`],
    ...['x', 'y', 'z'].map((name) => `property ${wide ? 'double' : 'float'} ${name}`),
    ...['nx', 'ny', 'nz'].map((name) => `property float ${name}`),
    ...['red', 'green', 'blue'].map((name) => `property uchar ${name}`),
    ...['property float uncertainty', 'property int label', 'property int instance', 'property int feature'],
    ...[
      `element face ${faces}`,
      'property list uchar int vertex_indices',
      'property int label',
      'property int instance',
    ],
    'end_header',
  ];
  yield new TextEncoder().encode(`${lines.join('\n')}\n`);

  for (const { segment, positions, normals, colours, uncertainties } of parts) {
    const { classId, instanceId } = segments[segment];
    const own = wide ? positionsOfCapture(positions, frame) : positions;
    yield* rows(uncertainties.length, positionBytes + REST_BYTES, (view, start, v) => {
      const at = start + positionBytes;
      for (let k = 0; k < 3; k++) {
        if (wide) view.setFloat64(start + 8 * k, own[3 * v + k], true);
        else view.setFloat32(start + 4 * k, own[3 * v + k], true);
        view.setFloat32(at + 4 * k, normals[3 * v + k], true);
        view.setUint8(at + 12 + k, byte(colours[3 * v + k]));
      }
      view.setFloat32(at + 15, uncertainties[v], true);
      [classId, instanceId, segment].forEach((id, i) => view.setInt32(at + 19 + 4 * i, id, true));
    });
  }
  let base = 0;
  for (const { segment, triangles, uncertainties } of parts) {
    const { classId, instanceId } = segments[segment];
    const first = base;
    yield* rows(triangles.length / 3, FACE_BYTES, (view, at, t) => {
      view.setUint8(at, 3);
      for (let k = 0; k < 3; k++) view.setInt32(at + 1 + 4 * k, first + triangles[3 * t + k], true);
      view.setInt32(at + 13, classId, true);
      view.setInt32(at + 17, instanceId, true);
    });
    base += uncertainties.length;
  }
}

function* rows(
  count: number,
  bytes: number,
  write: (view: DataView, at: number, row: number) => void,
): Generator<Uint8Array> {
  for (let first = 0; first < count; first += ROWS_PER_CHUNK) {
    const end = Math.min(count, first + ROWS_PER_CHUNK);
    const chunk = new Uint8Array((end - first) * bytes);
    const view = new DataView(chunk.buffer);
    for (let row = first; row < end; row++) write(view, (row - first) * bytes, row);
    yield chunk;
  }
}
