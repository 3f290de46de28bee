/**
 * Splats as `.ply`, the file that every 3D Gaussian viewer reads.
 *
 *   x y z · nx ny nz (0) · f_dc_0…2 · f_rest_* · opacity (logit) · scale_0…2 (ln) · rot_0…3 (wxyz)          all float
 *   semantic_0…7 · uncertainty (float; the probability u ∈ [0, 1], not its logit) · label · instance (int, −1 = none) · id (uint)
 *
 * f_rest is channel-major: all coefficients k ≥ 1 of red, then green, then blue, where the parameters hold sh[k·3 + channel].
 * Source of the first line: the files of Kerbl et al. 2023; the second line is ours, and readers skip what they do not know.
 * Parameters travel as they are, so a round trip is exact to the bit, but for u, which goes through the sigmoid, and for
 * quaternions of length 0, which become the identity.
 */
import { parsePly, PlyError, type PlyColumn } from '../capture/ply';
import { GEOMETRY, SEMANTICS, sigmoid, SPHERICAL_HARMONICS } from '../kernels/layout';
import { readCompressedPly } from './compressedPly';

/** What a splat file holds, in the layout of kernels/layout.ts. Missing columns are null. */
export interface Splats {
  readonly count: number;
  /** [count, 11] */
  readonly geometry: Float32Array;
  /** [count, 48], zero above the file's degree */
  readonly sphericalHarmonics: Float32Array;
  /** [count, 9] */
  readonly semantics: Float32Array | null;
  /** [count] */
  readonly ids: Uint32Array | null;
  /** [count], −1 = none */
  readonly labels: Int32Array | null;
  /** [count], −1 = none */
  readonly instances: Int32Array | null;
}

export interface SplatFile extends Splats {
  /** degree of the spherical harmonics in the file, 0…3 */
  readonly shDegree: number;
}

/** Splats to write; labels and instances default to −1. */
export type SplatSource = Pick<Splats, 'count' | 'geometry' | 'sphericalHarmonics'> & Partial<Splats>;

const ROWS_PER_CHUNK = 4096;
const REST = SPHERICAL_HARMONICS.coefficients - 1;
/** Larger logits round to 0 or 1 in float32; files write ±∞ for them, and for the log of a scale of 0. */
const LARGEST_LOGIT = 16;
const SMALLEST_LOG_SCALE = -40;

const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

function headerOf(count: number, withSemantics: boolean, withIds: boolean): Uint8Array {
  const floats = [
    ...['x', 'y', 'z', 'nx', 'ny', 'nz'],
    ...numbered('f_dc_', 3),
    ...numbered('f_rest_', 3 * REST),
    'opacity',
    ...numbered('scale_', 3),
    ...numbered('rot_', 4),
    ...(withSemantics ? [...numbered('semantic_', SEMANTICS.dimensions), 'uncertainty'] : []),
  ];
  const lines = [
    'ply',
    'format binary_little_endian 1.0',
    'comment written by Legato',
    `element vertex ${count}`,
    ...floats.map((name) => `property float ${name}`),
    'property int label',
    'property int instance',
    ...(withIds ? ['property uint id'] : []),
    'end_header',
  ];
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

/**
 * The bytes of a `.ply`, a few thousand rows at a time, so that a large scene needs no second copy of itself in memory. Give
 * them to `writeFileAtomically`. The source must not change until the last chunk is taken.
 */
export function* splatPlyChunks(source: SplatSource): Generator<Uint8Array> {
  const { count, geometry, sphericalHarmonics, semantics, ids, labels, instances } = source;
  yield headerOf(count, Boolean(semantics), Boolean(ids));
  const wordsPerRow = 62 + (semantics ? SEMANTICS.columns : 0) + 2 + (ids ? 1 : 0);
  for (let first = 0; first < count; first += ROWS_PER_CHUNK) {
    const end = Math.min(count, first + ROWS_PER_CHUNK);
    const chunk = new Uint8Array((end - first) * wordsPerRow * 4);
    const view = new DataView(chunk.buffer);
    let at = 0;
    const float = (value: number): void => {
      view.setFloat32(at, value, true);
      at += 4;
    };
    for (let row = first; row < end; row++) {
      const g = row * GEOMETRY.columns;
      const sh = row * SPHERICAL_HARMONICS.columns;
      for (let i = 0; i < 3; i++) float(geometry[g + GEOMETRY.mean + i]);
      at += 12;
      for (let channel = 0; channel < 3; channel++) float(sphericalHarmonics[sh + channel]);
      for (let channel = 0; channel < 3; channel++)
        for (let k = 1; k <= REST; k++) float(sphericalHarmonics[sh + 3 * k + channel]);
      float(geometry[g + GEOMETRY.opacityLogit]);
      for (let i = 0; i < 3; i++) float(geometry[g + GEOMETRY.logScale + i]);
      for (let i = 0; i < 4; i++) float(geometry[g + GEOMETRY.quaternion + i]);
      if (semantics) {
        const s = row * SEMANTICS.columns;
        for (let i = 0; i < SEMANTICS.dimensions; i++) float(semantics[s + i]);
        float(sigmoid(semantics[s + SEMANTICS.uncertaintyLogit]));
      }
      view.setInt32(at, labels?.[row] ?? -1, true);
      view.setInt32(at + 4, instances?.[row] ?? -1, true);
      at += 8;
      if (ids) {
        view.setUint32(at, ids[row], true);
        at += 4;
      }
    }
    yield chunk;
  }
}

/** Copies columns into a row-major table and refuses what a Gaussian cannot be made of. */
class Table {
  readonly #file: string;
  readonly #columns: ReadonlyMap<string, PlyColumn>;
  readonly #count: number;

  constructor(file: string, columns: ReadonlyMap<string, PlyColumn>, count: number) {
    this.#file = file;
    this.#columns = columns;
    this.#count = count;
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  column(name: string): PlyColumn {
    const column = this.#columns.get(name);
    if (column === undefined)
      throw new PlyError({
        file: this.#file,
        field: name,
        problem: 'the column is missing, so these are not 3D Gaussians',
        remedy: 'choose a splat .ply; a point cloud belongs beside the photos of a capture',
      });
    return column;
  }

  /**
   * @param limits  what −∞ and +∞ become, where files use them for the ends of a range
   */
  copy(name: string, target: Float32Array, columns: number, offset: number, limits?: readonly [number, number]): void {
    const column = this.column(name);
    for (let row = 0, at = offset; row < this.#count; row++, at += columns) {
      let value = column[row];
      if (limits !== undefined && (value === -Infinity || value === Infinity)) value = limits[value < 0 ? 0 : 1];
      target[at] = value;
      if (!Number.isFinite(target[at]))
        throw new PlyError({
          file: this.#file,
          field: `${name}, row ${row + 1} of ${this.#count}`,
          problem: `${value} is not a finite float32`,
          remedy: 'export the scene again, or remove these splats in the program that wrote them',
        });
    }
  }

  integers<A extends Int32Array | Uint32Array>(name: string, target: A): A | null {
    const column = this.#columns.get(name);
    if (column === undefined) return null;
    target.set(column);
    return target;
  }
}

/** Degree 0…3 from the number of f_rest columns: 3·((degree + 1)² − 1). */
function degreeOf(file: string, columns: ReadonlyMap<string, PlyColumn>): number {
  const rest = [...columns.keys()].filter((name) => name.startsWith('f_rest_')).length;
  const degree = [0, 9, 24, 45].indexOf(rest);
  if (degree < 0)
    throw new PlyError({
      file,
      field: 'f_rest_*',
      problem: `${rest} columns fit no degree of spherical harmonics (0, 9, 24 or 45 do)`,
      remedy: 'export the scene again with degree 0 to 3',
    });
  return degree;
}

function repairQuaternions(geometry: Float32Array, count: number): void {
  for (let row = 0, at: number = GEOMETRY.quaternion; row < count; row++, at += GEOMETRY.columns)
    if (Math.hypot(geometry[at], geometry[at + 1], geometry[at + 2], geometry[at + 3]) < 1e-12) {
      geometry.fill(0, at, at + 4);
      geometry[at] = 1;
    }
}

function readSemantics(table: Table, count: number): Float32Array | null {
  const names = numbered('semantic_', SEMANTICS.dimensions);
  if (!names.every((name) => table.has(name))) return null;
  const { columns, uncertaintyLogit } = SEMANTICS;
  const semantics = new Float32Array(count * columns);
  names.forEach((name, i) => table.copy(name, semantics, columns, i));
  if (table.has('uncertainty')) table.copy('uncertainty', semantics, columns, uncertaintyLogit);
  for (let at: number = uncertaintyLogit; at < semantics.length; at += columns) {
    const u = Math.max(0, Math.min(1, table.has('uncertainty') ? semantics[at] : 0.01));
    semantics[at] = Math.max(-LARGEST_LOGIT, Math.min(LARGEST_LOGIT, Math.log(u / (1 - u))));
  }
  return semantics;
}

/**
 * Reads a splat `.ply` from memory: ascii or binary, float or double, degree 0 to 3, our columns where they are; compressed ones
 * of PlayCanvas, too.
 *
 * @param file  name for messages
 * @throws PlyError naming the column and row
 */
export function parseSplatPly(bytes: Uint8Array, file: string): SplatFile {
  const ply = parsePly(bytes, file);
  const vertex = ply.elements.find(({ name }) => name === 'vertex');
  if (vertex?.columns.has('packed_position')) return readCompressedPly(ply, file);
  if (vertex === undefined)
    throw new PlyError({ file, field: 'element vertex', problem: 'missing', remedy: 'choose a splat .ply' });

  const { count, columns } = vertex;
  const table = new Table(file, columns, count);
  const shDegree = degreeOf(file, columns);
  const geometry = new Float32Array(count * GEOMETRY.columns);
  ['x', 'y', 'z'].forEach((name, i) => table.copy(name, geometry, GEOMETRY.columns, GEOMETRY.mean + i));
  for (let i = 0; i < 3; i++)
    table.copy(`scale_${i}`, geometry, GEOMETRY.columns, GEOMETRY.logScale + i, [SMALLEST_LOG_SCALE, NaN]);
  for (let i = 0; i < 4; i++) table.copy(`rot_${i}`, geometry, GEOMETRY.columns, GEOMETRY.quaternion + i);
  table.copy('opacity', geometry, GEOMETRY.columns, GEOMETRY.opacityLogit, [-LARGEST_LOGIT, LARGEST_LOGIT]);
  repairQuaternions(geometry, count);

  const sphericalHarmonics = new Float32Array(count * SPHERICAL_HARMONICS.columns);
  const perChannel = (shDegree + 1) ** 2 - 1;
  for (let channel = 0; channel < 3; channel++) {
    table.copy(`f_dc_${channel}`, sphericalHarmonics, SPHERICAL_HARMONICS.columns, channel);
    for (let k = 1; k <= perChannel; k++)
      table.copy(
        `f_rest_${channel * perChannel + k - 1}`,
        sphericalHarmonics,
        SPHERICAL_HARMONICS.columns,
        3 * k + channel,
      );
  }
  return {
    count,
    shDegree,
    geometry,
    sphericalHarmonics,
    semantics: readSemantics(table, count),
    ids: table.integers('id', new Uint32Array(count)),
    labels: table.integers('label', new Int32Array(count)),
    instances: table.integers('instance', new Int32Array(count)),
  };
}
