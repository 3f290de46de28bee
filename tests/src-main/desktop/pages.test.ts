/** The bridge's channels over a session: who is told what, when a page leaves, and that no message can throw. */
import { describe, expect, it } from 'vitest';
import type { StudioCommand, StudioEvent } from '#contract/studio';
import { channels } from '#contract/channels';
import { answer } from '#contract/wire';
import { StudioPages } from '../../../src-main/desktop/pages';
import type { PageSink, StudioDoor } from '../../../src-main/studio/session/door';
import { StudioSession } from '../../../src-main/studio/session/studioSession';

/** A page that keeps what it was told. */
function page(id: number) {
  const told: [string, unknown][] = [];
  let destroyed = false;
  return {
    id,
    told,
    destroy: () => (destroyed = true),
    isDestroyed: () => destroyed,
    send: (channel: string, payload: unknown) => void told.push([channel, payload]),
  };
}

/** A door that keeps who joined and what was asked. */
class Door implements StudioDoor {
  readonly joined = new Set<PageSink>();
  readonly asked: StudioCommand[] = [];
  join(sink: PageSink) {
    this.joined.add(sink);
    return {
      perform: (command: StudioCommand) => {
        this.asked.push(command);
        return Promise.resolve(undefined);
      },
      leave: () => void this.joined.delete(sink),
    };
  }
  picture = () => Promise.resolve(null);
  close = () => Promise.resolve();
}

describe('pages of the desktop', () => {
  it('are told the state and the curves of the real session first, each time they follow', async () => {
    const session = new StudioSession();
    const pages = new StudioPages(session);
    const one = page(1);
    pages.follow(one);
    pages.follow(one);
    const types = one.told.map(([channel, payload]) => [channel, (payload as StudioEvent).type]);
    const first = [
      [channels.event, 'state'],
      [channels.event, 'curves'],
    ];
    expect(types).toEqual([...first, ...first]);
    await session.close();
  });

  it('join once, leave when they are gone, and are told nothing once destroyed', () => {
    const door = new Door();
    const pages = new StudioPages(door);
    const [one, two] = [page(1), page(2)];
    pages.follow(one);
    pages.follow(two);
    pages.follow(one);
    expect(door.joined.size).toBe(2);
    one.destroy();
    for (const sink of door.joined) sink.frame(new Uint8Array(8));
    expect(one.told).toEqual([]);
    expect(two.told).toHaveLength(1);
    pages.leave(1);
    pages.leave(1);
    pages.leave(7);
    expect(door.joined.size).toBe(1);
  });

  it('get a frame as the buffer that it came in, and only its own bytes of a larger one', () => {
    const door = new Door();
    const pages = new StudioPages(door);
    const one = page(1);
    pages.follow(one);
    const [sink] = door.joined;
    const whole = new Uint8Array([1, 2, 3, 4]);
    sink.frame(whole);
    sink.frame(whole.subarray(1, 3));
    expect(one.told[0]).toEqual([channels.frame, whole.buffer]);
    expect(one.told[0][1]).toBe(whole.buffer);
    expect(new Uint8Array(one.told[1][1] as ArrayBuffer)).toEqual(new Uint8Array([2, 3]));
  });

  it('are answered under their own number, with null where there is nothing to say', async () => {
    const door = new Door();
    const reply = await new StudioPages(door).command(page(1), { id: 41, command: { type: 'save' } });
    expect(answer.parse(reply)).toEqual({ type: 'reply', id: 41, reply: null });
    expect(door.asked).toEqual([{ type: 'save' }]);
    expect(door.joined.size).toBe(1);
  });

  it.each([
    ['nothing', undefined, 0, 'MessageError'],
    ['text', 'save', 0, 'MessageError'],
    ['a number below zero', { id: -1, command: { type: 'save' } }, 0, 'MessageError'],
    ['an unknown command', { id: 3, command: { type: 'format' } }, 3, 'InputError'],
    ['more than a command takes', { id: 4, command: { type: 'save', path: '/' } }, 4, 'InputError'],
    ['a path that is too long', { id: 5, command: { type: 'open', path: 'x'.repeat(5000) } }, 5, 'InputError'],
  ])('are refused %s, and the session is not asked', async (_name, message, id, kind) => {
    const door = new Door();
    const reply = answer.parse(await new StudioPages(door).command(page(1), message));
    expect(reply).toMatchObject({ type: 'refused', id, failure: { kind } });
    expect(door.asked).toEqual([]);
  });

  it('hear why the session refused, cut to what the contract carries', async () => {
    const door = new Door();
    door.join = () => ({
      perform: () => Promise.reject(Object.assign(new Error('y'.repeat(9000)), { name: 'ProjectError' })),
      leave: () => undefined,
    });
    const reply = answer.parse(await new StudioPages(door).command(page(1), { id: 1, command: { type: 'save' } }));
    expect(reply).toMatchObject({ type: 'refused', failure: { kind: 'ProjectError', fault: 'input' } });
  });
});
