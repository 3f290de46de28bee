/** Frames: what is written is read back, and nothing else is read: truncated, oversized, mislabelled and random bytes are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, FrameError, MAGIC } from '#contract/frame';
import type { FrameDescription } from '#contract/frame';

const snapshot = (count: number): FrameDescription => ({
  kind: 'snapshot',
  rows: 1,
  sequence: 3,
  step: 120,
  count,
  shDegree: 1,
  origin: [1, -2, 3.5],
  rgbMin: 0,
  rgbMax: 1,
  lnScaleMin: -9,
  lnScaleMax: 1,
  sh1Max: 1,
  sh2Max: 1,
  sh3Max: 1,
  antialiased: false,
  centre: [0, 0, 0],
  radius: 2,
  extent: 4,
});

const arrays = (count: number) => ({
  splats: Uint32Array.from({ length: 4 * count }, (_, i) => (i * 2_654_435_761) >>> 0),
  sh1: Uint32Array.from({ length: 2 * count }, (_, i) => i),
  ids: Uint32Array.from({ length: count }, (_, i) => 0xffff_ffff - i),
  uncertainty: Uint16Array.from({ length: count }, (_, i) => i),
});

/** Bytes with another header of the same length. */
function withHeader(frame: Uint8Array<ArrayBuffer>, change: (text: string) => string): ArrayBuffer {
  const length = new DataView(frame.buffer).getUint32(4, true);
  const text = new TextDecoder().decode(frame.subarray(8, 8 + length));
  const changed = new TextEncoder().encode(change(text));
  expect(changed.length).toBe(length);
  const bytes = frame.slice();
  bytes.set(changed, 8);
  return bytes.buffer;
}

describe('frames', () => {
  it('come back as they were, without a copy, at every count', () => {
    for (const count of [0, 1, 5, 64]) {
      const frame = encodeFrame(snapshot(count), arrays(count));
      const { header, sections } = decodeFrame(frame.buffer);
      const { sections: list, ...description } = header;
      expect(description).toEqual(snapshot(count));
      expect(list.map(({ name }) => name)).toEqual(['splats', 'sh1', 'ids', 'uncertainty']);
      for (const [name, array] of Object.entries(arrays(count))) {
        expect(sections.get(name)).toEqual(array);
        expect(sections.get(name)?.buffer).toBe(frame.buffer);
      }
    }
  });

  it('refuses every truncation', () => {
    const frame = encodeFrame(snapshot(4), arrays(4));
    // The last section may be followed by padding, which carries nothing.
    const used = frame.length - (16 - ((2 * 4) % 16));
    for (let length = 0; length < used; length++)
      expect(() => decodeFrame(frame.slice(0, length).buffer), `${length} bytes`).toThrow(FrameError);
  });

  it('refuses other kinds, counts that the sections do not have, and sections that come twice', () => {
    const frame = encodeFrame(snapshot(4), arrays(4));
    const refused = (change: (text: string) => string, words: RegExp) =>
      expect(() => decodeFrame(withHeader(frame, change))).toThrow(words);
    refused((text) => text.replace('"snapshot"', '"snapshat"'), /frame header: kind/);
    refused((text) => text.replace('"count":4', '"count":5'), /"splats" is not u32\[20\]/);
    refused((text) => text.replace('"type":"u16"', '"type":"u8" '), /"uncertainty" is not u16\[4\]/);
    refused((text) => text.replace('"name":"ids"', '"name":"sh1"'), /"sh1" comes twice/);
    refused((text) => text.replace('"step":120', '"step":-20'), /frame header: step/);
    refused((text) => text.replace('{', '['), /not JSON/);
    expect(() => decodeFrame(encodeFrame(snapshot(1), { splats: new Uint32Array(4) }).buffer)).toThrow(/lacks section/);
  });

  it('never answers anything but a FrameError to random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, marked) => {
        const copy = Uint8Array.from(bytes);
        if (marked && copy.length >= 8) {
          const view = new DataView(copy.buffer);
          view.setUint32(0, MAGIC, true);
          view.setUint32(4, view.getUint32(4, true) % 256, true);
        }
        expect(() => decodeFrame(copy.buffer)).toThrow(FrameError);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
