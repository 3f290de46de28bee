/**
 * Rendered channels as 8-bit pictures.
 *
 *   rgb          clamped to [0, 1]
 *   alpha        Σw as grey
 *   uncertainty  R_u in the fixed range 0…1 through viridis
 *   depth        Σw·z / Σw, the nearest dark and the farthest bright, over the pixels with Σw ≥ 0.5; black elsewhere
 */
import { interpolateViridis } from 'd3-scale-chromatic';
import type { PinholeCamera } from '#contract/camera';
import { render } from '../kernels/index';
import type { Channel } from '../kernels/index';
import type { Appearance, Scene } from '../training/evaluation';

export const renderedChannels = ['rgb', 'depth', 'alpha', 'uncertainty'] as const;
export type RenderedChannel = (typeof renderedChannels)[number];

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly rgb: Uint8Array;
  /** what black and white (or the ends of the colour map) mean, world units for depth; null for rgb */
  readonly range: [number, number] | null;
}

/** Viridis as 256 colours of three bytes. */
const VIRIDIS = Array.from({ length: 256 }, (_, level) =>
  [1, 3, 5].map((at) => Number.parseInt(interpolateViridis(level / 255).slice(at, at + 2), 16)),
);

/** The colour of a value in 0…1, channel by channel. */
export function viridis(value: number, channel: number): number {
  return VIRIDIS[Math.round(Math.min(1, Math.max(0, value)) * (VIRIDIS.length - 1))][channel];
}

/** Draws one channel of a scene. */
export function drawChannel(
  scene: Scene,
  camera: PinholeCamera,
  appearance: Appearance,
  channel: RenderedChannel,
): Picture {
  const { width, height } = camera;
  const pixels = width * height;
  const channels: Channel[] = channel === 'depth' ? ['depth', 'alpha'] : [channel];
  const { count, ...parameters } = scene;
  const { shDegree, background, antialiased, semanticsMovesGeometry } = appearance;
  const options = { count, shDegree, antialiased, semanticsMovesGeometry, channels };
  const image = render(parameters, camera, { ...options, background: [...background] });
  const planes = image.dataSync<'float32'>();
  const paint = (value: (pixel: number, c: number) => number): Uint8Array => {
    const rgb = new Uint8Array(3 * pixels);
    for (let i = 0; i < pixels; i++) {
      for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(Math.min(255, Math.max(0, value(i, c))));
    }
    return rgb;
  };
  const picture = (rgb: Uint8Array, range: Picture['range']): Picture => ({ width, height, rgb, range });
  try {
    if (channel === 'rgb')
      return picture(
        paint((i, c) => 255 * planes[c * pixels + i]),
        null,
      );
    if (channel === 'alpha')
      return picture(
        paint((i) => 255 * planes[i]),
        [0, 1],
      );
    if (channel === 'uncertainty')
      return picture(
        paint((i, c) => viridis(planes[i], c)),
        [0, 1],
      );
    const depth = Float32Array.from({ length: pixels }, (_, i) =>
      planes[pixels + i] >= 0.5 ? planes[i] / planes[pixels + i] : NaN,
    );
    const [near, far] = finiteRange(depth);
    const scaled = (i: number) => (depth[i] - near) / Math.max(far - near, 1e-12);
    return picture(
      paint((i, c) => (Number.isNaN(depth[i]) ? 0 : viridis(scaled(i), c))),
      [near, far],
    );
  } finally {
    image.dispose();
  }
}

function finiteRange(values: Float32Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 0];
}

/** Two pictures of the same height next to each other. */
export function besides(left: Picture, right: Picture): Picture {
  const width = left.width + right.width;
  const { height } = left;
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    rgb.set(left.rgb.subarray(3 * y * left.width, 3 * (y + 1) * left.width), 3 * y * width);
    rgb.set(right.rgb.subarray(3 * y * right.width, 3 * (y + 1) * right.width), 3 * (y * width + left.width));
  }
  return { width, height, rgb, range: right.range };
}
