/**
 * Fused depth on every backend.
 *
 *   plane    a pixel is a plane, so a plane is exact: 1 % of a voxel, whatever the angle
 *   sphere   a pixel's normal comes from its neighbours; the error is that of a chord over three pixels and of linear interpolation
 *            in a field whose curvature is 1/r: together below a quarter voxel at r = 12.5 voxels
 *   native   against the reference: the same blocks; distances within 1e-3 voxel but for voxels whose middle projects onto the border
 *            of two pixels, where float32 may take the other one: at most 0.5 % of them
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initKernels, KernelArgumentError, Volume, VolumeFullError } from '../../../src-main/kernels/index';
import { marchingReference } from '../../../src-main/kernels/marching.reference';
import type { MarchedSurface } from '../../../src-main/kernels/marching.reference';
import { VolumeReference, type VoxelBlocks } from '../../../src-main/kernels/volume.reference';
import { dot, lookAt, observe, plane, ring, sphere, type Vector } from './analytic';
import { addon, BACKENDS } from './backends';

const VOXEL = 0.04;
const OPTIONS = { voxel: VOXEL, truncation: 3 * VOXEL, maxBlocks: 4000 };
/** Votes and colours come from within the truncation. */
const REACH = 4 * VOXEL;
const CENTRE: Vector = [0.13, -0.21, 0.4];
const RADIUS = 0.5;

const sphereViews = ring(CENTRE, 1.8, [-1, 0, 1], 5, 48).map((camera) =>
  observe(camera, sphere(CENTRE, RADIUS), ([x, y]) => (x > CENTRE[0] ? (y > CENTRE[1] ? 3 : 1) : 2)),
);

function fused(views: readonly ReturnType<typeof observe>[]): { surface: MarchedSurface; voxels: VoxelBlocks } {
  const volume = new Volume(OPTIONS);
  for (const view of views) volume.integrate(view);
  const [surface, voxels] = [volume.surface(0), volume.read()];
  volume.dispose();
  return { surface, voxels };
}

const vertex = ({ positions }: MarchedSurface, v: number): Vector => [
  positions[3 * v],
  positions[3 * v + 1],
  positions[3 * v + 2],
];

/** How often each directed edge occurs. */
function directedEdges({ triangles }: MarchedSurface): Map<string, number> {
  const edges = new Map<string, number>();
  for (let t = 0; t < triangles.length; t += 3)
    for (let e = 0; e < 3; e++) {
      const key = `${triangles[t + e]},${triangles[t + ((e + 1) % 3)]}`;
      edges.set(key, (edges.get(key) ?? 0) + 1);
    }
  return edges;
}

describe.each(BACKENDS)('a volume on %s', (backend) => {
  beforeAll(() => initKernels({ backend, threads: 2 }));

  it('holds a slanted plane to 1 % of a voxel', () => {
    const normal: Vector = [0.48, -0.6, 0.64];
    const cameras = [lookAt([1, -1.4, 1.5], [0, 0, 0], 32, 40), lookAt([0.2, -1.9, 1], [0, 0.1, 0], 32, 40)];
    const { surface } = fused(cameras.map((camera) => observe(camera, plane(normal, 0.1))));
    expect(surface.triangles.length / 3).toBeGreaterThan(300);
    const errors = Array.from(surface.labels, (_, v) => Math.abs(dot(normal, vertex(surface, v)) - 0.1) / VOXEL);
    expect(Math.max(...errors)).toBeLessThan(0.01);
    // Every triangle faces the cameras.
    for (let t = 0; t < surface.triangles.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((k) => vertex(surface, surface.triangles[t + k]));
      const [u, w] = [b, c].map((p) => p.map((x, j) => x - a[j]) as unknown as Vector);
      const n: Vector = [u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]];
      expect(dot(n, normal)).toBeGreaterThanOrEqual(-1e-9);
    }
  });

  it('holds a sphere to a quarter voxel, closed but for the poles that no camera sees', () => {
    const { surface } = fused(sphereViews);
    const used = new Set(surface.triangles);
    let worst = 0;
    for (const v of used) {
      const p = vertex(surface, v);
      worst = Math.max(worst, Math.abs(Math.hypot(...p.map((x, j) => x - CENTRE[j])) - RADIUS));
    }
    expect(worst / VOXEL).toBeLessThan(0.25);
    const edges = directedEdges(surface);
    expect(Math.max(...edges.values())).toBe(1);
    const open = [...edges.keys()].filter((key) => !edges.has(key.split(',').reverse().join()));
    expect(open.length / edges.size).toBeLessThan(0.02);
    // Sides carry their label and its colour away from where labels meet.
    for (const v of used) {
      const [x, y] = vertex(surface, v).map((value, j) => value - CENTRE[j]);
      if (Math.abs(x) < REACH || (x > 0 && Math.abs(y) < REACH)) continue;
      const label = x > 0 ? (y > 0 ? 3 : 1) : 2;
      expect(surface.labels[v]).toBe(label);
      expect(surface.colours[3 * v]).toBeCloseTo(label / 10, 4);
      expect(surface.uncertainties[v]).toBeCloseTo(0.25, 5);
    }
  });

  it('carves away what other views look through', () => {
    // One view sees a wall at 0 where all others see one at −1.
    const wall = plane([0, 0, 1], -1);
    const cameras = ring([0, 0, -1], 0.8, [2], 4, 40);
    const views = cameras.map((camera) => observe(camera, wall));
    const wrong = observe(lookAt([0, 0.2, 1.2], [0, 0, 0], 40, 60), plane([0, 0, 1], -0.2));
    const { surface } = fused([wrong, ...views]);
    const centre = [...new Set(surface.triangles)].filter(
      (v) => Math.hypot(surface.positions[3 * v], surface.positions[3 * v + 1]) < 0.2,
    );
    expect(centre.length).toBeGreaterThan(50);
    for (const v of centre) expect(surface.positions[3 * v + 2]).toBeCloseTo(-1, 1);
  });

  it('forgets the weakest of five labels', () => {
    const camera = lookAt([0, 0, 1], [0, 0, 0], 16, 20);
    const wall = plane([0, 0, 1], 0);
    const { surface } = fused([7, 7, 7, 1, 2, 3, 4, 4, 7].map((label) => observe(camera, wall, () => label)));
    expect(new Set(surface.labels)).toEqual(new Set([7]));
  });

  it('refuses more blocks than it may hold, and arguments that do not fit', () => {
    const volume = new Volume({ ...OPTIONS, maxBlocks: 3 });
    expect(() => volume.integrate(sphereViews[0])).toThrow(VolumeFullError);
    expect(volume.blocks).toBe(0);
    const short = { ...sphereViews[0], depth: new Float32Array(4) };
    expect(() => volume.integrate(short)).toThrow(KernelArgumentError);
    volume.dispose();
    expect(() => new Volume({ ...OPTIONS, voxel: 0 })).toThrow(/voxel/);
    expect(() => new Volume({ ...OPTIONS, truncation: VOXEL / 2 })).toThrow(/truncation/);
  });

  it('gives no surface where nothing was seen', () => {
    const volume = new Volume(OPTIONS);
    expect(volume.surface(0).triangles).toHaveLength(0);
    const nothing = observe(lookAt([0, 0, 1], [0, 0, 0], 8, 8), () => Infinity);
    volume.integrate(nothing);
    expect(volume.blocks).toBe(0);
    volume.dispose();
  });
});

describe.runIf(addon)('the native volume', () => {
  const initial = addon?.info().threads ?? 1;
  afterAll(() => addon?.setThreads(initial));

  it('agrees with the reference voxel by voxel', async () => {
    const reference = new VolumeReference(OPTIONS);
    for (const view of sphereViews) reference.integrate(view);
    const expected = reference.read();
    await initKernels({ backend: 'native', threads: 2 });
    const { voxels } = fused(sphereViews);
    expect(voxels.keys).toEqual(expected.keys);
    let [differing, seen] = [0, 0];
    for (let i = 0; i < expected.weight.length; i++) {
      if (expected.weight[i] === 0 && voxels.weight[i] === 0) continue;
      seen++;
      const same =
        Math.abs(voxels.distance[i] - expected.distance[i]) < 1e-3 * VOXEL &&
        Math.abs(voxels.weight[i] - expected.weight[i]) < 1e-4 * expected.weight[i] &&
        Math.abs(voxels.uncertainty[i] - expected.uncertainty[i]) < 1e-5;
      if (!same) differing++;
    }
    expect(seen).toBeGreaterThan(5000);
    expect(differing / seen).toBeLessThan(0.005);
    const votes = expected.votes.filter((vote, i) => Math.abs(vote - voxels.votes[i]) > 1e-4 * Math.max(1, vote));
    expect(votes.length / seen).toBeLessThan(0.005);
  });

  it('marches as the reference does over the same voxels', async () => {
    await initKernels({ backend: 'native', threads: 2 });
    const { surface, voxels } = fused(sphereViews);
    const expected = marchingReference(voxels, VOXEL, 0);
    expect(surface.triangles).toEqual(expected.triangles);
    expect(surface.labels).toEqual(expected.labels);
    for (const name of ['positions', 'colours', 'uncertainties'] as const) {
      expect(surface[name]).toHaveLength(expected[name].length);
      // float32 of numbers up to 1
      const worst = expected[name].reduce((most, value, i) => Math.max(most, Math.abs(value - surface[name][i])), 0);
      expect(worst).toBeLessThan(1e-6);
    }
  });

  it('is the same to the bit on any number of threads', async () => {
    const results = [];
    for (const threads of [1, 2, 5]) {
      await initKernels({ backend: 'native', threads });
      results.push(fused(sphereViews));
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});
