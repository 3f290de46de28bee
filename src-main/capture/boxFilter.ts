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

/** Where rows are: all in one array, since separate arrays cost the inner loop twice the time. */
export interface RowSource {
  readonly samples: Samples;
  /** Makes row y available, for as long as `rowsHeld` later rows are asked for; returns its first index in `samples`. */
  readonly offset: (y: number) => number;
}

/**
 * Reduces an image row by row.
 *
 * @param emit  takes output row y: sums [outWidth, channels], each to be divided by width·height; valid during the call
 */
export function reduceRows(
  shape: BoxShape,
  { samples, offset }: RowSource,
  emit: (y: number, sums: Float64Array) => void,
): void {
  const { width, height, channels, outWidth, outHeight } = shape;
  const columns = new Int32Array(width * channels);
  const sums = new Float64Array(outWidth * channels);
  const rows: number[] = [];
  for (let y = 0; y < outHeight; y++) {
    const start = y * height;
    const end = start + height;
    const first = Math.floor(start / outHeight);
    const last = Math.ceil(end / outHeight) - 1;
    rows.length = 0;
    for (let r = first; r <= last; r++) rows.push(offset(r));
    const firstWeight = Math.min((first + 1) * outHeight, end) - start;
    const lastWeight = last === first ? 0 : end - last * outHeight;
    sumRows(columns, samples, rows, firstWeight, lastWeight, outHeight);
    if (channels === 3) sumAlong3(columns, sums, width, outWidth);
    else sumAlong(columns, sums, width, outWidth, channels);
    emit(y, sums);
  }
}

/** columns ← first·rows[0] + inner·Σ rows[1…n−2] + last·rows[n−1] */
function sumRows(
  columns: Int32Array,
  s: Samples,
  rows: readonly number[],
  first: number,
  last: number,
  inner: number,
): void {
  const count = columns.length;
  const a = rows[0];
  const b = rows[rows.length - 1];
  // The ratio fixes the number of inner rows to one of two; each small one has its own loop and stores a sum once.
  if (rows.length < 3) {
    for (let i = 0; i < count; i++) columns[i] = Math.imul(s[a + i], first) + Math.imul(s[b + i], last);
    return;
  }
  const p = rows[1];
  const q = rows[2];
  const r = rows[3];
  if (rows.length === 3) {
    for (let i = 0; i < count; i++) {
      columns[i] = Math.imul(s[a + i], first) + Math.imul(s[b + i], last) + Math.imul(s[p + i], inner);
    }
  } else if (rows.length === 4) {
    for (let i = 0; i < count; i++) {
      columns[i] = Math.imul(s[a + i], first) + Math.imul(s[b + i], last) + Math.imul(s[p + i] + s[q + i], inner);
    }
  } else {
    for (let i = 0; i < count; i++) {
      const middle = s[p + i] + s[q + i] + s[r + i];
      columns[i] = Math.imul(s[a + i], first) + Math.imul(s[b + i], last) + Math.imul(middle, inner);
    }
  }
  for (let next = 4; next < rows.length - 1; next += 2) {
    const c = rows[next];
    if (next + 1 === rows.length - 1) {
      for (let i = 0; i < count; i++) columns[i] += Math.imul(s[c + i], inner);
    } else {
      const d = rows[next + 1];
      for (let i = 0; i < count; i++) columns[i] += Math.imul(s[c + i] + s[d + i], inner);
    }
  }
}

function sumAlong3(columns: Int32Array, sums: Float64Array, width: number, outWidth: number): void {
  let out = 0;
  let left = width;
  let r = 0;
  let g = 0;
  let b = 0;
  for (let x = 0, i = 0; x < width; x++, i += 3) {
    const cr = columns[i];
    const cg = columns[i + 1];
    const cb = columns[i + 2];
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
