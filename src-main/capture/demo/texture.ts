/**
 * Colours of surfaces: patterns as functions of the point in the thing's own frame. Details finer than a pixel are faded out by
 * its footprint, so that one look at a pixel's centre does not alias.
 */
import type { Surface } from './surface';

/** A hash of a lattice point to [0, 1): two rounds of multiply and shift (after Wellons' lowbias32). */
function lattice(x: number, y: number, z: number): number {
  let h = Math.imul(x, 0x8da6b343) ^ Math.imul(y, 0xd8163841) ^ Math.imul(z, 0xcb1ab31f);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

/** Smooth noise in [−1, 1] over the integer lattice (Perlin's fade, values instead of gradients). */
export function noise(x: number, y: number, z: number): number {
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const [fx, fy, fz] = [x - i, y - j, z - k];
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const sz = fz * fz * (3 - 2 * fz);
  const x00 = lattice(i, j, k) * (1 - sx) + lattice(i + 1, j, k) * sx;
  const x10 = lattice(i, j + 1, k) * (1 - sx) + lattice(i + 1, j + 1, k) * sx;
  const x01 = lattice(i, j, k + 1) * (1 - sx) + lattice(i + 1, j, k + 1) * sx;
  const x11 = lattice(i, j + 1, k + 1) * (1 - sx) + lattice(i + 1, j + 1, k + 1) * sx;
  return 2 * ((x00 * (1 - sy) + x10 * sy) * (1 - sz) + (x01 * (1 - sy) + x11 * sy) * sz) - 1;
}

/** Noise of a frequency per metre, gone once a pixel covers half a period. */
function detail(x: number, y: number, z: number, frequency: number, footprint: number): number {
  const share = 1.4 - 1.8 * frequency * footprint;
  if (share <= 0) return 0;
  return (share < 1 ? share : 1) * noise(x * frequency, y * frequency, z * frequency);
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);

/** A step from 0 to 1 at `edge`, as wide as a pixel. */
function step(edge: number, value: number, width: number): number {
  return clamp((value - edge) / (width + 1e-6) + 0.5);
}

/** How much of a regular pattern shows: all where a pixel is well below its period, nothing where it covers one. */
const visible = (period: number, footprint: number): number => clamp(1.6 - (1.6 * footprint) / period);

const modulo = (value: number, by: number): number => value - by * Math.floor(value / by);

/**
 * The diffuse colour of a surface, in linear light.
 *
 * @param footprint  metres that a pixel covers there
 * @param out        [3]
 */
export function textureColour(
  surface: Surface,
  x: number,
  y: number,
  z: number,
  footprint: number,
  out: Float64Array,
): void {
  const { colour: a, second: b } = surface;
  let mix = 0;
  let gain = 1;
  switch (surface.pattern) {
    case 'plain':
      break;
    case 'glaze':
      gain = 1 + 0.07 * detail(x, y, z, 22, footprint) + 0.05 * detail(x, y, z, 70, footprint);
      if (surface.variant === 1) mix = painted(z, footprint);
      break;
    case 'wood': {
      const turned = surface.variant === 1;
      const [along, one, two] = turned ? [z, x, y] : [x, y, z];
      const wave = one * 9 + two * 5 + 0.55 * noise(along * 2.2, one * 7, two * 7);
      const ring = 0.5 + 0.5 * Math.sin(wave * 9);
      mix = 0.5 * ring * clamp(1.3 - footprint * 60) + 0.22 * (1 + detail(along * 0.12, one, two, 90, footprint));
      gain = 1 + 0.1 * noise(along * 1.3, one * 3, two * 3);
      if (surface.variant === 2) {
        // Joined of boards, each of a tone of its own.
        const width = 0.142;
        const seam = step(width / 2 - 0.003, Math.abs(modulo(one, width) - width / 2), footprint + 0.003);
        gain *= (0.86 + 0.28 * lattice(Math.floor(one / width), 5, 2)) * (1 - 0.4 * seam);
      }
      break;
    }
    case 'slats': {
      // Upright staves with dark joints; a side runs along x or along y.
      const period = 0.048;
      const phase = modulo(x + y, period) / period - 0.5;
      const joint = step(0.4, Math.abs(phase), footprint / period + 0.05);
      const grain = detail(x, y, z * 0.1, 80, footprint);
      mix = 0.3 + 0.15 * grain;
      gain = 1 + visible(period, footprint) * (0.12 * Math.cos(2 * Math.PI * phase) - 0.5 * joint);
      break;
    }
    case 'planks': {
      const [width, length] = [0.145, 1.3];
      const plank = Math.floor(y / width);
      const shifted = x + length * lattice(plank, 7, 3);
      const board = Math.floor(shifted / length);
      const tone = lattice(plank, board, 11);
      const seamAcross = Math.abs(modulo(y, width) - width / 2);
      const seamAlong = Math.abs(modulo(shifted, length) - length / 2);
      const grain = detail(x * 0.08 + 9 * tone, y, z, 80, footprint) + 0.7 * detail(x * 0.2, y, tone, 28, footprint);
      mix = clamp(0.28 + 0.5 * (tone - 0.5) + 0.2 * grain);
      gain =
        1 -
        0.55 * step(width / 2 - 0.003, seamAcross, footprint + 0.003) -
        0.5 * step(length / 2 - 0.003, seamAlong, footprint + 0.003);
      break;
    }
    case 'wallpaper': {
      // Upright bands with a small blossom on every other one; along the wall is x + y, since walls run along either.
      const along = x + y;
      const period = 0.22;
      const column = Math.floor(along / period);
      const phase = modulo(along, period) / period - 0.5;
      const soft = footprint / period + 0.015;
      const band = step(0.26, Math.abs(phase), soft);
      const line = step(0.225, Math.abs(phase), soft) - step(0.245, Math.abs(phase), soft);
      const height = modulo(z + (column % 2 === 0 ? 0 : 0.11), 0.22) / 0.22 - 0.5;
      const turn = Math.atan2(height, phase);
      const blossom = Math.hypot(phase, height) * (1 + 0.35 * Math.cos(5 * turn));
      mix =
        0.62 * band +
        0.4 * line +
        0.9 * (1 - step(0.12, blossom, soft + 0.02)) -
        0.7 * (1 - step(0.04, blossom, soft + 0.02));
      gain = 1 + 0.035 * detail(x, y, z, 45, footprint) + 0.025 * noise(x * 1.5, y * 1.5, z * 1.5);
      break;
    }
    case 'plaster':
      gain = 1 + 0.06 * detail(x, y, z, 40, footprint) + 0.05 * noise(x * 5, y * 5, z * 5);
      break;
    case 'combed': {
      // Plaster combed into rosettes, as ceilings are: rings about the centres of a staggered grid.
      const [pitch, ring] = [0.24, 0.056];
      const row = Math.round(y / (pitch * 0.866));
      const shift = modulo(row, 2) * 0.5;
      const across = x - (Math.round(x / pitch - shift) + shift) * pitch;
      const radius = Math.hypot(across, y - row * pitch * 0.866);
      const wave = visible(ring, footprint) * Math.sin((2 * Math.PI * radius) / ring);
      gain = 1 + 0.1 * wave + 0.05 * detail(x, y, z, 40, footprint);
      break;
    }
    case 'carpet': {
      const [u, v] = [Math.abs(x) / 1.15, Math.abs(y) / 0.8];
      const edge = Math.max(1 - (1 - u) * 1.44, v);
      const border = step(0.8, edge, 0.02) - step(0.88, edge, 0.02) + step(0.94, edge, 0.02);
      const diamond = Math.abs(modulo(x + 0.19, 0.38) / 0.38 - 0.5) + Math.abs(modulo(y + 0.16, 0.32) / 0.32 - 0.5);
      const motif = edge < 0.78 ? step(0.3, diamond, 0.04) - 0.8 * step(0.42, diamond, 0.04) : 0;
      mix = 0.85 * clamp(border + 0.55 * motif);
      gain = 1 + 0.16 * detail(x, y, z, 60, footprint) + 0.08 * noise(x * 6, y * 6, 0.5);
      break;
    }
    case 'fabric': {
      const weave = detail(x, y, z, 75, footprint);
      gain = 1 + 0.12 * weave + 0.07 * noise(x * 9, y * 9, z * 9);
      if (surface.variant === 1)
        mix = 0.9 * step(0.032, Math.abs(modulo(x + 0.02, 0.12) - 0.06), 0.006) * step(0.02, 0.17 - Math.abs(x), 0.01);
      // Corduroy: ribs across the seat and down the back.
      else if (surface.variant === 2) {
        const period = 0.044;
        gain += 0.3 * visible(period, footprint) * Math.cos((2 * Math.PI * x) / period);
      }
      break;
    }
    case 'wicker': {
      const across = Math.atan2(y, x) * 9;
      const row = z * 45;
      const cross = Math.sin(across * 2 + (Math.floor(row) % 2 === 0 ? 0 : Math.PI));
      const fade = clamp(1.5 - footprint * 60);
      mix = fade * clamp(0.35 - 0.45 * cross + 0.5 * Math.abs(modulo(row, 1) - 0.5)) + (1 - fade) * 0.3;
      gain = 1 + 0.1 * noise(x * 20, y * 20, z * 20);
      break;
    }
    case 'leaf':
      gain = 1 + 0.22 * noise(x * 30, y * 30, z * 14) + 0.1 * detail(x, y, z, 90, footprint);
      break;
    case 'stripes':
      if (surface.variant === 1) mix = 0.45 * (0.5 + 0.5 * detail(0, 0, z, 420, footprint)) + 0.1;
      else
        mix =
          0.75 *
          step(0.6, Math.sin(z * 260 + 1.4), footprint * 260) *
          step(0.5, 0.5 + Math.abs(noise(x * 60, y * 60, Math.floor(z * 41))), 0.3);
      break;
    case 'painting':
      paintedLandscape(surface.variant, x / 0.33, z / 0.24, out);
      return;
    case 'sky':
      view(x / 0.7, z / 0.6, out);
      return;
  }
  for (let k = 0; k < 3; k++) out[k] = gain * (a[k] + mix * (b[k] - a[k]));
}

/** A broad band between two lines about the belly of a vase, by height: the share of the second colour. */
function painted(z: number, footprint: number): number {
  const band = (from: number, to: number): number => step(from, z, footprint) - step(to, z, footprint);
  return 0.85 * (band(0.092, 0.132) + band(0.07, 0.078) + band(0.146, 0.154));
}

/** Hills under a sun, in flat colours; (u, v) in [−1, 1]. */
function paintedLandscape(variant: number, u: number, v: number, out: Float64Array): void {
  const palettes = [
    [0.85, 0.5, 0.22, 0.9, 0.74, 0.45, 0.1, 0.22, 0.3, 0.05, 0.1, 0.16, 0.9, 0.25, 0.12],
    [0.3, 0.52, 0.72, 0.8, 0.84, 0.78, 0.16, 0.34, 0.18, 0.06, 0.16, 0.09, 0.95, 0.72, 0.2],
    [0.5, 0.26, 0.42, 0.92, 0.62, 0.5, 0.2, 0.14, 0.34, 0.08, 0.06, 0.18, 0.98, 0.86, 0.6],
  ];
  const p = palettes[modulo(variant, 3)];
  const far = 0.05 + 0.22 * Math.sin(2.2 * u + variant) + 0.06 * Math.sin(7 * u);
  const near = -0.4 + 0.18 * Math.sin(3.1 * u + 2 + variant) + 0.04 * Math.sin(11 * u);
  const sun = Math.hypot(1.375 * (u - 0.35 + 0.3 * (variant % 3)), v - 0.5);
  const s = step(0.25, sun, 0.03);
  const t = clamp(0.5 - 0.5 * v);
  const f = step(far, v, 0.03);
  const n = step(near, v, 0.03);
  const brush = 1 + 0.09 * noise(u * 14, v * 9, variant);
  for (let k = 0; k < 3; k++) {
    const sky = p[k] + (p[3 + k] - p[k]) * t;
    const lit = p[12 + k] + (sky - p[12 + k]) * s;
    const hills = p[6 + k] + (lit - p[6 + k]) * f;
    out[k] = brush * (p[9 + k] + (hills - p[9 + k]) * n);
  }
}

/** What one sees through the window: a pale sky over soft hills and trees. */
function view(u: number, v: number, out: Float64Array): void {
  const cloud = clamp(0.5 + 0.9 * noise(u * 1.6 + 3, v * 3.2, 1.5));
  const hill = step(-0.42 + 0.12 * Math.sin(2.4 * u + 0.6), v, 0.05);
  const tree = step(-0.62 + 0.16 * noise(u * 5, 2, 0) + 0.08 * noise(u * 13, 5, 0), v, 0.06);
  const sky = [0.3 + 0.35 * cloud, 0.52 + 0.28 * cloud, 0.95];
  const far = [0.42, 0.56, 0.44];
  const near = [0.2, 0.33, 0.16];
  for (let k = 0; k < 3; k++) {
    const behind = far[k] + (sky[k] - far[k]) * hill;
    out[k] = near[k] + (behind - near[k]) * tree;
  }
}
