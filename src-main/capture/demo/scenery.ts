/** Pictures within the room, in flat colours: paintings, and what lies behind the window. Colours are linear light. */
import { clamp, modulo, noise, step } from './noise';

/** Hills under a sun; (u, v) in [−1, 1]. */
export function painting(scene: number, u: number, v: number, out: Float64Array): void {
  const palettes = [
    [0.85, 0.5, 0.22, 0.9, 0.74, 0.45, 0.1, 0.22, 0.3, 0.05, 0.1, 0.16, 0.9, 0.25, 0.12],
    [0.3, 0.52, 0.72, 0.8, 0.84, 0.78, 0.16, 0.34, 0.18, 0.06, 0.16, 0.09, 0.95, 0.72, 0.2],
    [0.5, 0.26, 0.42, 0.92, 0.62, 0.5, 0.2, 0.14, 0.34, 0.08, 0.06, 0.18, 0.98, 0.86, 0.6],
  ];
  const p = palettes[modulo(scene, 3)];
  const far = 0.05 + 0.22 * Math.sin(2.2 * u + scene) + 0.06 * Math.sin(7 * u);
  const near = -0.4 + 0.18 * Math.sin(3.1 * u + 2 + scene) + 0.04 * Math.sin(11 * u);
  const sun = Math.hypot(1.375 * (u - 0.35 + 0.3 * (scene % 3)), v - 0.5);
  const s = step(0.25, sun, 0.03);
  const t = clamp(0.5 - 0.5 * v);
  const f = step(far, v, 0.03);
  const n = step(near, v, 0.03);
  const brush = 1 + 0.09 * noise(u * 14, v * 9, scene);
  for (let k = 0; k < 3; k++) {
    const sky = p[k] + (p[3 + k] - p[k]) * t;
    const lit = p[12 + k] + (sky - p[12 + k]) * s;
    const hills = p[6 + k] + (lit - p[6 + k]) * f;
    out[k] = brush * (p[9 + k] + (hills - p[9 + k]) * n);
  }
}

/** A pale sky over soft hills and trees; (u, v) in [−1, 1]. */
export function viewOutside(u: number, v: number, out: Float64Array): void {
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
