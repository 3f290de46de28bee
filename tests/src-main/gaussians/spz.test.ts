/** .spz files, there and back: every attribute within half a step of the format, whatever the bytes within typed errors. */
import { gzipSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../src-main/base/random';
import { CaptureError } from '../../../src-main/capture/errors';
import { GaussianError } from '../../../src-main/gaussians/errors';
import { parseSpz, spzBytes } from '../../../src-main/gaussians/spz';
import { differences, inOrder, scene } from './compactScene';

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
