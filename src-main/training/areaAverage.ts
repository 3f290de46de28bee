/**
 * Exact area averaging of an interleaved 8-bit picture: each target pixel is the mean over its rectangle in the source, border
 * pixels counted by the share that lies inside. Separable; used for the small photos that a run starts with.
 *
 *   out[j] = Σ_i in[i] · |[i, i+1] ∩ [j·r, (j+1)·r]| / r,   r = source / target
 */

interface Span {
  first: number;
  weights: Float32Array;
}

function spans(source: number, target: number): Span[] {
  const ratio = source / target;
  return Array.from({ length: target }, (_, j) => {
    const from = j * ratio;
    const to = Math.min(source, (j + 1) * ratio);
    const first = Math.floor(from);
    const weights = new Float32Array(Math.ceil(to) - first);
    for (let i = 0; i < weights.length; i++) {
      weights[i] = (Math.min(to, first + i + 1) - Math.max(from, first + i)) / ratio;
    }
    return { first, weights };
  });
}

/** @param source  [height, width, channels]; @returns [toHeight, toWidth, channels], rounded */
export function areaAverage(
  source: Uint8Array,
  width: number,
  height: number,
  channels: number,
  toWidth: number,
  toHeight: number,
): Uint8Array {
  const columns = spans(width, toWidth);
  const rows = spans(height, toHeight);
  const narrow = new Float32Array(height * toWidth * channels);
  for (let y = 0; y < height; y++) {
    columns.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i] * source[(y * width + first + i) * channels + c];
        narrow[(y * toWidth + x) * channels + c] = sum;
      }
    });
  }
  const line = toWidth * channels;
  const out = new Uint8Array(toHeight * line);
  rows.forEach(({ first, weights }, y) => {
    for (let x = 0; x < line; x++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * narrow[(first + i) * line + x];
      out[y * line + x] = Math.round(sum);
    }
  });
  return out;
}
