/**
 * Compressed .ply files, there and back: every attribute within half a step of the format. What other programs wrote is
 * `guitar.compressed.ply` and the bits spelled out below.
 */
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../../src-main/capture/errors';
import { parsePly, writePly, type PlyColumn, type PlyElement } from '../../../src-main/capture/ply';
import { compressedPlyBytes } from '../../../src-main/gaussians/compressedPly';
import { parseSplatPly } from '../../../src-main/gaussians/ply';
import { readSplats } from '../../../src-main/gaussians/splatFile';
import { sharedPath } from '../../shared';
import { differences, inOrder, nearest, scene } from './compactScene';

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
