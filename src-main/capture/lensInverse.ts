/**
 * Lenses backwards: which ray a distorted place belongs to, and how far out a lens can be undone at all.
 *
 * Where the determinant of the lens's Jacobian reaches 0 the picture folds back onto itself (barrel terms that win, a pole of the
 * rational model): beyond that radius places would show the middle a second time, so nothing there is ever used.
 */
import { bendFisheye, distort, type Bent, type Distortion } from './lens';

/** Steps of the search for the fold, each then narrowed by halving. Lenses are polynomials of degree 13 at most. */
const RADII = 128;
/** Decentring and prisms differ by direction; without them one direction tells all. */
const DIRECTIONS = 16;
const NEWTON_STEPS = 50;

/**
 * The radius in the undistorted plane within which a lens maps one to one.
 *
 * @param reach  the largest radius of interest
 * @returns Infinity when it does so up to there
 */
export function foldRadius(lens: Distortion, reach: number): number {
  // r' = atan(c·r)/ω grows for ever.
  if (lens.kind === 'fov') return Infinity;
  const { p1, p2 } = lens;
  const prism = lens.kind === 'fisheye' && (lens.sx1 !== 0 || lens.sy1 !== 0);
  const directions = p1 !== 0 || p2 !== 0 || prism ? DIRECTIONS : 1;
  let least = Infinity;
  for (let k = 0; k < directions; k++) {
    const [dx, dy] = [Math.cos((2 * Math.PI * k) / directions), Math.sin((2 * Math.PI * k) / directions)];
    const upright = (r: number): boolean => {
      const { jacobian } = distort(lens, r * dx, r * dy);
      return determinant(jacobian) > 0;
    };
    // Angles step evenly where the plane runs to infinity.
    const radius = (i: number): number =>
      lens.kind === 'fisheye' ? Math.tan((Math.atan(reach) * i) / RADII) : (reach * i) / RADII;
    let i = 1;
    while (i <= RADII && upright(radius(i))) i++;
    if (i > RADII) continue;
    let [low, high] = [radius(i - 1), radius(i)];
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2;
      if (upright(middle)) low = middle;
      else high = middle;
    }
    least = Math.min(least, low);
  }
  return least;
}

/**
 * The ray of a distorted place, as COLMAP's CamRayFromImg: unit length, z forward. Fisheyes see behind 90°.
 *
 * @returns null where no ray leads there, or the lens folds before it
 */
export function rayOf(lens: Distortion, x: number, y: number): [number, number, number] | null {
  if (lens.kind === 'fov') {
    const angle = Math.hypot(x, y) * lens.omega;
    if (!(angle < Math.PI / 2)) return null;
    const grown = angle === 0 ? 1 : Math.tan(angle) / angle;
    const scale = (grown * lens.omega) / (2 * Math.tan(lens.omega / 2));
    return unit(scale * x, scale * y, 1);
  }
  if (lens.kind === 'perspective') {
    const found = solve((u, v) => distort(lens, u, v), x, y);
    return found && unit(found[0], found[1], 1);
  }
  const found = solve((u, v) => bendFisheye(lens, u, v), x, y);
  if (!found) return null;
  const angle = Math.hypot(...found);
  if (angle > Math.PI) return null;
  const sine = angle === 0 ? 1 : Math.sin(angle) / angle;
  return [found[0] * sine, found[1] * sine, Math.cos(angle)];
}

/**
 * How many degrees a photo sees from its left to its right border, along the row of its centre, each side measured from the axis.
 *
 * @param lens  null for a pinhole of these intrinsics
 * @returns null where the lens cannot tell (it folds before the border)
 */
export function degreesAcross(
  { width, fx, cx }: { readonly width: number; readonly fx: number; readonly cx: number },
  lens: Distortion | null,
): number | null {
  let sum = 0;
  for (const side of [-cx / fx, (width - cx) / fx]) {
    const ray = lens ? rayOf(lens, side, 0) : unit(side, 0, 1);
    if (!ray) return null;
    sum += Math.abs(Math.atan2(ray[0], ray[2]));
  }
  return (sum * 180) / Math.PI;
}

/**
 * Follows the straight line from the centre to (x, y) in short pieces, each solved by Newton's method from the last: so the answer
 * is the one that joins the centre without a fold, never a second one behind it.
 */
function solve(bend: (u: number, v: number) => Bent, x: number, y: number): [number, number] | null {
  const pieces = Math.max(1, Math.ceil(Math.hypot(x, y) / 0.1));
  // Further out than any lens bends; and no endless loop for a place that is no place.
  if (!(pieces <= 10_000)) return null;
  let [u, v] = [0, 0];
  for (let piece = 1; piece <= pieces; piece++) {
    const [tx, ty] = [(x * piece) / pieces, (y * piece) / pieces];
    let close = false;
    for (let step = 0; step < NEWTON_STEPS && !close; step++) {
      const bent = bend(u, v);
      const [a, b, c, d] = bent.jacobian;
      const area = determinant(bent.jacobian);
      if (!(area > 1e-9)) return null;
      const [ex, ey] = [tx - bent.x, ty - bent.y];
      const [du, dv] = [(d * ex - b * ey) / area, (a * ey - c * ex) / area];
      u += du;
      v += dv;
      close = Math.hypot(du, dv) <= 1e-12 * Math.max(1, Math.hypot(u, v));
    }
    if (!close) return null;
  }
  return [u, v];
}

function determinant([a, b, c, d]: Bent['jacobian']): number {
  return a * d - b * c;
}

function unit(x: number, y: number, z: number): [number, number, number] {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
