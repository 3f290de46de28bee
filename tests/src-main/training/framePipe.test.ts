/** Frames through a real pipe: whole, in order, however they are cut; a far end that is closed ends nothing else. */
import { randomBytes } from 'node:crypto';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FRAME_LIMIT } from '#contract/frame';
import { FrameReader, FrameWriter } from '../../../src-main/training/framePipe';

it('puts together what was sent, cut anywhere', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'legato-pipe-'));
  const fd = openSync(join(folder, 'bytes'), 'w');
  const frames = [5000, 0, 1, 300].map((length) => new Uint8Array(randomBytes(length)));
  const writer = new FrameWriter(fd);
  for (const frame of frames) writer.send(frame);
  await writer.drained;
  closeSync(fd);
  const bytes = readFileSync(join(folder, 'bytes'));
  for (const piece of [1, 3, 4, 5, 1024, bytes.length]) {
    const got: Uint8Array[] = [];
    const reader = new FrameReader((frame) => got.push(frame));
    for (let at = 0; at < bytes.length; at += piece) expect(reader.push(bytes.subarray(at, at + piece))).toBe(true);
    expect(got).toEqual(frames);
  }
  await rm(folder, { recursive: true });
});

it('gives up a pipe whose lengths make no sense', () => {
  const reader = new FrameReader(() => expect.unreachable());
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, FRAME_LIMIT + 1, true);
  expect(reader.push(bytes)).toBe(false);
  expect(reader.push(new Uint8Array(100))).toBe(false);
});

it('goes on without a far end', async () => {
  const fd = openSync(process.execPath, 'r');
  const writer = new FrameWriter(fd);
  writer.send(new Uint8Array(10));
  writer.send(new Uint8Array(10));
  await writer.drained;
  closeSync(fd);
});
