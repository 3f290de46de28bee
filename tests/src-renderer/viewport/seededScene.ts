/** A seeded room of flat Gaussians on a floor, two walls and three balls, with a class and an uncertainty each. World units: metres. */
import { COLUMNS } from './packScene';

export interface SeededScene {
  readonly geometry: Float32Array<ArrayBuffer>;
  readonly dc: Float32Array<ArrayBuffer>;
  readonly count: number;
  readonly antialiased: boolean;
  /** 0 … 5, the surface that a splat lies on */
  readonly surface: Uint8Array<ArrayBuffer>;
  /** 0 … 1, smooth over the room with noise of ±0.05 */
  readonly uncertainty: Float32Array<ArrayBuffer>;
}

/** mulberry32 */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Triple = [number, number, number];
export const SURFACES = 6;
const colours: Triple[] = [
  [0.5, 0.35, 0.2],
  [0.8, 0.75, 0.6],
  [0.6, 0.7, 0.8],
  [0.8, 0.2, 0.2],
  [0.2, 0.6, 0.3],
  [0.2, 0.3, 0.8],
];
const balls: { centre: Triple; radius: number }[] = [
  { centre: [-0.6, 0.6, 2.4], radius: 0.4 },
  { centre: [0.4, 0.7, 2.0], radius: 0.3 },
  { centre: [0.7, 0.55, 3], radius: 0.45 },
];

/** Rotation that turns z to `normal`, wxyz. */
function towards([x, y, z]: Triple): [number, number, number, number] {
  const q = [1 + z, -y, x, 0];
  const size = Math.hypot(...q);
  return size < 1e-6 ? [0, 1, 0, 0] : [q[0] / size, q[1] / size, q[2] / size, 0];
}

/** @param seed  of everything that is random @param antialiased as the trainer's setting */
export function seededScene(count: number, seed: number, antialiased = false): SeededScene {
  const random = randomOf(seed);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const geometry = new Float32Array(COLUMNS * count);
  const dc = new Float32Array(3 * count);
  const surface = new Uint8Array(count);
  const uncertainty = new Float32Array(count);
  const size = 1.6 * Math.sqrt(20 / count);
  for (let i = 0; i < count; i++) {
    const which = Math.floor(random() * 10);
    const kind = which < 3 ? 0 : which < 5 ? 1 : which < 7 ? 2 : which - 4;
    let mean: Triple;
    let normal: Triple;
    if (kind === 0)
      [mean, normal] = [
        [between(-2, 2), 1, between(1, 4.5)],
        [0, -1, 0],
      ];
    else if (kind === 1)
      [mean, normal] = [
        [between(-2, 2), between(-1.5, 1), 4.5],
        [0, 0, -1],
      ];
    else if (kind === 2)
      [mean, normal] = [
        [-2, between(-1.5, 1), between(1, 4.5)],
        [1, 0, 0],
      ];
    else {
      const [z, turn] = [between(-1, 1), between(0, 2 * Math.PI)];
      const flat = Math.sqrt(1 - z * z);
      const { centre, radius } = balls[kind - 3];
      normal = [flat * Math.cos(turn), flat * Math.sin(turn), z];
      mean = centre.map((c, k) => c + radius * normal[k]) as Triple;
    }
    const scale = size * (kind >= 3 ? 0.35 : 1);
    geometry.set(mean, COLUMNS * i);
    const scales = [scale * between(0.5, 1), scale * between(0.5, 1), scale * 0.05];
    geometry.set(scales.map(Math.log), COLUMNS * i + 3);
    geometry.set(towards(normal), COLUMNS * i + 6);
    geometry[COLUMNS * i + 10] = between(0, 4);
    const shade = between(0.85, 1.15);
    for (let k = 0; k < 3; k++) dc[3 * i + k] = (colours[kind][k] * shade - 0.5) / 0.28209479177387814;
    surface[i] = kind;
    uncertainty[i] = Math.min(1, Math.max(0, 0.5 + 0.4 * Math.sin(2 * mean[0] + mean[2]) + between(-0.05, 0.05)));
  }
  return { geometry, dc, count, antialiased, surface, uncertainty };
}
