import { describe, expect, it } from 'vitest';
import type { PinholeCamera } from '#contract/camera';
import type { PhotoState } from '#contract/studio';
import { mostAlike } from '../../src-renderer/views';

/** At (x, 0, 0), turned about y by an angle. */
function camera(x: number, angle = 0): PinholeCamera {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return {
    width: 8,
    height: 8,
    fx: 8,
    fy: 8,
    cx: 4,
    cy: 4,
    worldToCamera: [c, 0, -s, -c * x, 0, 1, 0, 0, s, 0, c, -s * x, 0, 0, 0, 1],
  };
}
const photo = (name: string, x: number, angle = 0): PhotoState => ({
  name,
  heldOut: false,
  disabled: false,
  camera: { ...camera(x, angle), worldToCamera: [...camera(x, angle).worldToCamera] },
  hasMap: false,
  psnr: null,
});

describe('the nearest photo', () => {
  it('is near, and looks the same way', () => {
    const photos = [photo('away', 0.1, Math.PI), photo('near', 0.5), photo('far', 5)];
    expect(mostAlike(camera(0), photos)).toBe('near');
    expect(mostAlike(camera(4.9), photos)).toBe('far');
    expect(mostAlike(camera(0, Math.PI), photos)).toBe('away');
  });

  it('is none among none', () => {
    expect(mostAlike(camera(0), [])).toBeNull();
  });
});
