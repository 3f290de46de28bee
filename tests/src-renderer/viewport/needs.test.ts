/** When live splats have to be blended: not where pictures of the trainer cover all that is shown. */
import { describe, expect, it } from 'vitest';
import { defaultLook } from '../../../src-renderer/viewport/interface';
import type { Channel, Look } from '../../../src-renderer/viewport/interface';
import { covered } from '../../../src-renderer/viewport/needs';

const look = (channel: Channel, more: Partial<Look> = {}): Look => ({ ...defaultLook, channel, mix: 1, ...more });
const all = (): boolean => true;

describe('a look is covered by exact pictures', () => {
  it.each(['colour', 'depth', 'opacity', 'uncertainty', 'components'] as const)('of %s', (channel) => {
    expect(covered(look(channel), all)).toBe(true);
    expect(covered(look(channel), () => false)).toBe(false);
  });

  it.each(['entry', 'class', 'relevancy'] as const)('but not where %s lets the scene through', (channel) => {
    expect(covered(look(channel), all)).toBe(false);
  });

  it('but not where the channel is mixed with the live colours', () => {
    expect(covered(look('depth', { mix: 0.5 }), all)).toBe(false);
    expect(covered(look('colour', { mix: 0.5 }), all)).toBe(true);
  });

  it('when both sides of the divider are', () => {
    const split = look('colour', { second: 'depth' });
    expect(covered(split, all)).toBe(true);
    expect(covered(split, (channel) => channel === 'colour')).toBe(false);
  });
});
