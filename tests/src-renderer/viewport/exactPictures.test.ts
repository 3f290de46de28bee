/** Pictures of the trainer: asked for one by one, kept until their successor is here, and asked for again when they answer a question that is over. */
import { describe, expect, it, vi } from 'vitest';
import { decodeFrame, encodeFrame } from '#contract/frame';
import type { Frame, FrameOf, PictureChannel } from '#contract/frame';
import { classTexels, ExactPictures } from '../../../src-renderer/viewport/exactPictures';
import type { PictureRequest } from '../../../src-renderer/viewport/exactPictures';

type PictureFrame = Frame & { header: FrameOf<'picture'> };

/** A picture of 2×1 pixels as the trainer sends it. */
function pictureOf({ request, channel }: PictureRequest, ask = 0, width = 2): PictureFrame {
  const values = channel === 'class' ? new Uint8Array(width) : new Uint16Array(width);
  const sections = {
    alpha: new Uint8Array(width).fill(255),
    values,
    ...(channel === 'class' && { relevancy: new Uint16Array(width) }),
  };
  const bytes = encodeFrame(
    {
      ...{ kind: 'picture', sequence: 1, step: 7, request, channel, way: 'decoded', ask, width, height: 1 },
      ...{ near: 0, far: 1, cost: 3 },
    },
    sections,
  );
  return decodeFrame(bytes.buffer) as PictureFrame;
}

function pictures() {
  const asked: PictureRequest[] = [];
  let changes = 0;
  const exact = new ExactPictures(
    (request) => asked.push(request),
    () => changes++,
  );
  return { exact, asked, changes: () => changes };
}

const channels: PictureChannel[] = ['depth', 'class'];

describe('exact pictures', () => {
  it('are asked for one after the other, and are exact when each shown channel has one', () => {
    const { exact, asked, changes } = pictures();
    expect(exact.state).toBe('live');
    exact.want(channels);
    expect(asked.map(({ channel }) => channel)).toEqual(['depth']);
    expect(exact.state).toBe('waiting');
    expect(exact.take(pictureOf(asked[0]))).toBe(true);
    expect(asked.map(({ channel }) => channel)).toEqual(['depth', 'class']);
    expect(exact.take(pictureOf(asked[1]))).toBe(true);
    expect(exact.state).toBe('exact');
    expect(changes()).toBe(2);
    expect(exact.get('class')?.header.step).toBe(7);
  });

  it('stay until their successor is here, and a request that is under way is not doubled', () => {
    const { exact, asked } = pictures();
    exact.want(['depth']);
    exact.take(pictureOf(asked[0]));
    exact.want(['depth']);
    exact.want(['depth']);
    expect(asked).toHaveLength(2);
    expect(exact.state).toBe('exact');
    exact.take(pictureOf(asked[1]));
    // What was wanted meanwhile comes after it.
    expect(asked).toHaveLength(3);
  });

  it('give way to a live picture of a later step, but not before one has had time to look', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const { exact, asked, changes } = pictures();
      exact.want(['depth']);
      exact.take(pictureOf(asked[0]));
      exact.want(['depth']);
      vi.advanceTimersByTime(5000);
      exact.giveWay('depth', 9);
      expect(exact.state).toBe('exact');
      vi.advanceTimersByTime(5000);
      exact.giveWay('depth', 7);
      expect(exact.state).toBe('exact');
      exact.giveWay('depth', 8);
      expect([exact.state, changes()]).toEqual(['waiting', 2]);
      exact.take(pictureOf(asked[1]));
      expect(exact.state).toBe('exact');
    } finally {
      vi.useRealTimers();
    }
  });

  it('that nobody waits for are left out, also those of a camera that has moved on', () => {
    const { exact, asked } = pictures();
    exact.want(['depth']);
    exact.drop();
    expect(exact.take(pictureOf(asked[0]))).toBe(false);
    expect(exact.state).toBe('live');
    exact.want(['depth']);
    expect(exact.take(pictureOf({ request: asked[1].request, channel: 'opacity' }))).toBe(false);
    expect(exact.state).toBe('waiting');
  });

  it('of a question that is over are asked for again by the next wish, which would wait for them forever otherwise', () => {
    const { exact, asked } = pictures();
    exact.want(['class']);
    exact.want(['class']);
    expect(asked).toHaveLength(1);
    exact.miss(pictureOf(asked[0]).header);
    expect(exact.state).toBe('waiting');
    exact.want(['class']);
    expect(asked).toHaveLength(2);
    // Something older that comes late changes nothing.
    exact.miss(pictureOf(asked[0]).header);
    exact.want(['class']);
    expect(asked).toHaveLength(2);
    expect(exact.take(pictureOf(asked[1]))).toBe(true);
    expect(exact.state).toBe('exact');
  });
});

it('packs a class and its relevancy into one texel: class, low byte, high byte', () => {
  expect([...classTexels(Uint8Array.of(3, 0), Uint16Array.of(0xabcd, 1))]).toEqual([0xabcd03, 0x000100]);
});
