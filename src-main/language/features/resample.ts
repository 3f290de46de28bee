/**
 * Antialiased resizing as the models were trained with it (Pillow's `Image.resize`, which Hugging Face's and OpenCLIP's
 * preprocessing call): separable, the filter widened by the ratio when a picture shrinks.
 *
 *   out[i] = Σ_x w((x + ½ − c_i) / r) · in[x] / Σ_x w(…),   c_i = (i + ½)·in/out,   r = max(1, in/out)
 *
 * Weights whose x lies outside the picture are left out before the division, so that edges do not darken.
 */

/** Pillow's numbers, which preprocessor_config.json uses too. */
export const RESAMPLE_FILTERS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;
export type ResampleFilter = (typeof RESAMPLE_FILTERS)[number];

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Half width and value of each filter. */
const FILTERS: Readonly<Record<ResampleFilter, { support: number; weight: (x: number) => number }>> = {
  nearest: { support: 0, weight: () => 1 },
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0) },
  // Keys's cubic with a = −1/2.
  bicubic: {
    support: 2,
    weight: (x) => {
      const t = Math.abs(x);
      if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
      return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** For each output sample, which input samples it takes and how much of each. */
export interface ResampleTable {
  /** [out] first input sample */
  readonly first: Int32Array;
  /** [out] number of input samples */
  readonly count: Int32Array;
  /** [out, taps] */
  readonly weights: Float32Array;
  readonly taps: number;
}

function makeTable(filter: ResampleFilter, size: number, out: number): ResampleTable {
  const scale = size / out;
  const { support, weight } = FILTERS[filter];
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const taps = Math.max(1, 2 * Math.ceil(reach) + 1);
  const first = new Int32Array(out);
  const count = new Int32Array(out);
  const weights = new Float32Array(out * taps);
  for (let i = 0; i < out; i++) {
    const centre = (i + 0.5) * scale;
    if (filter === 'nearest') {
      first[i] = Math.min(size - 1, Math.floor(centre));
      count[i] = weights[i * taps] = 1;
      continue;
    }
    const start = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(size, Math.floor(centre + reach + 0.5));
    let sum = 0;
    for (let x = start; x < end; x++) sum += weight((x + 0.5 - centre) / stretch);
    for (let x = start; x < end; x++) weights[i * taps + x - start] = weight((x + 0.5 - centre) / stretch) / sum;
    first[i] = start;
    count[i] = end - start;
  }
  return { first, count, weights, taps };
}

/** Tables by size: crops of a level share theirs. */
export class ResampleTables {
  readonly #filter: ResampleFilter;
  readonly #tables = new Map<number, ResampleTable>();

  constructor(filter: ResampleFilter) {
    this.#filter = filter;
  }

  /** @param size  samples of the input. @param out  samples of the output */
  get(size: number, out: number): ResampleTable {
    const key = size * 65_536 + out;
    let table = this.#tables.get(key);
    if (!table) {
      // Random crops come in hundreds of sizes; each table is small, but photos of many sizes should not add up.
      if (this.#tables.size >= 4096) this.#tables.clear();
      table = makeTable(this.#filter, size, out);
      this.#tables.set(key, table);
    }
    return table;
  }
}
