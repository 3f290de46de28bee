/**
 * PlayCanvas' compressed splat `.ply` (SuperSplat, splat-transform): 16 bytes a splat and 72 a chunk of 256 splats, which holds the
 * ranges that its splats are fractions of. Source: the format's description in PlayCanvas' documentation and its public readers.
 *
 *   element chunk    float min_x … max_z, min_scale_x … max_scale_z (ln), min_r … max_b (absent in old files: 0 … 1)
 *   element vertex   uint packed_position  x 11 bits, y 10, z 11, highest first
 *                    uint packed_rotation  largest of wxyz (2 bits), then the other three, 10 bits each: (n/1023 − ½)·√2
 *                    uint packed_scale     as the position
 *                    uint packed_color     r g b opacity, 8 bits each; colour = ½ + C0·f_dc
 *   element sh       uchar f_rest_*        ((n + ½)/256 − ½)·8, with 0 and 255 at the very ends
 *
 * What is lost, at most half a step of each: positions and scales 1/2047 (y 1/1023) of their chunk's range, rotation components
 * 1.4e-3, colours 1/255 of their chunk's range, opacities 1/255, harmonics 1/32 and whatever lies beyond ±4. Labels, ids and
 * semantics have no place in it.
 */
import { PlyError, writePly, type PlyColumn, type PlyElement, type PlyFile } from '../capture/ply';
import { C0, GEOMETRY, sigmoid, SPHERICAL_HARMONICS } from '../kernels/layout';
import type { SplatFile, SplatSource } from './ply';
import { logitOf, mortonOrder, usedDegree } from './quantised';
import { unitQuaternion } from './quaternion';

const CHUNK = 256;
const ROOT_2 = Math.SQRT2;
const SH_RANGE = 8;
/** exp(±20) is beyond any scene; scales of 0 have −∞. */
const LARGEST_LOG_SCALE = 20;
const axes = ['x', 'y', 'z'];
const colours = ['r', 'g', 'b'];
const PACKED = ['packed_position', 'packed_rotation', 'packed_scale', 'packed_color'] as const;

const unorm = (word: number, shift: number, bits: number): number =>
  ((word >>> shift) & ((1 << bits) - 1)) / ((1 << bits) - 1);
const toUnorm = (value: number, bits: number): number =>
  Math.round(Math.min(1, Math.max(0, value)) * ((1 << bits) - 1));

/** @throws PlyError naming the column */
export function readCompressedPly({ elements }: PlyFile, file: string): SplatFile {
  const fail = (field: string, problem: string): PlyError =>
    new PlyError({ file, field, problem, remedy: 'export the scene again' });
  const element = (name: string): PlyElement => {
    const found = elements.find((one) => one.name === name);
    if (!found) throw fail(`element ${name}`, 'missing');
    return found;
  };
  const vertex = element('vertex');
  const chunk = element('chunk');
  const { count } = vertex;
  if (chunk.count < Math.ceil(count / CHUNK))
    throw fail('element chunk', `${chunk.count} chunks are too few for ${count} splats`);
  const [position, rotation, scale, colour] = PACKED.map((name) => {
    const column = vertex.columns.get(name);
    if (!(column instanceof Uint32Array)) throw fail(name, 'not a column of uint');
    return column;
  });
  const range = (name: string, standard?: number): Float64Array => {
    const column = chunk.columns.get(name);
    if (!column && standard === undefined) throw fail(name, 'the column is missing');
    const values = Float64Array.from({ length: chunk.count }, (_, i) => (column ? column[i] : (standard ?? 0)));
    if (!values.every(Number.isFinite)) throw fail(name, 'not finite');
    return values;
  };
  const ranges = (names: string[], standard?: [number, number]) =>
    names.map((name) => [range(`min_${name}`, standard?.[0]), range(`max_${name}`, standard?.[1])] as const);
  const positions = ranges(axes);
  const scales = ranges(axes.map((axis) => `scale_${axis}`));
  const tints = ranges(colours, [0, 1]);

  const geometry = new Float32Array(count * GEOMETRY.columns);
  const sphericalHarmonics = new Float32Array(count * SPHERICAL_HARMONICS.columns);
  const lerp = ([low, high]: readonly [Float64Array, Float64Array], of: number, t: number): number =>
    low[of] * (1 - t) + high[of] * t;
  for (let row = 0; row < count; row++) {
    const of = Math.floor(row / CHUNK);
    const g = row * GEOMETRY.columns;
    for (const [i, shift, bits] of [
      [0, 21, 11],
      [1, 11, 10],
      [2, 0, 11],
    ]) {
      geometry[g + GEOMETRY.mean + i] = lerp(positions[i], of, unorm(position[row], shift, bits));
      geometry[g + GEOMETRY.logScale + i] = lerp(scales[i], of, unorm(scale[row], shift, bits));
    }
    unpackRotation(rotation[row], geometry, g + GEOMETRY.quaternion);
    for (let i = 0; i < 3; i++) {
      const tint = lerp(tints[i], of, unorm(colour[row], 24 - 8 * i, 8));
      sphericalHarmonics[row * SPHERICAL_HARMONICS.columns + i] = (tint - 0.5) / C0;
    }
    geometry[g + GEOMETRY.opacityLogit] = logitOf(unorm(colour[row], 0, 8));
  }
  const sh = elements.find(({ name }) => name === 'sh');
  const shDegree = sh ? readHarmonics(sh, count, sphericalHarmonics, fail) : 0;
  return { count, shDegree, geometry, sphericalHarmonics, semantics: null, ids: null, labels: null, instances: null };
}

function readHarmonics(
  sh: PlyElement,
  count: number,
  target: Float32Array,
  fail: (field: string, problem: string) => PlyError,
): number {
  if (sh.count !== count) throw fail('element sh', `${sh.count} rows for ${count} splats`);
  const degree = [0, 9, 24, 45].indexOf(sh.columns.size);
  if (degree < 0) throw fail('element sh', `${sh.columns.size} columns fit no degree of spherical harmonics`);
  const perChannel = (degree + 1) ** 2 - 1;
  for (let i = 0; i < 3 * perChannel; i++) {
    const column = sh.columns.get(`f_rest_${i}`);
    if (!(column instanceof Uint8Array)) throw fail(`f_rest_${i}`, 'not a column of uchar');
    const at = 3 * (1 + (i % perChannel)) + Math.floor(i / perChannel);
    for (let row = 0; row < count; row++) {
      const n = column[row];
      const fraction = n === 0 ? 0 : n === 255 ? 1 : (n + 0.5) / 256;
      target[row * SPHERICAL_HARMONICS.columns + at] = (fraction - 0.5) * SH_RANGE;
    }
  }
  return degree;
}

function unpackRotation(word: number, target: Float32Array, at: number): void {
  const largest = word >>> 30;
  let squares = 0;
  for (let i = 0, shift = 20; i < 4; i++) {
    if (i === largest) continue;
    const value = (unorm(word, shift, 10) - 0.5) * ROOT_2;
    target[at + i] = value;
    squares += value * value;
    shift -= 10;
  }
  target[at + largest] = Math.sqrt(Math.max(0, 1 - squares));
}

/** Splats as a compressed `.ply`, ordered so that those of a chunk lie together. */
export function compressedPlyBytes({ count, geometry, sphericalHarmonics }: SplatSource): Uint8Array {
  const order = mortonOrder(geometry, count);
  const chunks = Math.ceil(count / CHUNK);
  const names = [...axes, ...axes.map((axis) => `scale_${axis}`), ...colours];
  const low = names.map(() => new Float32Array(chunks).fill(Infinity));
  const high = names.map(() => new Float32Array(chunks).fill(-Infinity));
  /** What the ranges of a chunk are of: position, log-scale and colour of a splat. */
  const values = (row: number): number[] => {
    const g = row * GEOMETRY.columns;
    return [
      ...geometry.subarray(g + GEOMETRY.mean, g + GEOMETRY.mean + 3),
      ...Array.from(geometry.subarray(g + GEOMETRY.logScale, g + GEOMETRY.logScale + 3), (value) =>
        Math.min(LARGEST_LOG_SCALE, Math.max(-LARGEST_LOG_SCALE, value)),
      ),
      ...[0, 1, 2].map((c) => 0.5 + C0 * sphericalHarmonics[row * SPHERICAL_HARMONICS.columns + c]),
    ];
  };
  for (let i = 0; i < count; i++) {
    const of = Math.floor(i / CHUNK);
    values(order[i]).forEach((value, k) => {
      low[k][of] = Math.min(low[k][of], value);
      high[k][of] = Math.max(high[k][of], value);
    });
  }
  const [position, rotation, scale, colour] = PACKED.map(() => new Uint32Array(count));
  for (let i = 0; i < count; i++) {
    const of = Math.floor(i / CHUNK);
    const t = values(order[i]).map((value, k) => {
      const span = high[k][of] - low[k][of];
      return span < 1e-12 ? 0 : (value - low[k][of]) / span;
    });
    const word = (k: number): number =>
      (toUnorm(t[k], 11) << 21) | (toUnorm(t[k + 1], 10) << 11) | toUnorm(t[k + 2], 11);
    position[i] = word(0);
    scale[i] = word(3);
    const g = order[i] * GEOMETRY.columns;
    rotation[i] = packRotation(unitQuaternion(geometry, order[i]));
    const opacity = toUnorm(sigmoid(geometry[g + GEOMETRY.opacityLogit]), 8);
    colour[i] = (toUnorm(t[6], 8) << 24) | (toUnorm(t[7], 8) << 16) | (toUnorm(t[8], 8) << 8) | opacity;
  }
  const degree = usedDegree(sphericalHarmonics, count);
  const elements: PlyElement[] = [
    { name: 'chunk', count: chunks, columns: new Map(rangeColumns(names, low, high)) },
    {
      name: 'vertex',
      count,
      columns: new Map(PACKED.map((name, k) => [name, [position, rotation, scale, colour][k]])),
    },
  ];
  if (degree > 0) elements.push({ name: 'sh', count, columns: harmonicColumns(sphericalHarmonics, order, degree) });
  return writePly({ comments: ['written by Legato'], elements });
}

/** min_x … max_z, then of scales, then of colours: readers go by this order. */
function rangeColumns(names: string[], low: Float32Array[], high: Float32Array[]): [string, PlyColumn][] {
  return [0, 3, 6].flatMap((first) => [
    ...[0, 1, 2].map((k): [string, PlyColumn] => [`min_${names[first + k]}`, low[first + k]]),
    ...[0, 1, 2].map((k): [string, PlyColumn] => [`max_${names[first + k]}`, high[first + k]]),
  ]);
}

function harmonicColumns(source: Float32Array, order: Uint32Array, degree: number): Map<string, PlyColumn> {
  const perChannel = (degree + 1) ** 2 - 1;
  return new Map(
    Array.from({ length: 3 * perChannel }, (_, i): [string, PlyColumn] => {
      const at = 3 * (1 + (i % perChannel)) + Math.floor(i / perChannel);
      const column = Uint8Array.from(order, (row) => {
        const value = source[row * SPHERICAL_HARMONICS.columns + at] / SH_RANGE + 0.5;
        return Math.max(0, Math.min(255, Math.floor(value * 256)));
      });
      return [`f_rest_${i}`, column];
    }),
  );
}

function packRotation(unit: readonly number[]): number {
  const largest = unit.reduce((best, value, i) => (Math.abs(value) > Math.abs(unit[best]) ? i : best), 0);
  const sign = unit[largest] < 0 ? -1 : 1;
  let word = largest;
  for (let i = 0; i < 4; i++) if (i !== largest) word = (word << 10) | toUnorm((sign * unit[i]) / ROOT_2 + 0.5, 10);
  return word >>> 0;
}
