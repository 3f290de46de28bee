/**
 * Pictures and maps against geometry on paper. A parallelogram is exact in triangles, so its mask and depth must be; a ball is
 * within the sagitta of its facets.
 */
import { describe, expect, it } from 'vitest';
import { lookAt } from '../../../../src-main/capture/demo/cameras';
import { computeLight, directLight, lightPointCount, lightQualities } from '../../../../src-main/capture/demo/lighting';
import { ellipsoid, quad, type Part, type Vector } from '../../../../src-main/capture/demo/mesh';
import { renderView } from '../../../../src-main/capture/demo/render';
import { SceneBuilder } from '../../../../src-main/capture/demo/scene';
import { surface } from '../../../../src-main/capture/demo/surface';

const grey = surface('plain', [188, 188, 188]);
const size = { width: 64, height: 48 };

function show(parts: { part: Part; instance: number }[], eye: Vector, target: Vector) {
  const builder = new SceneBuilder(0.2);
  for (const { part, instance } of parts) builder.add([{ part, surface: grey }], instance);
  const scene = builder.finish();
  const camera = lookAt(eye, target, size);
  return { camera, view: renderView(scene, computeLight(scene, 1, lightQualities.quick), camera) };
}

/** A world point in pixels, with its depth. */
function project(m: readonly number[], f: number, [x, y, z]: Vector): Vector {
  const [a, b, c] = [0, 4, 8].map((r) => m[r] * x + m[r + 1] * y + m[r + 2] * z + m[r + 3]);
  return [(f * a) / c + size.width / 2, (f * b) / c + size.height / 2, c];
}

describe('lookAt', () => {
  it('is a rigid OpenCV pose: the target in the middle, up is up', () => {
    const camera = lookAt([1, -2, 1.5], [0, 0.5, 0.7], size);
    const m = camera.worldToCamera;
    const [u, v, depth] = project(m, camera.fx, [0, 0.5, 0.7]);
    expect(u).toBeCloseTo(32, 9);
    expect(v).toBeCloseTo(24, 9);
    expect(depth).toBeCloseTo(Math.hypot(1, 2.5, 0.8), 9);
    expect(project(m, camera.fx, [0, 0.5, 0.9])[1]).toBeLessThan(v);
    for (const i of [0, 4, 8]) {
      for (const j of [0, 4, 8]) {
        const dot = m[i] * m[j] + m[i + 1] * m[j + 1] + m[i + 2] * m[j + 2];
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });
});

describe('renderView', () => {
  it('maps a tilted board exactly: every pixel centre inside, at its depth', () => {
    const [corner, u, v]: Vector[] = [
      [-0.7, 1, 0.2],
      [1.3, 0.4, 0.1],
      [0.1, 0.2, 0.9],
    ];
    const { camera, view } = show([{ part: quad(corner, u, v), instance: 7 }], [0.2, -2, 0.9], [0, 1, 0.6]);
    const f = camera.fx;
    const m = camera.worldToCamera;
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    let inside = 0;
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const [a, b] = [(x + 0.5 - size.width / 2) / f, (y + 0.5 - size.height / 2) / f];
        const d = [0, 1, 2].map((k) => m[k] * a + m[4 + k] * b + m[8 + k]);
        const eye = [0.2, -2, 0.9];
        const along = (p: readonly number[], q: readonly number[]): number => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
        const depth =
          along(
            n,
            corner.map((value, k) => value - eye[k]),
          ) / along(n, d);
        const hit = eye.map((value, k) => value + depth * d[k] - corner[k]);
        // Solve hit = s·u + t·v in the plane.
        const [uu, uv, vv, hu, hv] = [along(u, u), along(u, v), along(v, v), along(hit, u), along(hit, v)];
        const s = (hu * vv - hv * uv) / (uu * vv - uv * uv);
        const t = (hv * uu - hu * uv) / (uu * vv - uv * uv);
        const margin = Math.min(s, t, 1 - s, 1 - t);
        // Float32 corners decide what lies within rounding of an edge.
        if (Math.abs(margin) < 1e-6) continue;
        const i = y * size.width + x;
        expect(view.instances[i]).toBe(margin > 0 ? 7 : 0);
        if (margin > 0) expect(Math.abs(view.depth[i] - depth)).toBeLessThan(2e-6 * depth);
        else expect(view.depth[i]).toBe(0);
        inside += margin > 0 ? 1 : 0;
      }
    }
    expect(inside).toBeGreaterThan(200);
  });

  it('maps a ball: its outline is a circle of the right size, its depth that of the sphere', () => {
    const radius = 0.5;
    const part = ellipsoid([0, 0, 0], [radius, radius, radius], 1, 64, 96);
    const { camera, view } = show([{ part, instance: 3 }], [0, -2, 0], [0, 0, 0]);
    // Facets lie inside the sphere by at most r·(1 − cos(π/96)·cos(π/128)) < 0.001 r.
    const sagitta = 0.001 * radius;
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const [a, b] = [(x + 0.5 - 32) / camera.fx, (y + 0.5 - 24) / camera.fy];
        // |z·(a, b, 1) − (0, 0, 2)| = r
        const [square, discriminant] = [a * a + b * b + 1, 4 - (a * a + b * b + 1) * (4 - radius * radius)];
        const i = y * size.width + x;
        // Distance of the ray from the centre; near the outline the facets decide.
        const miss = 2 * Math.sqrt((a * a + b * b) / square);
        if (Math.abs(miss - radius) < 2 * sagitta) continue;
        expect(view.instances[i]).toBe(miss < radius ? 3 : 0);
        if (miss > 0.9 * radius) continue;
        const depth = (2 - Math.sqrt(discriminant)) / square;
        expect(Math.abs(view.depth[i] - depth)).toBeLessThan(4 * sagitta);
        // The normal is the sphere's: the point itself over the radius.
        const point = [depth * a, depth - 2, -depth * b].map((value) => value / radius);
        for (let k = 0; k < 3; k++) expect(Math.abs(view.normals[3 * i + k] - point[k])).toBeLessThan(0.01);
      }
    }
  });

  it('shows glass as itself in the maps, and what is behind it in the picture', () => {
    const pane = quad([-1, 0, -1], [2, 0, 0], [0, 0, 2]);
    const wall = quad([-3, 1, -3], [6, 0, 0], [0, 0, 6]);
    const builder = new SceneBuilder(1);
    const red = surface('plain', [220, 20, 20], { glow: 0.9 });
    builder.add([{ part: wall, surface: red }], 1);
    builder.add([{ part: pane, surface: surface('plain', [255, 255, 255], { clear: 0.9, thin: true }) }], 2);
    const scene = builder.finish();
    const light = computeLight(scene, 1, lightQualities.quick);
    const view = renderView(scene, light, lookAt([0, -2, 0], [0, 0, 0], size));
    const middle = 24 * size.width + 32;
    expect(view.instances[middle]).toBe(2);
    expect(view.depth[middle]).toBeCloseTo(2, 5);
    const [r, g] = view.rgb.subarray(3 * middle);
    expect(r).toBeGreaterThan(150);
    expect(g).toBeLessThan(80);
  });

  it('casts a shadow, soft at its edge', () => {
    const builder = new SceneBuilder(0.02);
    const floor = quad([-1, -1, 0], [2, 0, 0], [0, 2, 0]);
    const shade = quad([-0.4, -0.4, 0.5], [0.8, 0, 0], [0, 0.8, 0]);
    builder.add([{ part: floor, surface: grey }], 1);
    builder.add([{ part: shade, surface: grey }], 2);
    builder.addLight({ kind: 'area', corner: [-0.2, -0.2, 2], u: [0, 0.4, 0], v: [0.4, 0, 0], colour: [9, 9, 9] });
    const scene = builder.finish();
    const light = new Float32Array(3 * lightPointCount(scene));
    directLight(scene, 1, lightQualities.fine, 0, lightPointCount(scene), light);
    const [patch] = scene.patches;
    const at = (x: number): number => {
      const i = Math.round(((x + 1) / 2) * (patch.columns - 1));
      return light[3 * (patch.first + Math.round((patch.rows - 1) / 2) * patch.columns + i)];
    };
    // Full shade reaches to 0.4 + (0.4 − 0.2)/1.5 · 0.5 = 0.47, full light begins at 0.4 + (0.4 + 0.2)/1.5 · 0.5 = 0.6.
    expect(at(0.3)).toBe(0);
    expect(at(0.53)).toBeGreaterThan(0.2 * at(0.75));
    expect(at(0.53)).toBeLessThan(0.8 * at(0.75));
  });
});
