/**
 * Light on matt surfaces, computed once for a room: straight from the lamps with soft shadows, and once more bounced off
 * everything else (a gather over fixed directions, so that it is smooth from point to point; Ward et al. 1988 keep it the same way).
 *
 *   direct(x)   = Σ_lamps mean over its samples s of colour_s · cos · passes(x → s)
 *   indirect(x) = mean over directions ω of cos⁺(n, ω) · albedo · direct(hit(x, ω)),  normalised by the mean of cos⁺
 *   light(x)    = direct + indirect + ambient,   ambient = what further bounces add on average
 *
 * A surface then shows albedo · light. Each point depends on nothing but the scene and the seed, so that any split over threads
 * gives the same bytes.
 */
import { CounterRandom } from '../../base/index';
import type { Light, Scene } from './scene';

export interface LightQuality {
  /** shadow rays along each side of an area light; a lamp takes twice as many */
  readonly shadow: number;
  /** directions over the whole sphere */
  readonly gather: number;
  /** metres between the points of flat surfaces */
  readonly spacing: number;
}

/** For photos, and for rooms by the hundred. */
export const lightQualities = {
  fine: { shadow: 4, gather: 96, spacing: 0.05 },
  quick: { shadow: 2, gather: 32, spacing: 0.12 },
} as const satisfies Record<string, LightQuality>;
export type LightQualityName = keyof typeof lightQualities;

/** Off the surface, so that a point does not shade itself. */
const OFFSET = 2e-3;
/** metres: nearer to a lamp, light grows no more, or the shade around a bulb would burn out */
const NEAR = 0.28;
/** of light that bounced once, further bounces add this much more, spread evenly */
const FURTHER = 0.9;

export function lightPointCount(scene: Scene): number {
  return scene.lightThin.length;
}

/** Light straight from the lamps at points from … to−1. @param out  [points, 3] */
export function directLight(
  scene: Scene,
  seed: number,
  quality: LightQuality,
  from: number,
  to: number,
  out: Float32Array,
): void {
  const sample = new Float64Array(4);
  for (let i = from; i < to; i++) {
    const random = new CounterRandom(seed, 'light', i);
    let draw = 0;
    for (let k = 0; k < 3; k++) out[3 * i + k] = 0;
    for (const light of scene.lights) {
      const side = quality.shadow;
      const count = light.kind === 'area' ? side * side : 2 * side;
      let lit = 0;
      for (let s = 0; s < count; s++) {
        samplePoint(light, s, count, side, random.uniform(draw), random.uniform(draw + 1), sample);
        draw += 2;
        lit += received(scene, i, light, sample);
      }
      for (let k = 0; k < 3; k++) out[3 * i + k] += (light.colour[k] * lit) / count;
    }
  }
}

/** A stratified point of a light. */
function samplePoint(
  light: Light,
  s: number,
  count: number,
  side: number,
  a: number,
  b: number,
  out: Float64Array,
): void {
  if (light.kind === 'area') {
    const u = ((s % side) + a) / side;
    const v = (Math.floor(s / side) + b) / side;
    for (let k = 0; k < 3; k++) out[k] = light.corner[k] + u * light.u[k] + v * light.v[k];
    return;
  }
  const z = 1 - (2 * (s + a)) / count;
  const r = Math.sqrt(Math.max(0, 1 - z * z));
  out[0] = light.centre[0] + light.radius * r * Math.cos(2 * Math.PI * b);
  out[1] = light.centre[1] + light.radius * r * Math.sin(2 * Math.PI * b);
  out[2] = light.centre[2] + light.radius * z;
}

/** What a point receives from one sample of a light of colour 1. */
function received(scene: Scene, i: number, light: Light, sample: Float64Array): number {
  const { lightPositions: p, lightNormals: n, lightThin } = scene;
  const [nx, ny, nz] = [n[3 * i], n[3 * i + 1], n[3 * i + 2]];
  const dx = sample[0] - p[3 * i];
  const dy = sample[1] - p[3 * i + 1];
  const dz = sample[2] - p[3 * i + 2];
  const square = dx * dx + dy * dy + dz * dz;
  const distance = Math.sqrt(square);
  let cosine = (nx * dx + ny * dy + nz * dz) / distance;
  let side = 1;
  if (lightThin[i]) {
    // Cloth and leaves: what falls on the back shines through at half strength.
    side = cosine < 0 ? -1 : 1;
    cosine = cosine < 0 ? -0.55 * cosine : cosine;
  }
  if (cosine <= 0) return 0;
  let weight = cosine / Math.max(square, NEAR * NEAR);
  if (light.kind === 'area') {
    const { u, v } = light;
    const [ax, ay, az] = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    // |u × v| is the area, so that this is area · cosine at the light.
    const facing = -(ax * dx + ay * dy + az * dz) / distance;
    if (facing <= 0) return 0;
    weight *= facing / Math.PI;
  }
  const [ox, oy, oz] = [
    p[3 * i] + side * OFFSET * nx,
    p[3 * i + 1] + side * OFFSET * ny,
    p[3 * i + 2] + side * OFFSET * nz,
  ];
  return weight * scene.caster.transmittance(ox, oy, oz, dx, dy, dz, 0, 0.999);
}

/** Light that bounced once, at points from … to−1. @param out  [points, 3] */
export function indirectLight(
  scene: Scene,
  quality: LightQuality,
  direct: Float32Array,
  from: number,
  to: number,
  out: Float32Array,
): void {
  const { lightPositions: p, lightNormals: n, lightThin, caster } = scene;
  const directions = sphere(quality.gather);
  const arriving = new Float64Array(3);
  for (let i = from; i < to; i++) {
    const [nx, ny, nz] = [n[3 * i], n[3 * i + 1], n[3 * i + 2]];
    let [r, g, b, weights] = [0, 0, 0, 0];
    for (let d = 0; d < directions.length; d += 3) {
      const [dx, dy, dz] = [directions[d], directions[d + 1], directions[d + 2]];
      let cosine = nx * dx + ny * dy + nz * dz;
      let side = 1;
      if (cosine < 0 && lightThin[i]) {
        cosine *= -0.55;
        side = -1;
      }
      if (cosine <= 0.02) continue;
      weights += cosine;
      const [ox, oy, oz] = [
        p[3 * i] + side * OFFSET * nx,
        p[3 * i + 1] + side * OFFSET * ny,
        p[3 * i + 2] + side * OFFSET * nz,
      ];
      if (!caster.closest(ox, oy, oz, dx, dy, dz, 0, Infinity)) continue;
      const surface = scene.surfaces[scene.surfaceOf[caster.triangle]];
      lightAt(scene, direct, caster.triangle, caster.u, caster.v, arriving);
      // The brightest lights are sampled on their own; a glowing shade is not.
      const glow = surface.glow < 1 ? 2 * surface.glow : 0;
      r += cosine * surface.colour[0] * (arriving[0] + glow);
      g += cosine * surface.colour[1] * (arriving[1] + glow);
      b += cosine * surface.colour[2] * (arriving[2] + glow);
    }
    const scale = weights > 0 ? 1 / weights : 0;
    out[3 * i] = r * scale;
    out[3 * i + 1] = g * scale;
    out[3 * i + 2] = b * scale;
  }
}

/** direct ← direct + indirect + ambient. */
export function joinLight(direct: Float32Array, indirect: Float32Array): void {
  const mean = [0, 0, 0];
  for (let i = 0; i < indirect.length; i++) mean[i % 3] += indirect[i];
  const points = indirect.length / 3;
  for (let i = 0; i < direct.length; i++) direct[i] += indirect[i] + (FURTHER * mean[i % 3]) / points;
}

/** All of it on one thread. @returns [points, 3] */
export function computeLight(scene: Scene, seed: number, quality: LightQuality): Float32Array {
  const count = lightPointCount(scene);
  const light = new Float32Array(3 * count);
  const indirect = new Float32Array(3 * count);
  directLight(scene, seed, quality, 0, count, light);
  indirectLight(scene, quality, light, 0, count, indirect);
  joinLight(light, indirect);
  return light;
}

/** Light at a point of a triangle of the tree. @param light  [points, 3] @param out  [3] */
export function lightAt(
  scene: Scene,
  light: Float32Array,
  triangle: number,
  u: number,
  v: number,
  out: Float64Array,
): void {
  const patchId = scene.patchOf[triangle];
  if (patchId < 0) {
    const { vertices, lightOf } = scene;
    const a = 3 * lightOf[vertices[3 * triangle]];
    const b = 3 * lightOf[vertices[3 * triangle + 1]];
    const c = 3 * lightOf[vertices[3 * triangle + 2]];
    const w = 1 - u - v;
    for (let k = 0; k < 3; k++) out[k] = w * light[a + k] + u * light[b + k] + v * light[c + k];
    return;
  }
  const { origin, u: pu, v: pv, columns, rows, first } = scene.patches[patchId];
  const t = scene.tree.triangles;
  const base = 9 * triangle;
  const x = t[base] + u * t[base + 3] + v * t[base + 6] - origin[0];
  const y = t[base + 1] + u * t[base + 4] + v * t[base + 7] - origin[1];
  const z = t[base + 2] + u * t[base + 5] + v * t[base + 8] - origin[2];
  const along = (x * pu[0] + y * pu[1] + z * pu[2]) / (pu[0] * pu[0] + pu[1] * pu[1] + pu[2] * pu[2]);
  const across = (x * pv[0] + y * pv[1] + z * pv[2]) / (pv[0] * pv[0] + pv[1] * pv[1] + pv[2] * pv[2]);
  const gx = Math.min(Math.max(along, 0), 1) * (columns - 1);
  const gy = Math.min(Math.max(across, 0), 1) * (rows - 1);
  const i = Math.min(Math.floor(gx), columns - 2);
  const j = Math.min(Math.floor(gy), rows - 2);
  const [fx, fy] = [gx - i, gy - j];
  const at = 3 * (first + j * columns + i);
  const next = at + 3 * columns;
  for (let k = 0; k < 3; k++) {
    const low = light[at + k] * (1 - fx) + light[at + 3 + k] * fx;
    const high = light[next + k] * (1 - fx) + light[next + 3 + k] * fx;
    out[k] = low * (1 - fy) + high * fy;
  }
}

/** Directions spread evenly over the sphere (Fibonacci lattice). @returns [count, 3] */
function sphere(count: number): Float64Array {
  const out = new Float64Array(3 * count);
  const golden = Math.PI * (3 - Math.sqrt(5));
  for (let i = 0; i < count; i++) {
    const z = 1 - (2 * i + 1) / count;
    const r = Math.sqrt(1 - z * z);
    out[3 * i] = r * Math.cos(golden * i);
    out[3 * i + 1] = r * Math.sin(golden * i);
    out[3 * i + 2] = z;
  }
  return out;
}
