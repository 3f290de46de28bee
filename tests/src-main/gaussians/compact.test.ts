/**
 * Compact splat files, there and back: every attribute within half a step of its format, whatever the bytes within typed errors.
 * Both formats are written and read here; what other programs wrote is `guitar.compressed.ply` and the bytes spelled out below.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/random';
import { CaptureError } from '../../../src-main/capture/errors';
import { parsePly, writePly, type PlyColumn, type PlyElement } from '../../../src-main/capture/ply';
import { compressedPlyBytes } from '../../../src-main/gaussians/compressedPly';
import { GaussianError } from '../../../src-main/gaussians/errors';
import { parseSplatPly, type SplatFile } from '../../../src-main/gaussians/ply';
import { readSplats } from '../../../src-main/gaussians/splatFile';
import { parseSpz, spzBytes } from '../../../src-main/gaussians/spz';
import { sigmoid } from '../../../src-main/kernels/layout';
import { sharedPath } from '../../shared';

/** A scene of the ranges that training gives. */
function scene(count: number, degree = 3) {
  const random = new CounterRandom(9, 'compact');
  let index = 0;
  const uniform = (low: number, high: number): number => low + (high - low) * random.uniform(index++);
  const geometry = new Float32Array(11 * count);
  const sphericalHarmonics = new Float32Array(48 * count);
  for (let row = 0; row < count; row++) {
    const quaternion = [0, 1, 2, 3].map(() => random.normal(index++));
    geometry.set(
      [
        ...[0, 1, 2].map(() => uniform(-4, 4)),
        ...[0, 1, 2].map(() => uniform(-9, 1)),
        ...quaternion.map((value) => 3 * value),
        uniform(-6, 6),
      ],
      11 * row,
    );
    for (let i = 0; i < 3 * (degree + 1) ** 2; i++)
      sphericalHarmonics[48 * row + i] = i < 3 ? uniform(-1.7, 1.7) : uniform(-0.9, 0.9);
  }
  return { count, geometry, sphericalHarmonics };
}
type Scene = Pick<SplatFile, 'count' | 'geometry' | 'sphericalHarmonics'>;

/** Largest difference in each attribute; quaternions up to their sign. @param order  row in `a` of each row of `b` */
function differences(a: Scene, b: SplatFile, order: readonly number[]) {
  const worst = { mean: 0, logScale: 0, rotation: 0, opacity: 0, colour: 0, first: 0, rest: 0 };
  const raise = (name: keyof typeof worst, value: number): void => {
    worst[name] = Math.max(worst[name], Number.isNaN(value) ? Infinity : value);
  };
  order.forEach((from, to) => {
    const [g, h] = [a.geometry.subarray(11 * from, 11 * from + 11), b.geometry.subarray(11 * to, 11 * to + 11)];
    for (let i = 0; i < 3; i++) raise('mean', Math.abs(g[i] - h[i]));
    for (let i = 3; i < 6; i++) raise('logScale', Math.abs(g[i] - h[i]));
    const [p, q] = [g.subarray(6, 10), h.subarray(6, 10)].map((v) => v.map((x) => x / Math.hypot(...v)));
    const sign = p.reduce((sum, v, i) => sum + v * q[i], 0) < 0 ? -1 : 1;
    p.forEach((v, i) => raise('rotation', Math.abs(v - sign * q[i])));
    raise('opacity', Math.abs(sigmoid(g[10]) - sigmoid(h[10])));
    for (let i = 0; i < 48; i++) {
      const difference = Math.abs(a.sphericalHarmonics[48 * from + i] - b.sphericalHarmonics[48 * to + i]);
      raise(i < 3 ? 'colour' : i < 12 ? 'first' : 'rest', difference);
    }
  });
  return worst;
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/** Rows of a scene by the nearest position, since compressed files are ordered anew. */
const nearest = (a: Scene, b: SplatFile): number[] =>
  inOrder(b.count).map((to) => {
    let [best, least] = [0, Infinity];
    for (let from = 0; from < a.count; from++) {
      const distance = [0, 1, 2].reduce((s, i) => s + (a.geometry[11 * from + i] - b.geometry[11 * to + i]) ** 2, 0);
      if (distance < least) [best, least] = [from, distance];
    }
    return best;
  });

describe('.spz', () => {
  it('comes back within half a step of every attribute', async () => {
    const source = scene(500);
    const read = await parseSpz(await spzBytes(source, false), 'x.spz');
    expect(read).toMatchObject({ count: 500, shDegree: 3, semantics: null, ids: null, labels: null });
    const worst = differences(source, read, inOrder(500));
    // 4 units leave 20 bits after the point. 1e-6 more for float32.
    expect(worst.mean).toBeLessThan(2 ** -21 + 1e-6);
    expect(worst.logScale).toBeLessThan(1 / 32 + 1e-6);
    // 9 bits over √½ a component; the largest follows from three of them: at most 3·|q|/|q₀|·(step/2), |q| ≤ |q₀|.
    expect(worst.rotation).toBeLessThan(3 * (Math.SQRT1_2 / 511 / 2) + 1e-6);
    expect(worst.opacity).toBeLessThan(0.5 / 255 + 1e-6);
    expect(worst.colour).toBeLessThan(0.5 / 255 / 0.15 + 1e-6);
    expect(worst.first).toBeLessThan(4 / 128 + 1e-6);
    expect(worst.rest).toBeLessThan(8 / 128 + 1e-6);
  });

  it('keeps to the degree that is used, and to bits that reach the farthest splat', async () => {
    for (const degree of [0, 1, 2]) {
      const source = scene(20, degree);
      const bytes = await spzBytes(source, true);
      expect((await parseSpz(bytes, 'x')).shDegree).toBe(degree);
      expect(gunzipSync(bytes).subarray(0, 16)).toEqual(
        Buffer.from([0x4e, 0x47, 0x53, 0x50, 3, 0, 0, 0, 20, 0, 0, 0, degree, 20, 1, 0]),
      );
    }
    const far = scene(3);
    far.geometry[0] = -50_000;
    const read = await parseSpz(await spzBytes(far, false), 'x');
    // 2²³/50,000 leaves 7 bits.
    expect(differences(far, read, [0, 1, 2]).mean).toBeLessThan(2 ** -8 + 0.004);
    far.geometry[0] = 1e8;
    await expect(spzBytes(far, false)).rejects.toThrow(GaussianError);
    expect((await parseSpz(await spzBytes(scene(0), false), 'x')).count).toBe(0);
  });

  it('reads version 2 as its description spells it', async () => {
    const raw = Buffer.from([
      ...[0x4e, 0x47, 0x53, 0x50, 2, 0, 0, 0, 1, 0, 0, 0, 1, 12, 0, 0],
      ...[0x00, 0x10, 0x00, 0x00, 0xf8, 0xff, 0x01, 0x00, 0x00], // 1, −0.5, 1/4096
      255, // opaque
      ...[0, 255, 128],
      ...[0, 160, 176], // −10, 0, 1
      ...[255, 128, 0], // x = 1: a half turn about x, w = 0
      ...[136, 128, 128, 120, 0, 0, 0, 0, 248],
    ]);
    const { geometry, sphericalHarmonics } = await parseSpz(gzipSync(raw), 'x');
    // Right, up, back become right, down, front: y and z change sign.
    expect([...geometry.subarray(0, 6)]).toEqual([1, 0.5, -1 / 4096, -10, 0, 1].map(Math.fround));
    expect(geometry[10]).toBe(16);
    expect(geometry[6]).toBe(0);
    expect(geometry[7]).toBe(1);
    expect(sphericalHarmonics[0]).toBeCloseTo(-0.5 / 0.15, 6);
    expect(sphericalHarmonics[1]).toBeCloseTo(0.5 / 0.15, 6);
    // Of degree 1, −y and z turn round, −x stays.
    expect([...sphericalHarmonics.subarray(3, 12)].map((v) => v + 0)).toEqual([
      ...[-8 / 128, 0, 0],
      ...[8 / 128, 1, 1],
      ...[-1, -1, 120 / 128],
    ]);
  });

  it('turns directions along with positions: the colour of a degree-1 splat from its side stays', async () => {
    // Y₁ · (a, b, c) = 0.4886·(−a·y + b·z − c·x) in a frame and in the turned one, for the directions turned along.
    const source = scene(1, 1);
    const raw = gunzipSync(await spzBytes(source, false));
    const stored = [0, 1, 2].map((k) => (raw[raw.length - 9 + 3 * k] - 128) / 128);
    const own = [0, 1, 2].map((k) => source.sphericalHarmonics[3 + 3 * k]);
    const value = ([a, b, c]: number[], [x, y, z]: number[]): number => -a * y + b * z - c * x;
    expect(value(stored, [0.3, -0.5, -0.8])).toBeCloseTo(value(own, [0.3, 0.5, 0.8]), 1);
  });

  it.each([
    ['not an .spz file', Buffer.from('no gzip at all')],
    ['not an .spz file', gzipSync(Buffer.from('something else, long enough'))],
    ['version 4', gzipSync(Buffer.from([0x4e, 0x47, 0x53, 0x50, 4, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0]))],
    [
      'spherical harmonics of degree 9',
      gzipSync(Buffer.from([0x4e, 0x47, 0x53, 0x50, 3, 0, 0, 0, 0, 0, 0, 0, 9, 12, 0, 0])),
    ],
    ['200 fractional bits', gzipSync(Buffer.from([0x4e, 0x47, 0x53, 0x50, 3, 0, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0]))],
    [
      '4,294,967,295 splats are announced',
      gzipSync(Buffer.from([0x4e, 0x47, 0x53, 0x50, 3, 0, 0, 0, 255, 255, 255, 255, 0, 12, 0, 0])),
    ],
    [
      '16 bytes instead of 2,016',
      gzipSync(Buffer.from([0x4e, 0x47, 0x53, 0x50, 3, 0, 0, 0, 100, 0, 0, 0, 0, 12, 0, 0])),
    ],
  ])('refuses: %s', async (message, bytes) => {
    await expect(parseSpz(bytes, 'x.spz')).rejects.toThrow(CaptureError);
    await expect(parseSpz(bytes, 'x.spz')).rejects.toThrow(`x.spz: ${message}`);
  });

  it('stops at what the header announces, however far the rest would unfold', async () => {
    const bomb = Buffer.alloc(64 * 2 ** 20);
    bomb.set([0x4e, 0x47, 0x53, 0x50, 3, 0, 0, 0, 1, 0, 0, 0, 0, 12, 0, 0]);
    await expect(parseSpz(gzipSync(bomb), 'x.spz')).rejects.toThrow('longer than its header says');
  });

  it('gives finite splats or a CaptureError, whatever bytes change', async () => {
    const random = new CounterRandom(3, 'damage');
    const raw = gunzipSync(await spzBytes(scene(4), false));
    const packed = gzipSync(raw);
    let refused = 0;
    for (let run = 0; run < 600; run++) {
      const inside = run % 2 === 0;
      const bytes = Buffer.from(inside ? raw : packed);
      for (let k = 0; k < 3; k++)
        bytes[random.integer(7 * run + 2 * k, bytes.length)] = random.integer(7 * run + 2 * k + 1, 256);
      try {
        const { geometry, sphericalHarmonics } = await parseSpz(inside ? gzipSync(bytes) : bytes, 'x');
        expect(geometry.every(Number.isFinite) && sphericalHarmonics.every(Number.isFinite)).toBe(true);
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
    for (let length = 0; length < packed.length; length += 3)
      await expect(parseSpz(packed.subarray(0, length), 'x')).rejects.toBeInstanceOf(CaptureError);
  });
});

describe('compressed .ply', () => {
  it('comes back within half a step of every attribute', () => {
    const source = scene(600);
    const read = parseSplatPly(compressedPlyBytes(source), 'x.ply');
    expect(read).toMatchObject({ count: 600, shDegree: 3, semantics: null, ids: null, labels: null });
    const order = nearest(source, read);
    expect(new Set(order).size).toBe(600);
    const worst = differences(source, read, order);
    // Ranges of a chunk are at most those of the scene: 8 units, 10 of log-scale, 3.4 of f_dc.
    expect(worst.mean).toBeLessThan(8 / 1023 / 2 + 1e-5);
    expect(worst.logScale).toBeLessThan(10 / 1023 / 2 + 1e-5);
    expect(worst.rotation).toBeLessThan(3 * (Math.SQRT2 / 1023 / 2) + 1e-6);
    expect(worst.opacity).toBeLessThan(0.5 / 255 + 1e-6);
    expect(worst.colour).toBeLessThan(3.4 / 255 / 2 + 1e-5);
    // (n + ½)/256 is the middle of its step: 8/256/2.
    expect(worst.first).toBeLessThan(8 / 512 + 1e-6);
    expect(worst.rest).toBeLessThan(8 / 512 + 1e-6);
  });

  it('has the elements and columns that its readers go by', () => {
    const { elements } = parsePly(compressedPlyBytes(scene(300, 1)), 'x');
    expect(elements.map(({ name, count, columns }) => [name, count, columns.size])).toEqual([
      ['chunk', 2, 18],
      ['vertex', 300, 4],
      ['sh', 300, 9],
    ]);
    expect([...elements[0].columns.keys()].slice(0, 8)).toEqual(
      'min_x min_y min_z max_x max_y max_z min_scale_x min_scale_y'.split(' '),
    );
    expect([...elements[1].columns.keys()]).toEqual([
      'packed_position',
      'packed_rotation',
      'packed_scale',
      'packed_color',
    ]);
    expect(parsePly(compressedPlyBytes(scene(5, 0)), 'x').elements).toHaveLength(2);
    expect(parseSplatPly(compressedPlyBytes(scene(0)), 'x').count).toBe(0);
    // Splats that all lie in one place, and a quaternion of length 0.
    const flat = { count: 2, geometry: new Float32Array(22), sphericalHarmonics: new Float32Array(96) };
    const read = parseSplatPly(compressedPlyBytes(flat), 'x');
    expect([...read.geometry.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(read.geometry[6]).toBeCloseTo(1, 5);
  });

  const column = (values: number[], type: 'f' | 'u' | 'b' = 'f'): PlyColumn =>
    type === 'f' ? Float32Array.from(values) : type === 'u' ? Uint32Array.from(values) : Uint8Array.from(values);
  const ranges = (low: number, high: number): [string, PlyColumn][] =>
    ['x', 'y', 'z', 'scale_x', 'scale_y', 'scale_z'].flatMap((name): [string, PlyColumn][] => [
      [`min_${name}`, column([low])],
      [`max_${name}`, column([high])],
    ]);
  const packed = (values: Partial<Record<string, number>>, type: 'u' | 'f' = 'u'): [string, PlyColumn][] =>
    ['position', 'rotation', 'scale', 'color'].map((name) => [`packed_${name}`, column([values[name] ?? 0], type)]);
  const file = (...elements: PlyElement[]) => writePly({ elements });
  const chunk = (columns = ranges(-1, 3), count = 1): PlyElement => ({
    name: 'chunk',
    count,
    columns: new Map(columns),
  });
  const vertex = (columns = packed({})): PlyElement => ({ name: 'vertex', count: 1, columns: new Map(columns) });

  it('reads the bits as its description spells them, and old files without colour ranges', () => {
    const bits = {
      position: ((2047 << 21) | (0 << 11) | 1024) >>> 0,
      // Largest y (2 of wxyz); w = ½·√2 at 1023, x = −½·√2 at 0, z about 0 at 512: y² = 1 − ½ − ½
      rotation: ((2 << 30) | (1023 << 20) | (0 << 10) | 512) >>> 0,
      color: ((255 << 24) | (0 << 16) | (51 << 8) | 255) >>> 0,
    };
    const { geometry, sphericalHarmonics, shDegree } = parseSplatPly(file(chunk(), vertex(packed(bits))), 'x');
    expect(shDegree).toBe(0);
    expect(geometry[0]).toBeCloseTo(3, 6);
    expect(geometry[1]).toBeCloseTo(-1, 6);
    expect(geometry[2]).toBeCloseTo(-1 + (4 * 1024) / 2047, 5);
    expect(geometry[6]).toBeCloseTo(Math.SQRT1_2, 5);
    expect(geometry[7]).toBeCloseTo(-Math.SQRT1_2, 5);
    expect(geometry[8]).toBeCloseTo(0, 2);
    expect(geometry[10]).toBe(16);
    // (1 − ½)/C0 and so on, with C0 = 0.2820948
    expect(sphericalHarmonics[0]).toBeCloseTo(0.5 / 0.2820948, 5);
    expect(sphericalHarmonics[1]).toBeCloseTo(-0.5 / 0.2820948, 5);
    expect(sphericalHarmonics[2]).toBeCloseTo(-0.3 / 0.2820948, 5);
  });

  const sh = (count: number, columns: number, type: 'b' | 'f' = 'b'): PlyElement => ({
    name: 'sh',
    count,
    columns: new Map(
      Array.from({ length: columns }, (_, i) => [`f_rest_${i}`, column(Array<number>(count).fill(0), type)]),
    ),
  });
  it.each<[string, PlyElement[]]>([
    ['element chunk', [vertex()]],
    [
      '0 chunks are too few for 1 splats',
      [
        chunk(
          ranges(0, 1).map(([name]) => [name, column([])]),
          0,
        ),
        vertex(),
      ],
    ],
    ['min_y', [chunk(ranges(0, 1).filter(([name]) => name !== 'min_y')), vertex()]],
    ['not finite', [chunk(ranges(Number.NaN, 1)), vertex()]],
    ['not a column of uint', [chunk(), vertex(packed({}, 'f'))]],
    ['2 rows for 1 splats', [chunk(), vertex(), sh(2, 9)]],
    ['8 columns fit no degree', [chunk(), vertex(), sh(1, 8)]],
    ['not a column of uchar', [chunk(), vertex(), sh(1, 9, 'f')]],
  ])('refuses: %s', (message, elements) => {
    expect(() => parseSplatPly(file(...elements), 'x.ply')).toThrow(CaptureError);
    expect(() => parseSplatPly(file(...elements), 'x.ply')).toThrow(message);
  });

  const guitar = sharedPath('splats', 'guitar.compressed.ply');
  it.runIf(guitar !== null)("reads SuperSplat's guitar, and keeps it through its own writer", async () => {
    const read = await readSplats(guitar!);
    expect(read).toMatchObject({ count: 90_854, shDegree: 0 });
    expect(read.geometry.every(Number.isFinite) && read.sphericalHarmonics.every(Number.isFinite)).toBe(true);
    const lengths = inOrder(1000).map((row) => Math.hypot(...read.geometry.subarray(11 * row + 6, 11 * row + 10)));
    lengths.forEach((length) => expect(length).toBeCloseTo(1, 3));
    const first = { ...read, count: 2000 };
    const again = parseSplatPly(compressedPlyBytes(first), 'x');
    const worst = differences(first, again, nearest(first, again));
    expect(worst.opacity).toBeLessThan(1e-5);
    expect(worst.mean).toBeLessThan(0.01);
  });
});

describe('readSplats', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'legato-splats-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('goes by what a file holds, and names one that is missing or no file', async () => {
    const source = scene(3);
    await writeFile(join(folder, 'a.spz'), await spzBytes(source, false));
    await writeFile(join(folder, 'b.ply'), compressedPlyBytes(source));
    expect((await readSplats(join(folder, 'a.spz'))).count).toBe(3);
    expect((await readSplats(join(folder, 'b.ply'))).count).toBe(3);
    // As version 4 begins, which is no gzip any more.
    await writeFile(join(folder, 'c.spz'), Buffer.from([0x4e, 0x47, 0x53, 0x50, 4, 0, 0, 0, 3, 0, 0, 0, 3, 12, 0, 6]));
    await expect(readSplats(join(folder, 'c.spz'))).rejects.toThrow('version 4 of .spz is not read; export it as');
    await expect(readSplats('/nowhere/scene.ply')).rejects.toThrow(/\/nowhere\/scene\.ply: cannot be opened/);
    await expect(readSplats(folder)).rejects.toThrow('is not a file');
  });
});
