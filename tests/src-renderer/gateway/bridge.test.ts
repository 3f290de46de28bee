/** The desktop's gateway over a bridge that a test plays; the bridge itself is tried in tests/desktop. */
import { describe, expect, it, vi } from 'vitest';
import type { LegatoBridge } from '#contract/session';
import { bridgeGateway } from '../../../src-renderer/gateway/bridge';
import { CommandRefused, ContractBroken } from '../../../src-renderer/gateway/gateway';

function play(answer: (message: unknown) => unknown) {
  const events: ((event: unknown) => void)[] = [];
  const frames: ((frame: ArrayBuffer) => void)[] = [];
  const bridge: LegatoBridge = {
    session: async () => ({}),
    demo: async () => undefined,
    onSession: () => () => undefined,
    pathOf: () => '',
    command: async (message) => answer(message),
    onEvent(listener) {
      events.push(listener);
      return () => void events.splice(events.indexOf(listener), 1);
    },
    onFrame(listener) {
      frames.push(listener);
      return () => void frames.splice(frames.indexOf(listener), 1);
    },
    pick: async (kind) => (kind === 'folder' ? '/captures/plush' : null),
    onAction: () => () => undefined,
    offer: () => undefined,
  };
  return { gateway: bridgeGateway(bridge), events, frames };
}

describe('the gateway over the bridge', () => {
  it('carries commands with their answers, refusals included', async () => {
    const { gateway } = play((message) => {
      const { id, command } = message as { id: number; command: { type: string } };
      if (command.type === 'pause') return { type: 'reply', id, reply: null };
      return { type: 'refused', id, failure: { kind: 'E', message: 'not now', fault: 'input' } };
    });
    expect(await gateway.command({ type: 'pause' })).toBeNull();
    await expect(gateway.command({ type: 'stop' })).rejects.toBeInstanceOf(CommandRefused);
  });

  it('does not believe what is no answer', async () => {
    const { gateway } = play(() => 'yes');
    await expect(gateway.command({ type: 'pause' })).rejects.toBeInstanceOf(ContractBroken);
  });

  it('hands on events and frames until it is ended', () => {
    const { gateway, events, frames } = play(() => null);
    const ears = { session: vi.fn(), event: vi.fn(), frame: vi.fn(), link: vi.fn() };
    const end = gateway.follow(ears);
    expect(ears.link).toHaveBeenCalledWith('ready');
    events[0]({ type: 'curves', from: 0, points: [] });
    frames[0](new ArrayBuffer(4));
    expect(ears.event).toHaveBeenCalledOnce();
    expect(ears.frame).toHaveBeenCalledOnce();
    gateway.refresh();
    expect(events).toHaveLength(1);
    end();
    expect([events.length, frames.length]).toEqual([0, 0]);
  });

  it('tells a path from none', async () => {
    const { gateway } = play(() => null);
    expect(gateway.pathOf({} as File)).toBeNull();
    expect(await gateway.desktop?.pick('folder')).toBe('/captures/plush');
    expect(await gateway.desktop?.pick('splats')).toBeNull();
  });
});
