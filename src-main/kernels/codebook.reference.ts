/**
 * The codebook of dense features, in double (METHOD §3).
 *
 *   D_pi  = cos(F_p^CLIP, f_i^CLIP) + λ_DINO · cos(F_p^DINO, f_i^DINO)        a half of length 0 has cosine 0
 *   m_p   = argmax_i D_pi                                                     the lowest index on ties
 *   L_cos = mean_p (1 − cos(F_p^CLIP, f_m^CLIP)) + λ_DINO · (1 − cos(F_p^DINO, f_m^DINO))
 *   L_lb  = Σ_i r_i · p_i,   r_i = share of cells with m = i (no gradient),   p_i = mean_p softmax_i(D_p / T)
 *   L_q   = λ_cos · L_cos + λ_lb · L_lb
 *
 *   ∂L_q/∂D_pi = λ_lb / (P·T) · s_pi (r_i − Σ_j r_j s_pj) − λ_cos / P · [i = m_p],   s_p = softmax(D_p / T)
 *   ∂D_pi/∂f_i = (F̂_p − f̂_i (f̂_i · F̂_p)) / ‖f_i‖ in each half, the DINO half times λ_DINO
 *
 * Shapes: cells [P, clipWidth + dinoWidth], codebook [N, clipWidth + dinoWidth], row-major.
 */
import type { Floats } from './algebra.reference';

export interface CodebookShape {
  clipWidth: number;
  dinoWidth: number;
  /** λ_DINO */
  dinoWeight: number;
}

export interface CodebookWeights {
  /** λ_cos */
  cosineWeight: number;
  /** λ_lb */
  balanceWeight: number;
  /** T > 0 */
  temperature: number;
}

export interface CodebookInput<Data extends Floats = Floats> extends CodebookShape {
  cells: Data;
  /** P */
  count: number;
  codebook: Data;
  /** N */
  entries: number;
}

export interface CodebookLossParts {
  loss: number;
  /** mean cosine of the CLIP halves of the cells and their entries */
  cosineClip: number;
  cosineDino: number;
  /** L_lb */
  balance: number;
}

interface UnitHalves {
  /** [rows, width], each half of length 1, or 0 */
  unit: Float64Array;
  /** [rows, 2] */
  norms: Float64Array;
}

function unitHalves(data: Floats, rows: number, { clipWidth, dinoWidth }: CodebookShape): UnitHalves {
  const width = clipWidth + dinoWidth;
  const unit = new Float64Array(rows * width);
  const norms = new Float64Array(rows * 2);
  for (let row = 0; row < rows; row++) {
    for (const [half, from, to] of [
      [0, 0, clipWidth],
      [1, clipWidth, width],
    ]) {
      let squares = 0;
      for (let k = from; k < to; k++) squares += data[row * width + k] ** 2;
      const norm = Math.sqrt(squares);
      norms[row * 2 + half] = norm;
      if (norm > 0) for (let k = from; k < to; k++) unit[row * width + k] = data[row * width + k] / norm;
    }
  }
  return { unit, norms };
}

function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, from: number, to: number): number {
  let sum = 0;
  for (let k = from; k < to; k++) sum += a[atA + k] * b[atB + k];
  return sum;
}

/** D [P, N]. */
export function similaritiesReference(input: CodebookInput): Float64Array {
  const { count, entries, clipWidth, dinoWidth, dinoWeight } = input;
  const width = clipWidth + dinoWidth;
  const cells = unitHalves(input.cells, count, input).unit;
  const codes = unitHalves(input.codebook, entries, input).unit;
  const similarity = new Float64Array(count * entries);
  for (let p = 0; p < count; p++)
    for (let i = 0; i < entries; i++) {
      const clip = dot(cells, p * width, codes, i * width, 0, clipWidth);
      const dino = dot(cells, p * width, codes, i * width, clipWidth, width);
      similarity[p * entries + i] = clip + dinoWeight * dino;
    }
  return similarity;
}

/** The position of the largest of `length` values from `from`, relative to it; the lowest on ties. */
export function argmax(values: Floats, from: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (values[from + i] > values[from + best]) best = i;
  return best;
}

/** m [P], and D_pm. */
export function assignReference(input: CodebookInput): { indices: Int32Array; similarity: Float64Array } {
  const { count, entries } = input;
  const all = similaritiesReference(input);
  const indices = Int32Array.from({ length: count }, (_, p) => argmax(all, p * entries, entries));
  return { indices, similarity: Float64Array.from(indices, (i, p) => all[p * entries + i]) };
}

/** L_q, what it is made of, and ∂L_q/∂codebook [N, width]. */
export function codebookLossReference(
  input: CodebookInput,
  { cosineWeight, balanceWeight, temperature }: CodebookWeights,
): CodebookLossParts & { gradient: Float64Array; assigned: Int32Array; counts: Int32Array } {
  const { count, entries, clipWidth, dinoWidth, dinoWeight } = input;
  const width = clipWidth + dinoWidth;
  const cells = unitHalves(input.cells, count, input).unit;
  const { unit: codes, norms } = unitHalves(input.codebook, entries, input);
  const similarity = similaritiesReference(input);
  const assigned = new Int32Array(count);
  const counts = new Int32Array(entries);
  const softmax = new Float64Array(count * entries);
  const meanSoftmax = new Float64Array(entries);
  let cosineClip = 0;
  let cosineDino = 0;
  for (let p = 0; p < count; p++) {
    const row = similarity.subarray(p * entries, (p + 1) * entries);
    const m = argmax(row, 0, entries);
    assigned[p] = m;
    counts[m]++;
    cosineClip += dot(cells, p * width, codes, m * width, 0, clipWidth) / count;
    cosineDino += dot(cells, p * width, codes, m * width, clipWidth, width) / count;
    const powers = row.map((d) => Math.exp((d - row[m]) / temperature));
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (let i = 0; i < entries; i++) {
      softmax[p * entries + i] = powers[i] / total;
      meanSoftmax[i] += powers[i] / total / count;
    }
  }
  let balance = 0;
  for (let i = 0; i < entries; i++) balance += count > 0 ? (counts[i] / count) * meanSoftmax[i] : 0;
  const cosineLoss = count > 0 ? 1 - cosineClip + dinoWeight * (1 - cosineDino) : 0;

  const toUnit = new Float64Array(entries * width); // ∂L/∂f̂, each half
  for (let p = 0; p < count; p++) {
    let mixed = 0;
    for (let i = 0; i < entries; i++) mixed += (counts[i] / count) * softmax[p * entries + i];
    for (let i = 0; i < entries; i++) {
      let slope = balanceWeight * softmax[p * entries + i] * (counts[i] / count - mixed);
      slope /= count * temperature;
      if (i === assigned[p]) slope -= cosineWeight / count;
      for (let k = 0; k < width; k++)
        toUnit[i * width + k] += slope * (k < clipWidth ? 1 : dinoWeight) * cells[p * width + k];
    }
  }
  const gradient = new Float64Array(entries * width);
  for (let i = 0; i < entries; i++)
    for (const [half, from, to] of [
      [0, 0, clipWidth],
      [1, clipWidth, width],
    ]) {
      const norm = norms[i * 2 + half];
      if (norm === 0) continue;
      const along = dot(toUnit, i * width, codes, i * width, from, to);
      for (let k = from; k < to; k++)
        gradient[i * width + k] = (toUnit[i * width + k] - codes[i * width + k] * along) / norm;
    }
  const loss = cosineWeight * cosineLoss + balanceWeight * balance;
  return { loss, cosineClip, cosineDino, balance, gradient, assigned, counts };
}

export interface MapShape {
  /** of the grid */
  rows: number;
  columns: number;
  /** N */
  entries: number;
  /** of the map */
  width: number;
  height: number;
}

/**
 * Upsamples D bilinearly (half-pixel centres, edges held) and takes the argmax per pixel: an index is never interpolated.
 *
 * @param similarity  [rows·columns, N]
 * @param map         [height, width] receives 0 … N − 1
 */
export function upsampledArgmaxReference(
  similarity: Floats,
  { rows, columns, entries, width, height }: MapShape,
  map: Uint8Array,
): void {
  const place = (pixel: number, pixels: number, cells: number) => {
    const at = Math.min(cells - 1, Math.max(0, ((pixel + 0.5) * cells) / pixels - 0.5));
    const low = Math.floor(at);
    return { low, high: Math.min(cells - 1, low + 1), share: at - low };
  };
  const mixed = new Float64Array(entries);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const v = place(y, height, rows);
      const u = place(x, width, columns);
      const at = (row: number, column: number, i: number) => similarity[(row * columns + column) * entries + i];
      for (let i = 0; i < entries; i++) {
        const top = at(v.low, u.low, i) * (1 - u.share) + at(v.low, u.high, i) * u.share;
        const bottom = at(v.high, u.low, i) * (1 - u.share) + at(v.high, u.high, i) * u.share;
        mixed[i] = top * (1 - v.share) + bottom * v.share;
      }
      map[y * width + x] = argmax(mixed, 0, entries);
    }
}
