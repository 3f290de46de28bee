import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../../src-main/capture/errors';
import { parsePly, PlyError, writePly, type PlyColumn } from '../../../src-main/capture/ply';

const text = (source: string): Uint8Array => new TextEncoder().encode(source);

/** One column of every type, with values at the ends of each range. */
const EVERY_TYPE: [string, PlyColumn][] = [
  ['a', new Int8Array([-128, 127, 0])],
  ['b', new Uint8Array([0, 255, 1])],
  ['c', new Int16Array([-32768, 32767, 5])],
  ['d', new Uint16Array([0, 65535, 7])],
  ['e', new Int32Array([-(2 ** 31), 2 ** 31 - 1, 9])],
  ['f', new Uint32Array([0, 2 ** 32 - 1, 11])],
  ['x', new Float32Array([1.5, -3.25e20, Number.NaN])],
  ['y', new Float64Array([Math.PI, -1e300, Infinity])],
];

describe('parsePly and writePly', () => {
  it('give back every column type bit for bit', () => {
    const bytes = writePly({
      comments: ['two\nlines'],
      elements: [
        { name: 'vertex', count: 3, columns: new Map(EVERY_TYPE) },
        { name: 'empty', count: 0, columns: new Map() },
      ],
    });
    const file = parsePly(bytes, 'a.ply');
    expect(file.format).toBe('binary_little_endian');
    expect(file.comments).toEqual(['two lines']);
    expect([...file.elements[0].columns]).toEqual(EVERY_TYPE);
    expect(file.elements[1]).toMatchObject({ name: 'empty', count: 0 });
  });

  it('keep a wide table whose rows exceed one block', () => {
    const count = 1300;
    const columns = new Map<string, PlyColumn>();
    for (let c = 0; c < 62; c++)
      columns.set(
        `p${c}`,
        Float32Array.from({ length: count }, (_, row) => row * 100 + c),
      );
    const [element] = parsePly(writePly({ elements: [{ name: 'vertex', count, columns }] }), 'a.ply').elements;
    expect(element.columns).toEqual(columns);
  });

  it('read from a view that does not start at its buffer', () => {
    const bytes = writePly({ elements: [{ name: 'v', count: 3, columns: new Map(EVERY_TYPE) }] });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect([...parsePly(shifted.subarray(3), 'a.ply').elements[0].columns]).toEqual(EVERY_TYPE);
  });

  it('read ascii with Windows line endings, sized type names, nan and skipped lists', () => {
    const file = parsePly(
      text(
        'ply\r\nformat ascii 1.0\r\nelement vertex 2\r\nproperty float32 x\r\nproperty list uint8 int32 seen\r\n' +
          'property uint8 red\r\nend_header\r\n1.5 2 7 8 255\r\n-nan 0 0\r\n',
      ),
      'a.ply',
    );
    expect([...file.elements[0].columns]).toEqual([
      ['x', new Float32Array([1.5, Number.NaN])],
      ['red', new Uint8Array([255, 0])],
    ]);
  });

  it('read big endian, and skip lists in binary', () => {
    const body = Buffer.alloc(2 * (1 + 4 + 2) + 4);
    let at = body.writeUInt8(1, 0);
    at = body.writeInt32BE(99, at);
    at = body.writeFloatBE(2.5, at);
    at = body.writeUInt16BE(513, at);
    at = body.writeUInt8(0, at);
    at = body.writeFloatBE(-1, at);
    body.writeUInt16BE(2, at);
    const header =
      'ply\nformat binary_big_endian 1.0\nelement v 2\nproperty list uchar int l\nproperty float x\nproperty ushort n\nend_header\n';
    const [element] = parsePly(Buffer.concat([text(header), body]), 'a.ply').elements;
    expect([...element.columns.values()]).toEqual([new Float32Array([2.5, -1]), new Uint16Array([513, 2])]);
  });

  const vertex = 'ply\nformat ascii 1.0\nelement vertex 1\n';
  it.each([
    ['not a PLY file', 'obj\n'],
    ['unknown format', 'ply\nformat middle_endian 1.0\nend_header\n'],
    ['no format', 'ply\nend_header\n'],
    ['does not end', 'ply\nformat ascii 1.0\n'],
    ['over 256 KiB', `ply\ncomment ${'x'.repeat(300_000)}`],
    ['count', 'ply\nformat ascii 1.0\nelement vertex -4\nend_header\n'],
    ['claims 999999999999 rows', 'ply\nformat ascii 1.0\nelement vertex 999999999999\nend_header\n'],
    ['before any element', 'ply\nformat ascii 1.0\nproperty float x\nend_header\n'],
    ['unknown type', `${vertex}property half x\nend_header\n1`],
    ['appears twice', `${vertex}property float x\nproperty float x\nend_header\n1 1`],
    ['no integer length', `${vertex}property list float int x\nend_header\n1 1`],
    ['unknown keyword "hello?"', 'ply\nhello\u0007\n'],
    [
      '2,000,000,000 rows are announced',
      'ply\nformat ascii 1.0\nelement v 2000000000\nproperty float x\nend_header\n1',
    ],
    ['expected a number', `${vertex}property float x\nend_header\nseven\n`],
    ['type uchar', `${vertex}property uchar x\nend_header\n256\n`],
    ['truncated', `${vertex}property float x\nproperty float y\nend_header\n1.5 \n`],
    ['type char', `${vertex}property list char int l\nend_header\n-1\n`],
  ])('refuse: %s', (message, source) => {
    expect(() => parsePly(text(source), 'bad.ply')).toThrow(PlyError);
    expect(() => parsePly(text(source), 'bad.ply')).toThrow(message);
    expect(() => parsePly(text(source), 'bad.ply')).toThrow('bad.ply');
  });

  it('read at most nothing from an element without properties, however many rows it claims', () => {
    const file = parsePly(text('ply\nformat ascii 1.0\nelement v 2000000000\nend_header\n'), 'a.ply');
    expect(file.elements[0].columns.size).toBe(0);
  });

  it('refuse columns that do not fit together', () => {
    const columns = new Map([['x', new Float32Array(2)]]);
    expect(() => writePly({ elements: [{ name: 'v', count: 3, columns }] })).toThrow(RangeError);
    expect(() => writePly({ elements: [{ name: 'v w', count: 2, columns }] })).toThrow(RangeError);
  });

  it('end in a table or a typed error whatever bytes are cut or flipped', () => {
    const list = text(
      'ply\nformat ascii 1.0\nelement v 2\nproperty list uchar int l\nproperty float x\nend_header\n1 5 1.5\n0 2\n',
    );
    const binary = writePly({ elements: [{ name: 'v', count: 3, columns: new Map(EVERY_TYPE) }] });
    const survives = (bytes: Uint8Array): void => {
      try {
        for (const { columns } of parsePly(bytes, 'a.ply').elements) {
          for (const column of columns.values()) expect(column.byteLength).toBeLessThanOrEqual(4 * bytes.length + 8);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(CaptureError);
      }
    };
    for (const whole of [list, binary]) {
      for (let length = 0; length < whole.length; length++) survives(whole.subarray(0, length));
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
          (flips) => {
            const bytes = whole.slice();
            for (const [at, value] of flips) bytes[at] = value;
            survives(bytes);
          },
        ),
        { seed: 11, numRuns: 1500 },
      );
    }
  });
});
