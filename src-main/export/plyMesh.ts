/**
 * A segmented mesh as binary `.ply`, which every mesh tool opens.
 *
 *   vertex   x y z nx ny nz (float) red green blue (uchar, sRGB) uncertainty (float) label instance feature (int)
 *   face     vertex_indices (uchar, int ×3) label instance (int)
 *
 * label and instance are ids of the taxonomy, −1 = none; feature is the number in the description beside. Vertices on a seam are
 * there once for each part that meets in it, at the same place to the bit.
 */
import { separateParts, type Segment, type SegmentedMesh } from '../mesh/index';

const VERTEX_BYTES = 6 * 4 + 3 + 4 + 3 * 4;
const FACE_BYTES = 1 + 3 * 4 + 2 * 4;
const ROWS_PER_CHUNK = 16_384;

const byte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));

/** The bytes, some thousand rows at a time. */
export function* plyMeshChunks(mesh: SegmentedMesh, segments: readonly Segment[]): Generator<Uint8Array> {
  const parts = [...separateParts(mesh)];
  const vertices = parts.reduce((sum, { uncertainties }) => sum + uncertainties.length, 0);
  const faces = parts.reduce((sum, { triangles }) => sum + triangles.length / 3, 0);
  const lines = [
    ...['ply', 'format binary_little_endian 1.0', 'comment written by Legato', `element vertex ${vertices}`],
    ...['x', 'y', 'z', 'nx', 'ny', 'nz'].map((name) => `property float ${name}`),
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
    yield* rows(uncertainties.length, VERTEX_BYTES, (view, at, v) => {
      for (let k = 0; k < 3; k++) {
        view.setFloat32(at + 4 * k, positions[3 * v + k], true);
        view.setFloat32(at + 12 + 4 * k, normals[3 * v + k], true);
        view.setUint8(at + 24 + k, byte(colours[3 * v + k]));
      }
      view.setFloat32(at + 27, uncertainties[v], true);
      [classId, instanceId, segment].forEach((id, i) => view.setInt32(at + 31 + 4 * i, id, true));
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
