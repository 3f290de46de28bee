/**
 * Row layouts of the parameters and the planes of a rendered image. Everything is row-major float32; a tensor has
 * `capacity` rows of which the first `count` live, and rows beyond are never read.
 *
 *   geometry            [capacity, 11]  mean xyz (world), log-scale, quaternion wxyz (normalised on use), opacity logit
 *   sphericalHarmonics  [capacity, 48]  sh[k·3 + channel], k = 0…15; rgb = max(0, Σ + 0.5)
 *   semantics           [capacity, 9]   S_G (8), u logit
 *   sample              [pixels, 10]    of sampled pixels: R_s (8), R_u, accumulated α
 *   probe               [capacity, 3]   zeros; its gradient slot carries (∂L/∂x_ndc, ∂L/∂y_ndc, radius px)
 */

export const GEOMETRY = { columns: 11, mean: 0, logScale: 3, quaternion: 6, opacityLogit: 10 } as const;
export const SPHERICAL_HARMONICS = { columns: 48, coefficients: 16 } as const;
export const SEMANTICS = { columns: 9, vector: 0, dimensions: 8, uncertaintyLogit: 8 } as const;
export const SAMPLE = { columns: 10, uncertainty: 8, alpha: 9 } as const;
export const PROBE = { columns: 3 } as const;

export type Channel = 'rgb' | 'semantics' | 'uncertainty' | 'depth' | 'alpha';

/**
 * Every channel in the order of its planes in the image [C, H, W], whatever order they were asked in.
 * `movesGeometry`: its gradient always reaches geometry; the others only with `semanticsMovesGeometry`.
 */
export const CHANNELS: readonly { name: Channel; bit: number; planes: number; movesGeometry: boolean }[] = [
  { name: 'rgb', bit: 1, planes: 3, movesGeometry: true },
  { name: 'semantics', bit: 2, planes: SEMANTICS.dimensions, movesGeometry: false },
  { name: 'uncertainty', bit: 4, planes: 1, movesGeometry: false },
  { name: 'depth', bit: 8, planes: 1, movesGeometry: true },
  { name: 'alpha', bit: 16, planes: 1, movesGeometry: true },
];

export function channelMask(channels: readonly Channel[]): number {
  return CHANNELS.reduce((mask, channel) => (channels.includes(channel.name) ? mask | channel.bit : mask), 0);
}

export function planeCount(mask: number): number {
  return CHANNELS.reduce((planes, channel) => planes + (mask & channel.bit ? channel.planes : 0), 0);
}

/** First plane of a channel in an image rendered with `mask`, or -1 if the channel is not in it. */
export function planeOffset(mask: number, name: Channel): number {
  let offset = 0;
  for (const channel of CHANNELS) {
    if (channel.name === name) return mask & channel.bit ? offset : -1;
    if (mask & channel.bit) offset += channel.planes;
  }
  return -1;
}

/** Per plane: does its gradient reach geometry and opacity? */
export function planesMovingGeometry(mask: number, semanticsMovesGeometry: boolean): boolean[] {
  return CHANNELS.flatMap((channel) =>
    mask & channel.bit ? Array<boolean>(channel.planes).fill(channel.movesGeometry || semanticsMovesGeometry) : [],
  );
}

/** Y₀₀ = 1/(2√π): colour = ½ + C0·f_dc */
export const C0 = 0.5 / Math.sqrt(Math.PI);

/** A probability from its logit: opacity and u are kept as logits. */
export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
export const logit = (probability: number): number => Math.log(probability / (1 - probability));
