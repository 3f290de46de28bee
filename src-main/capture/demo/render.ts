/**
 * Photos of a room and their truth: one ray through each pixel's centre decides class, instance and depth exactly; pixels at an
 * edge of anything get four more rays (a rotated grid), whose colours are averaged as displayed.
 *
 * Matt surfaces show albedo · light (`lighting.ts`). Glossy ones add the mirrored room by Schlick's share, glass lets its tint
 * through; truth holds the first surface that a ray meets, glass included.
 */
import type { PinholeCamera } from '#contract/camera';
import { lightAt } from './lighting';
import type { Scene } from './scene';
import { textureColour } from './texture';

export interface RenderedView {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] sRGB */
  readonly rgb: Uint8Array;
  /** [height, width] instance ids, 0 = nothing */
  readonly instances: Uint8Array;
  /** [height, width] metres along the camera's axis, 0 = nothing */
  readonly depth: Float32Array;
  /** [height, width, 3] unit normals in the world, towards the camera */
  readonly normals: Float32Array;
}

export interface RenderSettings {
  /** multiplies light before it is displayed */
  readonly exposure: number;
  /** extra rays at edges: 4, or 0 for speed */
  readonly edgeRays: 0 | 4;
}

export const defaultRenderSettings: RenderSettings = { exposure: 1.25, edgeRays: 4 };

const GRID = [
  [-0.125, -0.375],
  [0.375, -0.125],
  [0.125, 0.375],
  [-0.375, 0.125],
] as const;
/** surfaces that a ray may pass or be mirrored by */
const MAX_BOUNCES = 7;
/** displayed difference between neighbours that counts as an edge */
const EDGE = 0.07;

/** @param light  [points, 3] of the scene */
export function renderView(
  scene: Scene,
  light: Float32Array,
  camera: PinholeCamera,
  settings = defaultRenderSettings,
): RenderedView {
  const { width, height } = camera;
  const eye = new Eye(scene, light, camera, settings.exposure);
  const pixels = width * height;
  const shown = new Float32Array(3 * pixels);
  const instances = new Uint8Array(pixels);
  const depth = new Float32Array(pixels);
  const normals = new Float32Array(3 * pixels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      eye.look(x + 0.5, y + 0.5);
      shown.set(eye.colour, 3 * i);
      normals.set(eye.normal, 3 * i);
      instances[i] = eye.instance;
      depth[i] = eye.depth;
    }
  }
  const rgb = new Uint8Array(3 * pixels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (settings.edgeRays > 0 && isEdge(x, y, i)) {
        const sum = [0, 0, 0];
        for (const [dx, dy] of GRID) {
          eye.look(x + 0.5 + dx, y + 0.5 + dy);
          for (let k = 0; k < 3; k++) sum[k] += eye.colour[k] / GRID.length;
        }
        for (let k = 0; k < 3; k++) rgb[3 * i + k] = Math.round(255 * sum[k]);
      } else {
        for (let k = 0; k < 3; k++) rgb[3 * i + k] = Math.round(255 * shown[3 * i + k]);
      }
    }
  }
  return { width, height, rgb, instances, depth, normals };

  function isEdge(x: number, y: number, i: number): boolean {
    return (
      (x > 0 && differs(i, i - 1)) ||
      (x + 1 < width && differs(i, i + 1)) ||
      (y > 0 && differs(i, i - width)) ||
      (y + 1 < height && differs(i, i + width))
    );
  }

  function differs(i: number, j: number): boolean {
    if (instances[i] !== instances[j]) return true;
    const [a, b] = [3 * i, 3 * j];
    if (normals[a] * normals[b] + normals[a + 1] * normals[b + 1] + normals[a + 2] * normals[b + 2] < 0.8) return true;
    for (let k = 0; k < 3; k++) if (Math.abs(shown[a + k] - shown[b + k]) > EDGE) return true;
    return false;
  }
}

/** Looks along rays of one camera; what was seen stays in its fields. */
class Eye {
  /** displayed, 0 … 1 */
  readonly colour = new Float64Array(3);
  /** of the first surface, towards the camera */
  readonly normal = new Float64Array(3);
  instance = 0;
  depth = 0;

  readonly #scene: Scene;
  readonly #light: Float32Array;
  readonly #camera: PinholeCamera;
  readonly #exposure: number;
  readonly #origin: readonly number[];
  readonly #albedo = new Float64Array(3);
  readonly #arriving = new Float64Array(3);
  readonly #radiance = new Float64Array(3);
  readonly #pixelAngle: number;

  constructor(scene: Scene, light: Float32Array, camera: PinholeCamera, exposure: number) {
    this.#scene = scene;
    this.#light = light;
    this.#camera = camera;
    this.#exposure = exposure;
    const m = camera.worldToCamera;
    this.#origin = [0, 1, 2].map((k) => -(m[k] * m[3] + m[4 + k] * m[7] + m[8 + k] * m[11]));
    this.#pixelAngle = 1 / camera.fx;
  }

  /** Through a point of the picture, in pixels. */
  look(px: number, py: number): void {
    const { fx, fy, cx, cy, worldToCamera: m } = this.#camera;
    // With the direction's z at 1 in the camera's frame, distance along the ray is depth along the axis.
    const x = (px - cx) / fx;
    const y = (py - cy) / fy;
    const [dx, dy, dz] = [m[0] * x + m[4] * y + m[8], m[1] * x + m[5] * y + m[9], m[2] * x + m[6] * y + m[10]];
    const [ox, oy, oz] = this.#origin;
    this.#radiance.fill(0);
    this.instance = 0;
    this.depth = 0;
    this.normal.fill(0);
    this.#trace(ox, oy, oz, dx, dy, dz, 0, 1, 1, 1, 0);
    for (let k = 0; k < 3; k++) this.colour[k] = displayed(this.#exposure * this.#radiance[k]);
  }

  /** Adds what arrives along a ray, weighted per channel. @param travelled  before the ray's origin */
  #trace(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    travelled: number,
    wr: number,
    wg: number,
    wb: number,
    bounce: number,
  ): void {
    const scene = this.#scene;
    const { caster } = scene;
    if (!caster.closest(ox, oy, oz, dx, dy, dz, 1e-4, Infinity)) return;
    const { t, u, v, triangle } = caster;
    const surface = scene.surfaces[scene.surfaceOf[triangle]];
    const { vertices, normals, texture } = scene;
    const [a, b, c] = [3 * vertices[3 * triangle], 3 * vertices[3 * triangle + 1], 3 * vertices[3 * triangle + 2]];
    const w = 1 - u - v;
    let nx = w * normals[a] + u * normals[b] + v * normals[c];
    let ny = w * normals[a + 1] + u * normals[b + 1] + v * normals[c + 1];
    let nz = w * normals[a + 2] + u * normals[b + 2] + v * normals[c + 2];
    const speed = Math.sqrt(dx * dx + dy * dy + dz * dz);
    let facing = (nx * dx + ny * dy + nz * dz) / (Math.sqrt(nx * nx + ny * ny + nz * nz) * speed || 1);
    if (facing > 0) [nx, ny, nz, facing] = [-nx, -ny, -nz, -facing];
    if (bounce === 0) {
      this.instance = scene.instanceOf[triangle];
      this.depth = t;
      const length = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1;
      this.normal[0] = nx / length;
      this.normal[1] = ny / length;
      this.normal[2] = nz / length;
    }
    const distance = travelled + t * speed;
    // A grazing look stretches the footprint; its square root is between the long and the short axis.
    const footprint = (distance * this.#pixelAngle) / Math.sqrt(Math.max(0.05, -facing));
    const albedo = this.#albedo;
    textureColour(
      surface,
      w * texture[a] + u * texture[b] + v * texture[c],
      w * texture[a + 1] + u * texture[b + 1] + v * texture[c + 1],
      w * texture[a + 2] + u * texture[b + 2] + v * texture[c + 2],
      footprint,
      albedo,
    );
    lightAt(scene, this.#light, triangle, u, v, this.#arriving);
    const mirrored = surface.gloss > 0 ? surface.gloss + (1 - surface.gloss) * (1 + facing) ** 5 * 0.6 : 0;
    // A lit shade would burn out under its own bulb: its glow stands for most of that.
    const shade = surface.glow > 0 && surface.thin ? 0.4 : 1;
    const scattered = shade * (1 - surface.clear) * (surface.metal ? 0.35 : 1 - mirrored);
    const radiance = this.#radiance;
    const [ar, ag, ab] = albedo;
    radiance[0] += wr * ar * (scattered * this.#arriving[0] + surface.glow);
    radiance[1] += wg * ag * (scattered * this.#arriving[1] + surface.glow);
    radiance[2] += wb * ab * (scattered * this.#arriving[2] + surface.glow);
    if (bounce >= MAX_BOUNCES) return;
    const hx = ox + t * dx;
    const hy = oy + t * dy;
    const hz = oz + t * dz;
    if (mirrored > 0.015 && wr + wg + wb > 0.1) {
      const length = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1;
      const twice = (2 * (nx * dx + ny * dy + nz * dz)) / (length * length);
      const [rx, ry, rz] = [dx - twice * nx, dy - twice * ny, dz - twice * nz];
      const tint = surface.metal;
      // A mirrored ray is not mirrored again: second reflections are small and cost as much.
      this.#trace(
        hx + (1e-3 * nx) / length,
        hy + (1e-3 * ny) / length,
        hz + (1e-3 * nz) / length,
        rx,
        ry,
        rz,
        distance,
        wr * mirrored * (tint ? ar : 1),
        wg * mirrored * (tint ? ag : 1),
        wb * mirrored * (tint ? ab : 1),
        MAX_BOUNCES,
      );
    }
    if (surface.clear > 0) {
      const through = surface.clear * (1 - mirrored);
      // The tint of one wall: a look through both gives the colour's own share.
      this.#trace(
        hx,
        hy,
        hz,
        dx,
        dy,
        dz,
        distance,
        wr * through * (0.35 + 0.65 * ar ** 0.5),
        wg * through * (0.35 + 0.65 * ag ** 0.5),
        wb * through * (0.35 + 0.65 * ab ** 0.5),
        bounce + 1,
      );
    }
  }
}

/** Linear light to what a screen shows: straight up to 0.7, then a soft shoulder, then sRGB's curve. */
function displayed(value: number): number {
  const x = value < 0.7 ? value : 1 - 0.3 * Math.exp((0.7 - value) / 0.3);
  return x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
}
