/**
 * A random scene for the benchmark, and the honest count of its work.
 *
 * Splats fill the view between 2 and 6 units of depth; their size is chosen per case so that a pixel blends as many of them as
 * the case asks for. What counts as work is a pair of pixel and splat with α ≥ 1/255 before the pixel's transmittance stop: it is
 * counted here from the definition, with the readable projection, and never taken from the kernel under test.
 */
import { resizeCamera, type PinholeCamera } from '#contract/camera';
import { GEOMETRY, SEMANTICS, SPHERICAL_HARMONICS } from '../../src-main/kernels/layout';
import { project } from '../../src-main/kernels/projection.reference';

export interface BenchScene {
  readonly count: number;
  /** [count, 11] */
  readonly geometry: Float32Array;
  /** [count, 48] */
  readonly sphericalHarmonics: Float32Array;
  /** [count, 9] */
  readonly semantics: Float32Array;
}

/** Small, fast, seeded: mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param size standard deviation of a splat four units away, world units */
export function randomScene(count: number, size: number, seed = 1): BenchScene {
  const uniform = generator(seed);
  const normal = () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  const geometry = new Float32Array(count * GEOMETRY.columns);
  const sphericalHarmonics = new Float32Array(count * SPHERICAL_HARMONICS.columns);
  const semantics = new Float32Array(count * SEMANTICS.columns);
  for (let i = 0; i < count; i++) {
    const g = geometry.subarray(i * GEOMETRY.columns);
    const z = 2 + 4 * uniform();
    g[0] = (2 * uniform() - 1) * z * 0.75;
    g[1] = (2 * uniform() - 1) * z * 0.5;
    g[2] = z;
    for (let k = 0; k < 3; k++) g[GEOMETRY.logScale + k] = Math.log((size * z) / 4) + 0.4 * normal();
    for (let k = 0; k < 4; k++) g[GEOMETRY.quaternion + k] = normal();
    g[GEOMETRY.opacityLogit] = -1.5 + normal();
  }
  for (let i = 0; i < sphericalHarmonics.length; i++) sphericalHarmonics[i] = (i % 48 < 3 ? 0.5 : 0.1) * normal();
  for (let i = 0; i < semantics.length; i++) semantics[i] = normal();
  return { count, geometry, sphericalHarmonics, semantics };
}

/** A camera at the origin that sees the random scene edge to edge. */
export function benchCamera(width: number, height: number): PinholeCamera {
  const wide = {
    width: 3,
    height: 2,
    fx: 2,
    fy: 2,
    cx: 1.5,
    cy: 1,
    worldToCamera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  };
  return resizeCamera(wide, width, height);
}

/** Pairs of pixel and splat with α ≥ 1/255 before the pixel stops. */
export function countPairs(scene: BenchScene, camera: PinholeCamera): number {
  const { width, height } = camera;
  const splats = [];
  for (let row = 0; row < scene.count; row++) {
    const splat = project(scene.geometry, row, camera, false, 0);
    if (splat && splat.radius > 0) splats.push(splat);
  }
  splats.sort((a, b) => a.z - b.z);
  const transmittance = new Float64Array(width * height).fill(1);
  let pairs = 0;
  for (const { mean, conic, opacity, box } of splats)
    for (let y = box[1]; y <= box[3]; y++)
      for (let x = box[0]; x <= box[2]; x++) {
        const at = y * width + x;
        if (transmittance[at] === 0) continue;
        const dx = x + 0.5 - mean[0];
        const dy = y + 0.5 - mean[1];
        const q = conic[0] * dx * dx + 2 * conic[1] * dx * dy + conic[2] * dy * dy;
        const alpha = Math.min(0.99, opacity * Math.exp(-q / 2));
        if (alpha < 1 / 255) continue;
        const next = transmittance[at] * (1 - alpha);
        transmittance[at] = next < 1e-4 ? 0 : next;
        if (next >= 1e-4) pairs++;
      }
  return pairs;
}
