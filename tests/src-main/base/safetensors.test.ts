import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFileAtomically } from '../../../src-main/base/atomicFile';
import {
  type NamedTensor,
  parseSafetensorsHeader,
  readSafetensors,
  safetensorsChunks,
  SafetensorsError,
} from '../../../src-main/base/safetensors';
import { temporaryFolder } from './temporaryFolder';

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const parse = (header: unknown, dataBytes: number) =>
  parseSafetensorsHeader('x.safetensors', encode(header), dataBytes);

async function sample(): Promise<string> {
  const path = join(await temporaryFolder(), 'sample.safetensors');
  const tensors: [string, NamedTensor][] = [
    ['weights', { shape: [2, 3], data: Float32Array.of(1, -0, NaN, Infinity, 1e-40, 3.4e38) }],
    ['__proto__', { shape: [2], data: Uint32Array.of(0, 0xffffffff) }],
    ['bytes', { shape: [3], data: Uint8Array.of(0, 127, 255) }],
    ['halves', { shape: [3, 1], data: Uint16Array.of(0x3c00, 0xfc00, 0x7e01) }],
    ['none', { shape: [0, 5], data: new Float32Array(0) }],
    ['scalar', { shape: [], data: Uint8Array.of(9) }],
  ];
  await writeFileAtomically(path, safetensorsChunks(tensors, { format: 'legato' }));
  return path;
}

/** Round trip is exact to the bit; anything that does not hold together is a typed error, never a crash or a huge allocation. */
describe('safetensors', () => {
  it('round-trips every type to the bit, and hashes all bytes', async () => {
    const path = await sample();
    const hash = createHash('sha256');
    const { tensors, metadata } = await readSafetensors(path, { hash });
    expect(metadata).toEqual({ format: 'legato' });
    expect(tensors.get('weights')?.shape).toEqual([2, 3]);
    const weights = tensors.get('weights')?.data;
    expect(weights).toBeInstanceOf(Float32Array);
    expect(new Uint32Array(weights!.buffer)).toEqual(
      new Uint32Array(Float32Array.of(1, -0, NaN, Infinity, 1e-40, 3.4e38).buffer),
    );
    expect(tensors.get('__proto__')?.data).toEqual(Uint32Array.of(0, 0xffffffff));
    expect(tensors.get('bytes')?.data).toEqual(Uint8Array.of(0, 127, 255));
    expect(tensors.get('halves')).toEqual({ shape: [3, 1], data: Uint16Array.of(0x3c00, 0xfc00, 0x7e01) });
    expect(tensors.get('none')?.shape).toEqual([0, 5]);
    expect(tensors.get('scalar')).toEqual({ shape: [], data: Uint8Array.of(9) });
    expect(hash.digest('hex')).toBe(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );
  });

  it('aligns the data to 8 bytes', async () => {
    const bytes = await readFile(await sample());
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0);
  });

  it('writes views of the tensors, not copies', () => {
    const data = new Float32Array(10).subarray(2, 5);
    const chunks = [...safetensorsChunks([['a', { shape: [3], data }]])];
    expect(chunks[1].buffer).toBe(data.buffer);
    expect(chunks[1].byteLength).toBe(12);
  });

  it('refuses to write a shape that does not match', () => {
    const chunks = safetensorsChunks([['a', { shape: [2], data: new Float32Array(3) }]]);
    expect(() => [...chunks]).toThrow(/tensor "a".*\[2\]/);
  });

  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  it.each([
    ['not JSON', 'nonsense', 0, /not JSON/],
    ['an array', [], 0, /not a JSON object/],
    ['overlap', { a: f32(0, 8), b: f32(4, 12) }, 12, /"b": overlaps/],
    ['a gap', { a: f32(0, 4), b: f32(8, 12) }, 12, /"b": a gap/],
    ['a tail', { a: f32(0, 4) }, 12, /8 bytes after/],
    ['out of bounds', { a: f32(0, 400) }, 12, /"a": bytes 0–400 lie outside/],
    ['reversed offsets', { a: { dtype: 'F32', shape: [], data_offsets: [8, 4] } }, 8, /lie outside/],
    ['a shape that lies', { a: f32(0, 8, [3]) }, 8, /needs 12 bytes/],
    ['a shape that overflows', { a: f32(0, 8, [2 ** 40, 2 ** 40]) }, 8, /needs/],
    ['a negative size', { a: f32(0, 8, [-2]) }, 8, /malformed/],
    ['an unknown type', { a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, 4, /BF16 is not supported/],
    [
      'a name twice',
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      0,
      /"a": the name appears twice/,
    ],
    ['metadata that is not text', { __metadata__: { a: 1 } }, 0, /__metadata__/],
  ])('refuses %s', (_name, header, dataBytes, message) => {
    expect(() => parse(header, dataBytes)).toThrow(SafetensorsError);
    expect(() => parse(header, dataBytes)).toThrow(message);
  });

  it('does not take a repeated word inside an entry for a repeated name', () => {
    expect(parse({ dtype: { dtype: 'U8', shape: [0], data_offsets: [0, 0] } }, 0).entries).toHaveLength(1);
  });

  it('refuses a header length beyond the file before allocating it', async () => {
    const path = join(await temporaryFolder(), 'x.safetensors');
    await writeFile(path, Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 1, 2, 3));
    await expect(readSafetensors(path)).rejects.toThrow(/does not fit/);
  });

  it('survives any damage: truncation and random bytes give a SafetensorsError or an equal-size result (300 seeded runs)', async () => {
    const original = await readFile(await sample());
    const path = join(await temporaryFolder(), 'damaged.safetensors');
    const edits = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length), edits, async (length, changes) => {
        const bytes = Uint8Array.from(original);
        for (const [at, value] of changes) bytes[at] = value;
        await writeFile(path, bytes.subarray(0, length));
        try {
          const { tensors } = await readSafetensors(path);
          let total = 0;
          for (const { data } of tensors.values()) total += data.byteLength;
          expect(total).toBeLessThan(length);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
