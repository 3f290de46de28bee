/** What patterns are made of: noise, and steps and waves that fade out before they alias. Lengths are metres. */

/** A hash of a lattice point to [0, 1): two rounds of multiply and shift (after Wellons' lowbias32). */
export function lattice(x: number, y: number, z: number): number {
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
export function detail(x: number, y: number, z: number, frequency: number, footprint: number): number {
  const share = 1.4 - 1.8 * frequency * footprint;
  if (share <= 0) return 0;
  return (share < 1 ? share : 1) * noise(x * frequency, y * frequency, z * frequency);
}

export const clamp = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);

/** A step from 0 to 1 at `edge`, as wide as a pixel. */
export function step(edge: number, value: number, width: number): number {
  return clamp((value - edge) / (width + 1e-6) + 0.5);
}

/** How much of a regular pattern shows: all where a pixel is well below its period, nothing where it covers one. */
export const visible = (period: number, footprint: number): number => clamp(1.6 - (1.6 * footprint) / period);

export const modulo = (value: number, by: number): number => value - by * Math.floor(value / by);
