/**
 * Exact area averaging: each output pixel is the mean of the source area that it covers, with fractional coverage.
 *
 * Measured in units of 1/outWidth and 1/outHeight of a source pixel, every overlap is a whole number: an output pixel
 * spans `width`×`height` units, a source pixel outWidth×outHeight. So all sums are exact integers (below 2³¹ along a
 * column, 2⁵³ in all) and only the final division rounds. Columns first, a few rows at a time, then along the row: about
 * 1 ns per source byte.
 */

/** One row of samples, channels interleaved. 16 bits carry colour × alpha. */
export type Samples = Uint8Array | Uint16Array;

export interface BoxShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** not larger than the source, either way */
  readonly outWidth: number;
  readonly outHeight: number;
}

/** Rows of the source that `reduceRows` holds at once. */
export function rowsHeld({ height, outHeight }: BoxShape): number {
  return Math.ceil(height / outHeight) + 1;
}

/**
 * Reduces an image row by row.
 *
 * @param row   gives source row y; it must stay valid while `rowsHeld` later rows are asked for
 * @param emit  takes output row y: sums [outWidth, channels], each to be divided by width·height; valid during the call
 */
export function reduceRows(
  shape: BoxShape,
  row: (y: number) => Samples,
  emit: (y: number, sums: Float64Array) => void,
): void {
  const { width, height, channels, outWidth, outHeight } = shape;
  const columns = new Int32Array(width * channels);
  const sums = new Float64Array(outWidth * channels);
  for (let y = 0; y < outHeight; y++) {
    const start = y * height;
    const end = start + height;
    const first = Math.floor(start / outHeight);
    const last = Math.ceil(end / outHeight) - 1;
    const rows: Samples[] = [];
    for (let r = first; r <= last; r++) rows.push(row(r));
    const firstWeight = Math.min((first + 1) * outHeight, end) - start;
    const lastWeight = last === first ? 0 : end - last * outHeight;
    sumRows(columns, rows, firstWeight, lastWeight, outHeight);
    if (channels === 3) sumAlong3(columns, sums, width, outWidth);
    else sumAlong(columns, sums, width, outWidth, channels);
    emit(y, sums);
  }
}

/** columns ← first·rows[0] + inner·Σ rows[1…n−2] + last·rows[n−1] */
function sumRows(columns: Int32Array, rows: readonly Samples[], first: number, last: number, inner: number): void {
  const count = columns.length;
  const a = rows[0];
  const b = rows[rows.length - 1];
  // The number of inner rows is fixed by the ratio; each small one has its own loop, so that no sum is stored twice.
  let next = 1;
  if (rows.length >= 5) {
    const [, p, q, r] = rows;
    for (let i = 0; i < count; i++) {
      columns[i] = Math.imul(a[i], first) + Math.imul(b[i], last) + Math.imul(p[i] + q[i] + r[i], inner);
    }
    next = 4;
  } else if (rows.length === 4) {
    const [, p, q] = rows;
    for (let i = 0; i < count; i++) {
      columns[i] = Math.imul(a[i], first) + Math.imul(b[i], last) + Math.imul(p[i] + q[i], inner);
    }
    return;
  } else if (rows.length === 3) {
    const p = rows[1];
    for (let i = 0; i < count; i++) {
      columns[i] = Math.imul(a[i], first) + Math.imul(b[i], last) + Math.imul(p[i], inner);
    }
    return;
  } else {
    for (let i = 0; i < count; i++) columns[i] = Math.imul(a[i], first) + Math.imul(b[i], last);
    return;
  }
  for (; next + 1 < rows.length - 1; next += 2) {
    const [p, q] = [rows[next], rows[next + 1]];
    for (let i = 0; i < count; i++) columns[i] += Math.imul(p[i] + q[i], inner);
  }
  if (next < rows.length - 1) {
    const p = rows[next];
    for (let i = 0; i < count; i++) columns[i] += Math.imul(p[i], inner);
  }
}

function sumAlong3(columns: Int32Array, sums: Float64Array, width: number, outWidth: number): void {
  let out = 0;
  let left = width;
  let [r, g, b] = [0, 0, 0];
  for (let x = 0, i = 0; x < width; x++, i += 3) {
    const [cr, cg, cb] = [columns[i], columns[i + 1], columns[i + 2]];
    let rest = outWidth;
    while (rest > 0) {
      const take = rest < left ? rest : left;
      r += cr * take;
      g += cg * take;
      b += cb * take;
      rest -= take;
      left -= take;
      if (left > 0) continue;
      sums[out] = r;
      sums[out + 1] = g;
      sums[out + 2] = b;
      out += 3;
      r = g = b = 0;
      left = width;
    }
  }
}

function sumAlong(columns: Int32Array, sums: Float64Array, width: number, outWidth: number, channels: number): void {
  for (let channel = 0; channel < channels; channel++) {
    let out = channel;
    let left = width;
    let sum = 0;
    for (let x = 0, i = channel; x < width; x++, i += channels) {
      let rest = outWidth;
      while (rest > 0) {
        const take = rest < left ? rest : left;
        sum += columns[i] * take;
        rest -= take;
        left -= take;
        if (left > 0) continue;
        sums[out] = sum;
        out += channels;
        sum = 0;
        left = width;
      }
    }
  }
}
