import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../../src-main/capture/errors';
import { modelFromSplats } from '../../../src-main/gaussians/fromSplats';
import { parseSplatPly, splatPlyChunks, type SplatSource } from '../../../src-main/gaussians/ply';
import { CounterRandom } from '../../../src-main/base/random';
import { usePlainTensors } from './fixtures';

function splats(count: number): SplatSource & { semantics: Float32Array; ids: Uint32Array } {
  const random = new CounterRandom(6, 'splats');
  let index = 0;
  const values = (length: number) => Float32Array.from({ length }, () => random.normal(index++));
  return {
    count,
    geometry: values(count * 11),
    sphericalHarmonics: values(count * 48),
    semantics: values(count * 9),
    ids: Uint32Array.from({ length: count }, (_, i) => 0xfffffffe - i),
    labels: Int32Array.from({ length: count }, (_, i) => i - 1),
    instances: Int32Array.from({ length: count }, (_, i) => 7 * i),
  };
}

const bytesOf = (source: SplatSource): Uint8Array => Buffer.concat([...splatPlyChunks(source)]);

/** A second reader, written from the format alone: names to columns of numbers. */
function independentRead(bytes: Uint8Array): Map<string, number[]> {
  const text = new TextDecoder('latin1').decode(bytes);
  const end = text.indexOf('end_header\n') + 'end_header\n'.length;
  const properties = [...text.slice(0, end).matchAll(/property (\w+) (\w+)/g)].map(([, type, name]) => ({
    type,
    name,
  }));
  const count = Number(/element vertex (\d+)/.exec(text)?.[1]);
  const view = new DataView(bytes.buffer, bytes.byteOffset + end, bytes.byteLength - end);
  const columns = new Map(properties.map(({ name }): [string, number[]] => [name, []]));
  let at = 0;
  for (let row = 0; row < count; row++)
    for (const { type, name } of properties) {
      const value =
        type === 'float'
          ? view.getFloat32(at, true)
          : type === 'int'
            ? view.getInt32(at, true)
            : view.getUint32(at, true);
      columns.get(name)?.push(value);
      at += 4;
    }
  expect(at).toBe(view.byteLength);
  return columns;
}

/** Text files make it easy to say exactly what is in them. */
function textPly(columns: Record<string, number | string>, type = 'float', rows = 1): Uint8Array {
  const header = Object.keys(columns).map((name) => `property ${type} ${name}`);
  const line = Object.values(columns).join(' ');
  return new TextEncoder().encode(
    ['ply', 'format ascii 1.0', `element vertex ${rows}`, ...header, 'end_header', line, ''].join('\n'),
  );
}

function minimal(rest = 0): Record<string, number | string> {
  const columns: Record<string, number | string> = { x: 1, y: 2, z: 3, f_dc_0: 0.1, f_dc_1: 0.2, f_dc_2: 0.3 };
  for (let i = 0; i < rest; i++) columns[`f_rest_${i}`] = i + 1;
  return { ...columns, opacity: 0.5, scale_0: -1, scale_1: -2, scale_2: -3, rot_0: 1, rot_1: 0, rot_2: 0, rot_3: 0 };
}

describe('splat .ply', () => {
  usePlainTensors();

  it('comes back to the bit (u, through the sigmoid, within 1e-4 of its logit)', () => {
    const source = splats(9000);
    const read = parseSplatPly(bytesOf(source), 'x.ply');
    expect(read.shDegree).toBe(3);
    expect(read.geometry).toEqual(source.geometry);
    expect(read.sphericalHarmonics).toEqual(source.sphericalHarmonics);
    expect(read.ids).toEqual(source.ids);
    expect(read.labels).toEqual(source.labels);
    expect(read.instances).toEqual(source.instances);
    source.semantics.forEach((value, i) => {
      const back = read.semantics![i];
      if (i % 9 < 8 ? back !== value : Math.abs(back - value) > 1e-4)
        expect.fail(`semantics ${i}: ${back}, not ${value}`);
    });
  });

  it('is what an independent reader expects: standard columns in order, f_rest channel by channel', () => {
    const source = splats(5);
    const columns = independentRead(bytesOf(source));
    const names = [...columns.keys()];
    expect(names.slice(0, 10)).toEqual(['x', 'y', 'z', 'nx', 'ny', 'nz', 'f_dc_0', 'f_dc_1', 'f_dc_2', 'f_rest_0']);
    expect(names.slice(54, 62)).toEqual([
      'opacity',
      'scale_0',
      'scale_1',
      'scale_2',
      'rot_0',
      'rot_1',
      'rot_2',
      'rot_3',
    ]);
    expect(names.slice(62)).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `semantic_${i}`),
      ...['uncertainty', 'label', 'instance', 'id'],
    ]);
    const row = 3;
    const value = (name: string) => columns.get(name)?.[row];
    expect(value('z')).toBe(source.geometry[row * 11 + 2]);
    expect(value('ny')).toBe(0);
    expect(value('scale_1')).toBe(source.geometry[row * 11 + 4]);
    expect(value('rot_0')).toBe(source.geometry[row * 11 + 6]);
    expect(value('opacity')).toBe(source.geometry[row * 11 + 10]);
    expect(value('f_dc_1')).toBe(source.sphericalHarmonics[row * 48 + 1]);
    // First coefficient of red, last of green, first of blue.
    expect(value('f_rest_0')).toBe(source.sphericalHarmonics[row * 48 + 3]);
    expect(value('f_rest_29')).toBe(source.sphericalHarmonics[row * 48 + 3 * 15 + 1]);
    expect(value('f_rest_30')).toBe(source.sphericalHarmonics[row * 48 + 3 + 2]);
    expect(value('uncertainty')).toBe(Math.fround(1 / (1 + Math.exp(-source.semantics[row * 9 + 8]))));
    expect(value('label')).toBe(2);
    expect(value('id')).toBe(0xfffffffe - 3);
  });

  it('writes scenes without semantics, labels and ids, and without any splat', () => {
    const { count, geometry, sphericalHarmonics } = splats(2);
    const plain = parseSplatPly(bytesOf({ count, geometry, sphericalHarmonics }), 'x.ply');
    expect(plain).toMatchObject({ semantics: null, ids: null, labels: Int32Array.of(-1, -1) });
    expect(parseSplatPly(bytesOf({ ...splats(2), count: 0 }), 'x.ply').count).toBe(0);
  });

  it.each([
    [0, 0],
    [1, 9],
    [2, 24],
    [3, 45],
  ])('reads degree %i with the missing coefficients zero', (degree, rest) => {
    for (const type of ['float', 'double']) {
      const read = parseSplatPly(textPly(minimal(rest), type), 'x.ply');
      expect(read.shDegree).toBe(degree);
      const perChannel = rest / 3;
      for (let k = 1; k < 16; k++)
        for (let channel = 0; channel < 3; channel++)
          expect(read.sphericalHarmonics[3 * k + channel]).toBe(k <= perChannel ? channel * perChannel + k : 0);
      expect([...read.geometry]).toEqual([1, 2, 3, -1, -2, -3, 1, 0, 0, 0, 0.5]);
      expect(read).toMatchObject({ semantics: null, ids: null, labels: null, instances: null });
    }
  });

  it('takes the ends of ranges for what they mean, and makes a null rotation the identity', () => {
    const columns = { ...minimal(), opacity: 'inf', scale_2: '-inf', rot_0: 0 };
    const { geometry } = parseSplatPly(textPly(columns), 'x.ply');
    expect([geometry[10], geometry[5]]).toEqual([16, -40]);
    expect([...geometry.slice(6, 10)]).toEqual([1, 0, 0, 0]);
  });

  it('keeps u = 0 and u = 1 finite as logits', () => {
    const semantic = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`semantic_${i}`, i]));
    const logits = [0, 1].map(
      (uncertainty) => parseSplatPly(textPly({ ...minimal(), ...semantic, uncertainty }), 'x').semantics![8],
    );
    expect(logits).toEqual([-16, 16]);
  });

  const without = (name: string) => Object.fromEntries(Object.entries(minimal()).filter(([key]) => key !== name));
  it.each([
    ['a point cloud', textPly({ x: 1, y: 2, z: 3 }), /f_dc_0|scale_0/],
    ['no opacity', textPly(without('opacity')), /opacity/],
    ['NaN', textPly({ ...minimal(), y: 'nan' }), /y, row 1 of 1/],
    ['a double beyond float32', textPly({ ...minimal(), x: '1e300' }, 'double'), /x, row 1/],
    ['an infinite scale', textPly({ ...minimal(), scale_0: 'inf' }), /scale_0/],
    ['a strange number of coefficients', textPly(minimal(10)), /10 columns fit no degree/],
    ['a huge count', textPly(minimal(), 'float', 4_000_000_000), /4000000000 rows|announced/],
    ['no vertices', new TextEncoder().encode('ply\nformat ascii 1.0\nend_header\n'), /vertex/],
  ])('refuses %s, naming file and column', (_name, bytes, message) => {
    expect(() => parseSplatPly(bytes, 'scene.ply')).toThrow(CaptureError);
    expect(() => parseSplatPly(bytes, 'scene.ply')).toThrow(message);
    expect(() => parseSplatPly(bytes, 'scene.ply')).toThrow(/scene\.ply/);
  });

  it('refuses every truncation and survives random damage with a typed error (200 seeded runs)', () => {
    const bytes = bytesOf(splats(20));
    for (let length = 0; length < bytes.length; length += 97)
      expect(() => parseSplatPly(bytes.subarray(0, length), 'x.ply')).toThrow(CaptureError);
    const edits = fc.array(fc.tuple(fc.nat(2500), fc.nat(255)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(edits, (changes) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, value] of changes) damaged[at] = value;
        try {
          const { count, geometry } = parseSplatPly(damaged, 'x.ply');
          expect(geometry.length).toBe(count * 11);
          expect(geometry.every(Number.isFinite)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError);
        }
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('becomes a model: with its ids, or with new ones and a seeded S_G where the file has none', () => {
    const model = modelFromSplats(parseSplatPly(bytesOf(splats(3)), 'x.ply'), 1);
    expect([...model.ids.subarray(0, 3)]).toEqual([0xfffffffe, 0xfffffffd, 0xfffffffc]);
    expect(model.nextId).toBe(0xffffffff);
    model.dispose();
    const bare = modelFromSplats(parseSplatPly(textPly(minimal()), 'x.ply'), 1);
    expect(bare.ids[0]).toBe(1);
    expect(
      bare
        .arrays()
        .semantics.slice(0, 8)
        .every((value) => value !== 0),
    ).toBe(true);
    bare.dispose();
  });
});
