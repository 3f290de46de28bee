/**
 * The renderer in plain float64: Gaussians → image with any subset of the channels, and the gradient to every parameter
 * (METHOD §1). It is the definition that the fast kernels are held against, and says where it must not be (`near`).
 *
 *   project every live row (projection.reference.ts), sort by z (ties by row), blend (blend.reference.ts);
 *   values: rgb = max(0, SH + 0.5) over the background; S_G, sigmoid(u logit), z and 1 over 0
 *
 * For semantics and uncertainty the weights are constants unless `semanticsMovesGeometry`.
 * Shapes as in layout.ts; image planar [C, H, W]. Cost O(count · pixels that each covers).
 */
import { cameraCentre, type PinholeCamera } from '#contract/camera';
import { sigmoid, type Floats } from './algebra.reference';
import { blend, blendBackward, type BlendResult, type Splat } from './blend.reference';
import { NonFiniteParameterError, type ParameterGroup } from './errors';
import {
  GEOMETRY,
  PROBE,
  SEMANTICS,
  SPHERICAL_HARMONICS,
  planeCount,
  planeOffset,
  planesMovingGeometry,
} from './layout';
import { project, projectBackward } from './projection.reference';
import { basis, basisGradient, coefficientCount } from './sphericalHarmonics.reference';

export interface RenderParameters {
  geometry: Floats;
  sphericalHarmonics: Floats;
  semantics: Floats | null;
}

export interface RenderView {
  camera: PinholeCamera;
  /** live rows */
  count: number;
  /** bits of layout.ts */
  channels: number;
  /** 0…3 */
  shDegree: number;
  background: readonly [number, number, number];
  antialiased: boolean;
}

export interface ReferenceRender extends BlendResult {
  /** pixels, [count]; 0 = invisible */
  radii: Float64Array;
  visible: number;
  order: Splat[];
}

export interface RenderGradients {
  geometry: Float64Array;
  sphericalHarmonics: Float64Array;
  semantics: Float64Array | null;
  /** (∂L/∂x_ndc, ∂L/∂y_ndc, radius) per row */
  probe: Float64Array;
}

/** Throws a NonFiniteParameterError on the first live row that holds a NaN or an infinity. */
export function checkFinite({ geometry, sphericalHarmonics, semantics }: RenderParameters, count: number): void {
  const check = (group: ParameterGroup, data: Floats, columns: number, from: number, to: number): void => {
    for (let row = 0; row < count; row++) {
      for (let c = row * columns + from; c < row * columns + to; c++) {
        if (!Number.isFinite(data[c])) throw new NonFiniteParameterError(group, row);
      }
    }
  };
  check('means', geometry, GEOMETRY.columns, GEOMETRY.mean, GEOMETRY.logScale);
  check('logScales', geometry, GEOMETRY.columns, GEOMETRY.logScale, GEOMETRY.quaternion);
  check('quaternions', geometry, GEOMETRY.columns, GEOMETRY.quaternion, GEOMETRY.opacityLogit);
  check('opacityLogits', geometry, GEOMETRY.columns, GEOMETRY.opacityLogit, GEOMETRY.columns);
  check('sphericalHarmonics', sphericalHarmonics, SPHERICAL_HARMONICS.columns, 0, SPHERICAL_HARMONICS.columns);
  if (semantics) {
    check('semantics', semantics, SEMANTICS.columns, 0, SEMANTICS.uncertaintyLogit);
    check('uncertainty', semantics, SEMANTICS.columns, SEMANTICS.uncertaintyLogit, SEMANTICS.columns);
  }
}

/** Unit direction from the camera to a mean, and the distance. */
function direction(geometry: Floats, row: number, centre: readonly number[]) {
  const d = centre.map((c, i) => geometry[row * GEOMETRY.columns + GEOMETRY.mean + i] - c);
  const distance = Math.hypot(...d);
  return { dir: d.map((v) => v / distance), distance };
}

/** Σ_k Y_k·sh[3k + c] + 0.5 before the clamp, [3]. */
function colour(sh: Floats, row: number, Y: Float64Array): number[] {
  const at = row * SPHERICAL_HARMONICS.columns;
  return [0, 1, 2].map((c) => Y.reduce((sum, v, k) => sum + v * sh[at + 3 * k + c], 0.5));
}

function backgroundPlanes(view: RenderView): Float64Array {
  const planes = new Float64Array(planeCount(view.channels));
  if (planeOffset(view.channels, 'rgb') >= 0) planes.set(view.background, 0);
  return planes;
}

/** @param margin relative distance to a cut-off that sets `near` */
export function renderReference(parameters: RenderParameters, view: RenderView, margin = 1e-5): ReferenceRender {
  const { geometry, sphericalHarmonics, semantics } = parameters;
  const { camera, channels } = view;
  checkFinite(parameters, view.count);
  const centre = cameraCentre(camera);
  const [rgb, vector, uncertainty, depth, alpha] = (['rgb', 'semantics', 'uncertainty', 'depth', 'alpha'] as const).map(
    (name) => planeOffset(channels, name),
  );
  const background = backgroundPlanes(view);
  const radii = new Float64Array(view.count);
  const order: Splat[] = [];
  for (let row = 0; row < view.count; row++) {
    const projected = project(geometry, row, camera, view.antialiased, margin);
    if (!projected) continue;
    radii[row] = projected.radius;
    const splat: Splat = { ...projected, row, values: new Float64Array(background.length) };
    if (rgb >= 0) {
      const [x, y, z] = direction(geometry, row, centre).dir;
      const unclamped = colour(sphericalHarmonics, row, basis(x, y, z, view.shDegree));
      splat.nearCutOff ||= unclamped.some((v) => Math.abs(v) < margin);
      unclamped.forEach((v, c) => (splat.values[rgb + c] = Math.max(0, v)));
    }
    if (semantics) {
      const at = row * SEMANTICS.columns;
      if (vector >= 0) splat.values.set(semantics.subarray(at, at + SEMANTICS.dimensions), vector);
      if (uncertainty >= 0) splat.values[uncertainty] = sigmoid(semantics[at + SEMANTICS.uncertaintyLogit]);
    }
    if (depth >= 0) splat.values[depth] = projected.z;
    if (alpha >= 0) splat.values[alpha] = 1;
    order.push(splat);
  }
  order.sort((a, b) => a.z - b.z || a.row - b.row);
  const visible = radii.reduce((sum, r) => sum + (r > 0 ? 1 : 0), 0);
  return { ...blend(order, camera.width, camera.height, background, margin), radii, visible, order };
}

/** @param dImage ∂L/∂image, [C, H, W] */
export function renderReferenceBackward(
  { geometry, sphericalHarmonics, semantics }: RenderParameters,
  view: RenderView,
  forward: ReferenceRender,
  dImage: ArrayLike<number>,
  semanticsMovesGeometry: boolean,
): RenderGradients {
  const { camera, channels } = view;
  const { width, height } = camera;
  const out: RenderGradients = {
    geometry: new Float64Array(geometry.length),
    sphericalHarmonics: new Float64Array(sphericalHarmonics.length),
    semantics: semantics && new Float64Array(semantics.length),
    probe: new Float64Array((geometry.length / GEOMETRY.columns) * PROBE.columns),
  };
  const centre = cameraCentre(camera);
  const moves = planesMovingGeometry(channels, semanticsMovesGeometry);
  const gradients = blendBackward(forward.order, width, height, backgroundPlanes(view), forward, dImage, moves);
  forward.order.forEach((splat, index) => {
    const { row } = splat;
    const gradient = gradients[index];
    if (planeOffset(channels, 'rgb') >= 0) {
      colourBackward(geometry, sphericalHarmonics, row, centre, view.shDegree, gradient.values, out);
    }
    if (semantics && out.semantics) {
      const at = row * SEMANTICS.columns;
      const vector = planeOffset(channels, 'semantics');
      const uncertainty = planeOffset(channels, 'uncertainty');
      if (vector >= 0) out.semantics.set(gradient.values.subarray(vector, vector + SEMANTICS.dimensions), at);
      if (uncertainty >= 0) {
        const u = sigmoid(semantics[at + SEMANTICS.uncertaintyLogit]);
        out.semantics[at + SEMANTICS.uncertaintyLogit] = gradient.values[uncertainty] * u * (1 - u);
      }
    }
    const depth = planeOffset(channels, 'depth');
    if (depth >= 0) gradient.z += gradient.values[depth];
    projectBackward(geometry, row, camera, view.antialiased, gradient, out.geometry);
    if (splat.radius > 0) {
      out.probe.set(
        [(gradient.mean[0] * width) / 2, (gradient.mean[1] * height) / 2, splat.radius],
        row * PROBE.columns,
      );
    }
  });
  return out;
}

/** ∂L/∂rgb [3] of one row to its harmonics and, through the direction, to its mean. */
function colourBackward(
  geometry: Floats,
  sh: Floats,
  row: number,
  centre: readonly number[],
  degree: number,
  dColour: Float64Array,
  out: RenderGradients,
): void {
  const { dir, distance } = direction(geometry, row, centre);
  const Y = basis(dir[0], dir[1], dir[2], degree);
  const dY = basisGradient(dir[0], dir[1], dir[2], degree);
  const at = row * SPHERICAL_HARMONICS.columns;
  const dDir = [0, 0, 0];
  colour(sh, row, Y).forEach((unclamped, c) => {
    if (unclamped < 0) return;
    for (let k = 0; k < coefficientCount(degree); k++) {
      out.sphericalHarmonics[at + 3 * k + c] += Y[k] * dColour[c];
      for (let i = 0; i < 3; i++) dDir[i] += dY[3 * k + i] * sh[at + 3 * k + c] * dColour[c];
    }
  });
  // dir = d/‖d‖: only the part across the direction moves it.
  const along = dDir[0] * dir[0] + dDir[1] * dir[1] + dDir[2] * dir[2];
  for (let i = 0; i < 3; i++) {
    out.geometry[row * GEOMETRY.columns + GEOMETRY.mean + i] += (dDir[i] - along * dir[i]) / distance;
  }
}
