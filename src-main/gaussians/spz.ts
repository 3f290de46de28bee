/**
 * Niantic's `.spz`: splats in about a tenth of a `.ply`. Source: the format's public description and reader (nianticlabs/spz, MIT).
 *
 * One gzip stream: a header of 16 bytes (uint32 "NGSP", uint32 version, uint32 splats, uint8 degree, uint8 fractional bits,
 * uint8 flags: 1 antialiased, uint8 0), then each attribute for all splats, little endian:
 *
 *   position   3 × int24, fixed point             alpha   uint8, 255·opacity
 *   colour     3 × uint8, (f_dc·0.15 + ½)·255     scale   3 × uint8, (ln + 10)·16
 *   rotation   version 2: xyz as 3 × uint8, (v + 1)·127.5, w ≥ 0 follows; version 3: uint32, the largest of xyzw (2 bits), then
 *              the other three as sign and 9 bits of |v|·√2
 *   harmonics  uint8 coefficient by coefficient, colours inside: v·128 + 128, degree 1 in steps of 8, the others of 16
 *
 * Axes are right, up, back; splats of a `.ply` count as right, down, front. So y and z change sign on the way, and back on the way
 * in. Version 3 is written. What is lost, at most half a step of each: positions 2^−bits (20 bits, fewer where the scene is wide),
 * rotation components 1.4e-3, log-scales 1/16, opacities 1/255, f_dc 0.026, harmonics 1/16 and 1/8, and whatever lies
 * outside of −10 … 5.9 for log-scales, ±3.3 for f_dc and ±1 for harmonics. Labels, ids and semantics have no place in it.
 */
import { promisify } from 'node:util';
import { constants, gunzip, gzip, gunzipSync } from 'node:zlib';
import { CaptureError } from '../capture/errors';
import { GEOMETRY, sigmoid, SPHERICAL_HARMONICS } from '../kernels/layout';
import { GaussianError } from './errors';
import type { SplatFile, SplatSource } from './ply';
import { logitOf, usedDegree } from './quantised';
import { unitQuaternion } from './quaternion';

const MAGIC = 0x5053474e;
const HEADER = 16;
const MAX_BYTES = 2 ** 30;
const MOST_BITS = 20;
const COLOUR_SCALE = 0.15;
/** Signs of the coefficients where y and z change sign: each is a product of the axes that its harmonic is odd in. */
const HARMONIC_SIGNS = [1, -1, -1, 1, -1, 1, 1, -1, 1, -1, 1, -1, -1, 1, -1, 1];

/** Where each attribute starts. */
function layoutOf(count: number, version: number, degree: number) {
  const sizes = { position: 9, alpha: 1, colour: 3, scale: 3, rotation: version === 2 ? 3 : 4, harmonics: 0 };
  sizes.harmonics = 3 * ((degree + 1) ** 2 - 1);
  let at = HEADER;
  const starts = Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => {
      const start = at;
      at += size * count;
      return [name, start];
    }),
  ) as Record<keyof typeof sizes, number>;
  return { ...starts, total: at };
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
/** From version 4 on the header stands in front, and the rest is no gzip. */
const isBare = (bytes: Uint8Array): boolean => bytes.length >= HEADER && viewOf(bytes).getUint32(0, true) === MAGIC;
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);

/** Whether these bytes are an `.spz`, of whatever version. */
export const isSpz = (bytes: Uint8Array): boolean => isGzip(bytes) || isBare(bytes);

/** @param file  name for messages. @throws CaptureError */
export async function parseSpz(bytes: Uint8Array, file: string): Promise<SplatFile> {
  const fail = (problem: string, remedy = 'export or copy it again', cause?: unknown): CaptureError =>
    new CaptureError({ file, problem, remedy }, { cause });
  // The header alone first: what it announces bounds how far the rest may unfold.
  const head = isBare(bytes) ? Buffer.from(bytes.subarray(0, HEADER)) : inflatedStart(bytes);
  if (!head || head.length < HEADER || head.readUInt32LE(0) !== MAGIC) throw fail('not an .spz file', 'choose another');
  const version = head.readUInt32LE(4);
  const count = head.readUInt32LE(8);
  const [degree, bits] = [head[12], head[13]];
  if (version !== 2 && version !== 3)
    throw fail(`version ${version} of .spz is not read`, 'export it as version 2 or 3, or as .ply');
  if (degree > 3) throw fail(`spherical harmonics of degree ${degree}`, 'export it with degree 0 to 3');
  if (bits > 24) throw fail(`${bits} fractional bits`);
  const layout = layoutOf(count, version, degree);
  if (layout.total > MAX_BYTES)
    throw fail(`${count.toLocaleString('en-US')} splats are announced, more than Legato reads`);
  const raw = await promisify(gunzip)(bytes, { maxOutputLength: layout.total + 1 }).catch((cause: unknown) => {
    throw fail('damaged, cut short, or longer than its header says', undefined, cause);
  });
  if (raw.length !== layout.total)
    throw fail(`${raw.length.toLocaleString('en-US')} bytes instead of ${layout.total.toLocaleString('en-US')}`);

  const geometry = new Float32Array(count * GEOMETRY.columns);
  const sphericalHarmonics = new Float32Array(count * SPHERICAL_HARMONICS.columns);
  const step = 2 ** -bits;
  const perSplat = 3 * ((degree + 1) ** 2 - 1);
  for (let row = 0; row < count; row++) {
    const g = row * GEOMETRY.columns;
    const sh = row * SPHERICAL_HARMONICS.columns;
    for (let i = 0; i < 3; i++) {
      const sign = i === 0 ? 1 : -1;
      geometry[g + GEOMETRY.mean + i] = sign * step * raw.readIntLE(layout.position + 9 * row + 3 * i, 3) + 0;
      geometry[g + GEOMETRY.logScale + i] = raw[layout.scale + 3 * row + i] / 16 - 10;
      sphericalHarmonics[sh + i] = (raw[layout.colour + 3 * row + i] / 255 - 0.5) / COLOUR_SCALE;
    }
    geometry[g + GEOMETRY.opacityLogit] = logitOf(raw[layout.alpha + row] / 255);
    const [x, y, z, w] =
      version === 2
        ? rotation2(raw, layout.rotation + 3 * row)
        : rotation3(raw.readUInt32LE(layout.rotation + 4 * row));
    geometry.set([w, x, -y, -z], g + GEOMETRY.quaternion);
    for (let i = 0; i < perSplat; i++) {
      const value = (raw[layout.harmonics + perSplat * row + i] - 128) / 128;
      sphericalHarmonics[sh + 3 + i] = HARMONIC_SIGNS[1 + Math.floor(i / 3)] * value;
    }
  }
  const nothing = { semantics: null, ids: null, labels: null, instances: null };
  return { count, shDegree: degree, geometry, sphericalHarmonics, ...nothing };
}

/** The first bytes of a gzip stream, from its first few kilobytes; null where it is none. */
function inflatedStart(bytes: Uint8Array): Buffer | null {
  try {
    // Eight bytes of trailer are not there yet: flush what there is. A kilobyte unfolds to a megabyte at most.
    return gunzipSync(bytes.subarray(0, 1024), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return null;
  }
}

function rotation2(raw: Buffer, at: number): number[] {
  const [x, y, z] = [raw[at], raw[at + 1], raw[at + 2]].map((value) => value / 127.5 - 1);
  return [x, y, z, Math.sqrt(Math.max(0, 1 - x * x - y * y - z * z))];
}

function rotation3(word: number): number[] {
  const xyzw = [0, 0, 0, 0];
  const largest = word >>> 30;
  let squares = 0;
  let rest = word;
  for (let i = 3; i >= 0; i--) {
    if (i === largest) continue;
    const size = ((rest & 511) / 511) * Math.SQRT1_2;
    xyzw[i] = rest & 512 ? -size : size;
    squares += size * size;
    rest >>>= 10;
  }
  xyzw[largest] = Math.sqrt(Math.max(0, 1 - squares));
  return xyzw;
}

/**
 * Splats as `.spz`, version 3.
 *
 * @param antialiased  they were trained with opacities that allow for the pixel's dilation
 * @throws GaussianError where one lies farther out than 24 bits reach
 */
export async function spzBytes(source: SplatSource, antialiased: boolean): Promise<Uint8Array> {
  const { count, geometry, sphericalHarmonics } = source;
  const degree = usedDegree(sphericalHarmonics, count);
  let farthest = 0;
  for (let row = 0; row < count; row++)
    for (let i = 0; i < 3; i++) farthest = Math.max(farthest, Math.abs(geometry[row * GEOMETRY.columns + i]));
  const bits = Math.min(MOST_BITS, Math.floor(Math.log2((2 ** 23 - 1) / Math.max(1e-9, farthest))));
  if (!(bits >= 0))
    throw new GaussianError(
      `a splat lies ${farthest.toPrecision(3)} units out, farther than .spz can say; export a .ply`,
    );
  const layout = layoutOf(count, 3, degree);
  const raw = Buffer.alloc(layout.total);
  raw.writeUInt32LE(MAGIC, 0);
  raw.writeUInt32LE(3, 4);
  raw.writeUInt32LE(count, 8);
  raw.set([degree, bits, antialiased ? 1 : 0, 0], 12);
  const byte = (value: number): number => Math.round(Math.min(255, Math.max(0, value)));
  const perSplat = 3 * ((degree + 1) ** 2 - 1);
  for (let row = 0; row < count; row++) {
    const g = row * GEOMETRY.columns;
    const sh = row * SPHERICAL_HARMONICS.columns;
    for (let i = 0; i < 3; i++) {
      const fixed = Math.round((i === 0 ? 1 : -1) * geometry[g + GEOMETRY.mean + i] * 2 ** bits);
      raw.writeIntLE(fixed, layout.position + 9 * row + 3 * i, 3);
      raw[layout.scale + 3 * row + i] = byte((geometry[g + GEOMETRY.logScale + i] + 10) * 16);
      raw[layout.colour + 3 * row + i] = byte((sphericalHarmonics[sh + i] * COLOUR_SCALE + 0.5) * 255);
    }
    raw[layout.alpha + row] = byte(255 * sigmoid(geometry[g + GEOMETRY.opacityLogit]));
    const [w, x, y, z] = unitQuaternion(geometry, row);
    raw.writeUInt32LE(packRotation([x, -y, -z, w]), layout.rotation + 4 * row);
    for (let i = 0; i < perSplat; i++) {
      const value = HARMONIC_SIGNS[1 + Math.floor(i / 3)] * sphericalHarmonics[sh + 3 + i];
      const coarse = i < 9 ? 8 : 16;
      raw[layout.harmonics + perSplat * row + i] = byte(coarse * Math.round((128 * value + 128) / coarse));
    }
  }
  return promisify(gzip)(raw);
}

function packRotation(xyzw: readonly number[]): number {
  const largest = xyzw.reduce((best, value, i) => (Math.abs(value) > Math.abs(xyzw[best]) ? i : best), 0);
  const negate = xyzw[largest] < 0;
  let word = largest;
  for (let i = 0; i < 4; i++) {
    if (i === largest) continue;
    const size = Math.min(511, Math.round(511 * Math.abs(xyzw[i]) * Math.SQRT2));
    word = (word << 10) | (xyzw[i] < 0 !== negate ? 512 : 0) | size;
  }
  return word >>> 0;
}
