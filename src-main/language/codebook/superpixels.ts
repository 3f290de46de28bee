/**
 * Superpixels: a photo cut into small connected patches of one colour that keep to its edges, so that what one patch shows can share one
 * index (METHOD §6, fine detail). Simple linear iterative clustering (Achanta et al. 2012):
 *
 *   centres on a grid of step s;  d² = |Lab_p − Lab_c|² + (m/s)²·|xy_p − xy_c|²,  searched within ±s (2s × 2s) of the centre
 *   centre ← mean of its pixels, a few times;  then patches that are not connected, or small, join the neighbour they meet first
 *
 * Lab is CIE L*a*b* of sRGB under D65 (CIE 15). Nothing is random; ties go to the lower centre.
 */

export interface SuperpixelOptions {
  /** distance of the first centres, px */
  step: number;
  /** m: how much a distance of one step counts, in units of Lab; higher is rounder */
  compactness?: number;
  rounds?: number;
}

export interface Superpixels {
  /** 0 … count − 1, [height, width] */
  readonly labels: Int32Array;
  readonly count: number;
}

const COMPACTNESS = 10;
const ROUNDS = 5;
/** Patches below this share of step² join a neighbour. */
const SMALLEST = 0.15;

/** sRGB bytes to linear light. */
const LINEAR = Float32Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

const root = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116);

/** @param rgb  sRGB, [pixels, 3]  @returns [pixels, 3] */
export function labOf(rgb: Uint8Array): Float32Array {
  const lab = new Float32Array(rgb.length);
  for (let at = 0; at < rgb.length; at += 3) {
    const [r, g, b] = [LINEAR[rgb[at]], LINEAR[rgb[at + 1]], LINEAR[rgb[at + 2]]];
    const x = root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    const y = root(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const z = root((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
    lab[at] = 116 * y - 16;
    lab[at + 1] = 500 * (x - y);
    lab[at + 2] = 200 * (y - z);
  }
  return lab;
}

/** @param rgb  [height, width, 3] */
export function superpixels(rgb: Uint8Array, width: number, height: number, options: SuperpixelOptions): Superpixels {
  const { step, compactness = COMPACTNESS, rounds = ROUNDS } = options;
  const lab = labOf(rgb);
  const columns = Math.max(1, Math.round(width / step));
  const rows = Math.max(1, Math.round(height / step));
  const count = columns * rows;
  // x, y, L, a, b of each centre
  const centres = new Float64Array(5 * count);
  for (let c = 0; c < count; c++) {
    const x = Math.min(width - 1, Math.floor((((c % columns) + 0.5) * width) / columns));
    const y = Math.min(height - 1, Math.floor(((Math.floor(c / columns) + 0.5) * height) / rows));
    const at = 3 * (y * width + x);
    centres.set([x, y, lab[at], lab[at + 1], lab[at + 2]], 5 * c);
  }
  const nearest = new Int32Array(width * height);
  const distances = new Float32Array(width * height);
  const spatial = (compactness / step) ** 2;
  for (let round = 0; round < rounds; round++) {
    distances.fill(Infinity);
    for (let c = 0; c < count; c++) {
      const [cx, cy, cl, ca, cb] = centres.subarray(5 * c, 5 * c + 5);
      const [left, right] = [Math.max(0, Math.ceil(cx - step)), Math.min(width - 1, Math.floor(cx + step))];
      const [top, bottom] = [Math.max(0, Math.ceil(cy - step)), Math.min(height - 1, Math.floor(cy + step))];
      for (let y = top; y <= bottom; y++) {
        const across = spatial * (y - cy) * (y - cy);
        for (let x = left, p = y * width + left; x <= right; x++, p++) {
          const l = lab[3 * p] - cl;
          const a = lab[3 * p + 1] - ca;
          const b = lab[3 * p + 2] - cb;
          const distance = across + spatial * (x - cx) * (x - cx) + l * l + a * a + b * b;
          if (distance < distances[p]) {
            distances[p] = distance;
            nearest[p] = c;
          }
        }
      }
    }
    recentre(centres, nearest, lab, width);
  }
  return connect(nearest, width, height, SMALLEST * step * step);
}

/** Every centre to the mean of its pixels; one without pixels stays. */
function recentre(centres: Float64Array, nearest: Int32Array, lab: Float32Array, width: number): void {
  const sums = new Float64Array(centres.length);
  const members = new Int32Array(centres.length / 5);
  nearest.forEach((c, p) => {
    members[c]++;
    sums[5 * c] += p % width;
    sums[5 * c + 1] += Math.floor(p / width);
    for (let k = 0; k < 3; k++) sums[5 * c + 2 + k] += lab[3 * p + k];
  });
  members.forEach((size, c) => {
    if (size > 0) for (let k = 5 * c; k < 5 * c + 5; k++) centres[k] = sums[k] / size;
  });
}

/** Connected patches by number; one smaller than `smallest` pixels joins the patch on its left or above that it meets first. */
function connect(nearest: Int32Array, width: number, height: number, smallest: number): Superpixels {
  const labels = new Int32Array(nearest.length).fill(-1);
  const queue = new Int32Array(nearest.length);
  let count = 0;
  for (let start = 0; start < nearest.length; start++) {
    if (labels[start] >= 0) continue;
    let beside = -1;
    if (start % width > 0) beside = labels[start - 1];
    else if (start >= width) beside = labels[start - width];
    labels[start] = count;
    let size = 1;
    queue[0] = start;
    for (let head = 0; head < size; head++) {
      const p = queue[head];
      const x = p % width;
      const visit = (q: number): void => {
        if (labels[q] >= 0 || nearest[q] !== nearest[start]) return;
        labels[q] = count;
        queue[size++] = q;
      };
      if (x > 0) visit(p - 1);
      if (x < width - 1) visit(p + 1);
      if (p >= width) visit(p - width);
      if (p < width * (height - 1)) visit(p + width);
    }
    if (size < smallest && beside >= 0) for (let i = 0; i < size; i++) labels[queue[i]] = beside;
    else count++;
  }
  return { labels, count };
}
