/**
 * The queue of uncertain regions against a plain search, over random surfaces; what pictures tell of a scene's surface; and where a region
 * is looked at from: nearer than the photo, turned to it, before what stands before it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { cameraCentre, reduceCamera } from '#contract/camera';
import type { PinholeCamera } from '#contract/camera';
import { CounterRandom } from '../../../src-main/base/random';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { initKernels } from '../../../src-main/kernels/index';
import { frameRegion } from '../../../src-main/labels/framing';
import { adjacency, seenSurface, surfaceView } from '../../../src-main/labels/seenSurface';
import { LEAST_SHARE, LEAST_UNCERTAINTY, uncertainRegions } from '../../../src-main/labels/uncertainRegions';

const [REACH, KIN] = [0.25, 0.5];
const COLUMNS = 24;

/** A sheet of hosts, some of which carry splats of their own; `holes` of its edges are cut. */
function sheet(seed: number, { holes = 0.1, done = 0.2 } = {}) {
  const random = new CounterRandom(seed, 'sheet');
  let draws = 0;
  const draw = (): number => random.uniform(draws++);
  const hosted = COLUMNS * COLUMNS;
  const count = hosted + 200;
  const area = Float32Array.from({ length: count }, () => 40 * draw() ** 3);
  const hosts = Int32Array.from({ length: count }, (_, row) => (row < hosted ? row : Math.floor(draw() * hosted)));
  hosts[count - 1] = -1;
  const centres = Float32Array.from({ length: 3 * count }, (_, i) => {
    const row = Math.floor(i / 3);
    return [(row % COLUMNS) * 0.1, Math.floor(row / COLUMNS) * 0.1, 0][i % 3];
  });
  const edges: number[] = [];
  for (let row = 0; row < hosted; row++) {
    if ((row + 1) % COLUMNS !== 0 && draw() > holes) edges.push(row * count + row + 1);
    if (row + COLUMNS < hosted && draw() > holes) edges.push(row * count + row + COLUMNS);
  }
  // Uncertainty comes in patches, with noise.
  const uncertainty = Float32Array.from({ length: count }, (_, row) => {
    const patch = Math.sin((hosts[row] % COLUMNS) / 3) * Math.sin(Math.floor(hosts[row] / COLUMNS) / 4);
    return Math.min(1, Math.max(0, 0.5 * patch + 0.4 * draw()));
  });
  const left = Uint8Array.from({ length: count }, () => (draw() < done ? 0 : 1));
  const seen = { area, hosts, centres, spreads: new Float32Array(count), neighbours: adjacency(edges, count) };
  const touching = new Set(edges.flatMap((edge) => [edge, (edge % count) * count + Math.floor(edge / count)]));
  return { seen, uncertainty, left, touch: (a: number, b: number) => touching.has(a * count + b), count };
}

/** The definition, read aloud: every host is asked again and again until nothing grows. */
function plainRegions({ seen, uncertainty, left, touch, count }: ReturnType<typeof sheet>, extent: number): number[][] {
  const all = Array.from({ length: count }, (_, row) => row);
  const sum = (rows: number[], of: (row: number) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const at = (host: number): number[] => all.filter((row) => left[row] && seen.hosts[row] === host);
  const members = all.map(at);
  const around = all.map((host) => [host, ...all.filter((other) => touch(host, other))].flatMap((one) => members[one]));
  const areaOf = (host: number): number => sum(members[host], (row) => seen.area[row]);
  const unsure = all.map(
    (host) =>
      sum(around[host], (row) => seen.area[row] * uncertainty[row]) / sum(around[host], (row) => seen.area[row]),
  );
  const open = new Set(all.filter((host) => areaOf(host) > 0 && unsure[host] >= LEAST_UNCERTAINTY));
  const patches: number[][] = [];
  while (open.size > 0) {
    const seed = [...open].reduce((a, b) => (areaOf(b) * unsure[b] > areaOf(a) * unsure[a] ? b : a));
    const patch = [seed];
    open.delete(seed);
    for (let grew = true; grew;) {
      const next = [...open].filter(
        (host) =>
          patch.some((one) => touch(one, host)) &&
          unsure[host] >= KIN * unsure[seed] &&
          Math.hypot(...[0, 1, 2].map((k) => seen.centres[3 * host + k] - seen.centres[3 * seed + k])) <=
            REACH * extent,
      );
      for (const host of next) open.delete(host);
      patch.push(...next);
      grew = next.length > 0;
    }
    patches.push(patch);
  }
  const least = LEAST_SHARE * sum(all, (row) => seen.area[row]);
  const large = patches.map((patch) => sum(patch, areaOf) >= least);
  const grown = patches.map((patch) => [...patch]);
  patches.forEach((patch, i) => {
    if (large[i]) return;
    const shared = patches.map((other, j) =>
      large[j] ? sum(patch, (host) => other.filter((one) => touch(host, one)).length) : 0,
    );
    const most = Math.max(...shared);
    if (most > 0) grown[shared.indexOf(most)].push(...patch);
  });
  const rows = grown
    .filter((_, i) => large[i])
    .map((patch) => patch.flatMap((host) => members[host]).sort((a, b) => a - b));
  const weight = (list: number[]): number => sum(list, (row) => seen.area[row] * uncertainty[row]);
  return rows.sort((a, b) => weight(b) - weight(a));
}

describe('uncertain regions', () => {
  it.each([1, 2, 3, 4, 5, 6])('are what a plain search finds, on sheet %i', (seed) => {
    const made = sheet(seed, { holes: 0.05 * seed, done: 0.1 * seed });
    const regions = uncertainRegions(made.seen, made.uncertainty, made.left, 2);
    expect(regions.map(({ rows }) => [...rows])).toEqual(plainRegions(made, 2));
    expect(regions.length).toBeGreaterThan(3);
  });

  it('are disjoint, waiting, large enough, heaviest first, and shrink as they are looked at', () => {
    const made = sheet(11);
    const { seen, uncertainty, left } = made;
    const whole = seen.area.reduce((sum, a) => sum + a, 0);
    let before = Infinity;
    for (let turn = 0; turn < 200; turn++) {
      const regions = uncertainRegions(seen, uncertainty, left, 2);
      const rows = regions.flatMap((region) => [...region.rows]);
      expect(new Set(rows).size).toBe(rows.length);
      expect(rows.every((row) => left[row] === 1)).toBe(true);
      const weights = regions.map(({ weight }) => weight);
      expect(weights).toEqual(weights.toSorted((a, b) => b - a));
      for (const { rows: own, uncertainty: mean } of regions) {
        expect(own.reduce((sum, row) => sum + seen.area[row], 0)).toBeGreaterThanOrEqual(0.999 * LEAST_SHARE * whole);
        expect(mean).toBeGreaterThan(0);
      }
      if (regions.length === 0) return;
      const [{ rows: first }] = regions;
      for (const row of first) left[row] = 0;
      const waits = left.reduce((sum, one) => sum + one, 0);
      expect(waits).toBeLessThan(before);
      before = waits;
    }
    expect.fail('the queue did not end');
  });

  it('reach no farther than an armchair, whatever is uncertain', () => {
    const made = sheet(3, { holes: 0, done: 0 });
    made.uncertainty.fill(0.9);
    const extent = 1.2;
    for (const { radius } of uncertainRegions(made.seen, made.uncertainty, made.left, extent))
      expect(radius).toBeLessThan(2 * REACH * extent);
  });
});

// ---- a wall of small splats, with a board before a part of it

const camera = (x: number): PinholeCamera => ({
  ...{ width: 320, height: 240, fx: 280, fy: 280, cx: 160, cy: 120 },
  worldToCamera: [1, 0, 0, -x, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
});

function wallAndBoard() {
  const step = 0.12;
  const splats: { at: [number, number, number]; board: boolean }[] = [];
  for (let x = -2.4; x <= 2.4; x += step)
    for (let y = -1.8; y <= 1.8; y += step) splats.push({ at: [x, y, 4], board: false });
  for (let x = -0.4; x <= 0.4; x += step)
    for (let y = -0.6; y <= 0.6; y += step) splats.push({ at: [x, y, 2], board: true });
  const model = new GaussianModel(splats.length);
  model.append(splats.length);
  const { geometry } = model.arrays();
  splats.forEach(({ at }, row) => geometry.set([...at, ...[0.08, 0.08, 0.004].map(Math.log), 1, 0, 0, 0, 6], 11 * row));
  return { splats, scene: { model, antialiased: false } };
}

describe('the seen surface', () => {
  beforeAll(() => initKernels({ backend: 'auto', threads: 1 }));

  it('tells areas, where splats are seen, and neighbours, though hardly any across an edge in depth', () => {
    const { splats, scene } = wallAndBoard();
    const seen = seenSurface(scene, [{ photo: 'a', camera: camera(0) }]);
    const pixels = reduceCamera(camera(0), 240);
    const covered = seen.area.reduce((sum, a) => sum + a, 0) / (pixels.width * pixels.height);
    expect(covered).toBeGreaterThan(0.8);
    expect(covered).toBeLessThanOrEqual(1);
    const off: number[] = [];
    let [linked, across] = [0, 0];
    for (let row = 0; row < splats.length; row++) {
      if (seen.hosts[row] !== row) continue;
      if (Math.abs(splats[row].at[0]) > 1) off.push(Math.abs(seen.centres[3 * row + 2] - splats[row].at[2]));
      const { offsets, rows } = seen.neighbours;
      for (const other of rows.subarray(offsets[row], offsets[row + 1])) {
        linked++;
        if (splats[other].board !== splats[row].board) across++;
      }
    }
    // Pixels at an edge blend depths, those in the middle of a splat do not.
    expect(off.sort((a, b) => a - b)[off.length >> 1]).toBeLessThan(0.02);
    expect(linked).toBeGreaterThan(1000);
    // Depths of pixels at an edge lie between: a few links remain. Of pixels side by side about one in twenty is at the board's edge.
    expect(across / linked).toBeLessThan(0.01);
    scene.model.dispose();
  });

  it('is framed from the photo that sees most of it, nearer, turned to it, in free space', () => {
    const { splats, scene } = wallAndBoard();
    const photos = [
      { photo: 'hidden', camera: camera(0) },
      { photo: 'beside', camera: camera(1.4) },
    ];
    const seen = seenSurface(scene, photos);
    // Behind the board for the first photo, in full sight of the second.
    const rows = Int32Array.from(splats.keys()).filter((row) => {
      const [x, y, z] = splats[row].at;
      return z === 4 && Math.abs(x) < 0.3 && Math.abs(y) < 0.3;
    });
    const found = frameRegion(scene, seen, rows, 2)!;
    expect(found.photo).toBe('beside');
    expect(Math.abs(found.focus[2] - 4)).toBeLessThan(0.1);
    const { width, height, fx, fy, cx, cy, worldToCamera: m } = found.camera;
    const p = [0, 4, 8].map(
      (r) => m[r] * found.focus[0] + m[r + 1] * found.focus[1] + m[r + 2] * found.focus[2] + m[r + 3],
    );
    expect((fx * p[0]) / p[2] + cx).toBeCloseTo(width / 2, 3);
    expect((fy * p[1]) / p[2] + cy).toBeCloseTo(height / 2, 3);
    const far = Math.hypot(...cameraCentre(photos[1].camera).map((v, k) => v - found.focus[k]));
    expect(p[2]).toBeLessThan(0.7 * far);
    // Before the board's plane it must not have gone through it, and nothing stands before the wall.
    const view = surfaceView(scene, reduceCamera(found.camera, 120));
    const member = new Set(rows);
    let share = 0;
    view.weights.forEach((w, pair) => (share += member.has(view.rows[pair]) ? w : 0));
    expect(share / view.depths.length).toBeGreaterThan(0.08);
    expect(view.depths.filter((depth) => depth > 0 && depth < 0.5 * p[2]).length / view.depths.length).toBeLessThan(
      0.1,
    );
    scene.model.dispose();
  });

  it('is not framed where no photo shows it', () => {
    const { scene } = wallAndBoard();
    const behind = { ...camera(0), worldToCamera: [-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1] };
    const seen = seenSurface(scene, [{ photo: 'away', camera: behind }]);
    expect(frameRegion(scene, seen, Int32Array.of(0, 1, 2), 2)).toBeNull();
    scene.model.dispose();
  });
});
