/**
 * Cells of photos that do not exist, made on the fly and always the same: the shape of real dense features without a model.
 *
 * A cell is s·(a·centre + b·deviation) in each half, s making it a unit vector. Centres lie in a cone around a common direction, as
 * CLIP's do; deviations are a few thousand fixed vectors, most of their length in a subspace of 48 dimensions. A photo is a Voronoi
 * diagram of regions, each of one cluster; clusters are used unequally (∝ 1/rank).
 */
import { CounterRandom } from '../../../../src-main/base/index';
import type { CellSource, FeatureGrid, PhotoCells } from '../../../../src-main/language/cells';

export interface SyntheticOptions {
  readonly photos: number;
  readonly rows: number;
  readonly columns: number;
  readonly clipWidth: number;
  readonly dinoWidth: number;
  readonly clusters: number;
  /** length of the deviations, the centre's being 1 */
  readonly deviation: number;
  /** how much of a centre is the common direction, 0 … 1 */
  readonly cone?: number;
  readonly seed: number;
  /** share of cells that are not valid */
  readonly invalid?: number;
}

const DEVIATIONS = 1024;
const SUBSPACE = 48;
const REGIONS = 24;

function normalise(values: Float32Array): void {
  let square = 0;
  for (const value of values) square += value * value;
  const norm = Math.sqrt(square);
  for (let i = 0; i < values.length; i++) values[i] /= norm;
}

/** Unit vectors, one half of the features. */
class Half {
  readonly centres: Float32Array;
  readonly deviations: Float32Array;
  /** centre · deviation, [clusters, DEVIATIONS] */
  readonly dots: Float32Array;
  readonly width: number;

  constructor(width: number, clusters: number, cone: number, seed: number, purpose: string) {
    this.width = width;
    const normals = (name: string, length: number): Float32Array => {
      const random = new CounterRandom(seed, `${purpose} ${name}`);
      return Float32Array.from({ length }, (_, i) => random.normal(i));
    };
    const common = normals('common', width);
    normalise(common);
    this.centres = normals('centres', clusters * width);
    for (let k = 0; k < clusters; k++) {
      const centre = this.centres.subarray(k * width, (k + 1) * width);
      normalise(centre);
      for (let i = 0; i < width; i++) centre[i] = cone * common[i] + (1 - cone) * centre[i];
      normalise(centre);
    }
    const basis = normals('basis', SUBSPACE * width);
    const mix = normals('mix', DEVIATIONS * SUBSPACE);
    this.deviations = normals('deviations', DEVIATIONS * width);
    for (let n = 0; n < DEVIATIONS; n++) {
      const deviation = this.deviations.subarray(n * width, (n + 1) * width);
      for (let s = 0; s < SUBSPACE; s++) {
        const weight = mix[n * SUBSPACE + s] * 0.25;
        for (let i = 0; i < width; i++) deviation[i] += weight * basis[s * width + i];
      }
      normalise(deviation);
    }
    this.dots = new Float32Array(clusters * DEVIATIONS);
    for (let k = 0; k < clusters; k++)
      for (let n = 0; n < DEVIATIONS; n++) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += this.centres[k * width + i] * this.deviations[n * width + i];
        this.dots[k * DEVIATIONS + n] = sum;
      }
  }

  fill(out: Float32Array, at: number, cluster: number, deviation: number, length: number): void {
    const { width, centres, deviations } = this;
    const scale = 1 / Math.sqrt(1 + length * length + 2 * length * this.dots[cluster * DEVIATIONS + deviation]);
    const own = length * scale;
    const c = cluster * width;
    const n = deviation * width;
    for (let i = 0; i < width; i++) out[at + i] = scale * centres[c + i] + own * deviations[n + i];
  }
}

export class SyntheticCells implements CellSource {
  readonly photos: readonly string[];
  readonly clipWidth: number;
  readonly dinoWidth: number;
  /** CPU seconds spent in making cells */
  seconds = 0;
  readonly #options: SyntheticOptions;
  readonly #halves: readonly [Half, Half];
  /** cumulative shares of the clusters */
  readonly #shares: Float64Array;

  constructor(options: SyntheticOptions) {
    this.#options = options;
    this.clipWidth = options.clipWidth;
    this.dinoWidth = options.dinoWidth;
    this.photos = Array.from({ length: options.photos }, (_, i) => `photo${String(i).padStart(4, '0')}.jpg`);
    const { clusters, cone = 0.6, seed } = options;
    this.#halves = [
      new Half(options.clipWidth, clusters, cone, seed, 'clip'),
      new Half(options.dinoWidth, clusters, cone / 2, seed, 'dino'),
    ];
    this.#shares = Float64Array.from({ length: clusters }, (_, rank) => 1 / (rank + 3));
    for (let k = 1; k < clusters; k++) this.#shares[k] += this.#shares[k - 1];
  }

  grid(): FeatureGrid {
    const { rows, columns } = this.#options;
    return { rows, columns };
  }

  /** The cluster of every cell of a photo. */
  clustersOf(photo: number): Uint16Array {
    const { rows, columns, seed } = this.#options;
    const random = new CounterRandom(seed, 'regions', photo);
    const total = this.#shares[this.#shares.length - 1];
    const regions = Array.from({ length: REGIONS }, (_, i) => {
      const mark = random.uniform(3 * i) * total;
      return {
        y: random.uniform(3 * i + 1) * rows,
        x: random.uniform(3 * i + 2) * columns,
        cluster: this.#shares.findIndex((share) => share >= mark),
      };
    });
    const clusters = new Uint16Array(rows * columns);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        let nearest = Infinity;
        for (const region of regions) {
          const distance = (region.y - y) ** 2 + (region.x - x) ** 2;
          if (distance >= nearest) continue;
          nearest = distance;
          clusters[y * columns + x] = region.cluster;
        }
      }
    return clusters;
  }

  read(photo: number, into?: Float32Array): Promise<PhotoCells> {
    const started = process.cpuUsage();
    const { rows, columns, seed, deviation, invalid = 0 } = this.#options;
    const [clip, dino] = this.#halves;
    const width = clip.width + dino.width;
    const count = rows * columns;
    const cells = into ?? new Float32Array(count * width);
    const random = new CounterRandom(seed, 'cells', photo);
    const clusters = this.clustersOf(photo);
    const valid = invalid > 0 ? new Uint8Array(count).fill(1) : null;
    for (let i = 0; i < count; i++) {
      const at = i * width;
      const number = random.uint32(i);
      if (valid !== null && number / 2 ** 32 < invalid) {
        valid[i] = 0;
        cells.fill(0, at, at + width);
        continue;
      }
      clip.fill(cells, at, clusters[i], number % DEVIATIONS, deviation);
      dino.fill(cells, at + clip.width, clusters[i], (number >>> 16) % DEVIATIONS, deviation);
    }
    const { user, system } = process.cpuUsage(started);
    this.seconds += (user + system) / 1e6;
    return Promise.resolve({ rows, columns, cells, valid });
  }
}
