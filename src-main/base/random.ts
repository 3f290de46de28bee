/**
 * Counter-based random numbers: the value at (seed, purpose, step, index) is a pure function of those four, so that a
 * resumed run draws what the uninterrupted one would have drawn and no generator state has to be saved (DESIGN §3).
 *
 * Philox-4×32-10: ten rounds of two 32×32→64-bit multiplications and key additions (Weyl sequence) over a 128-bit
 * counter. Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
 * Key = (seed, hash of purpose), counter = (block low, block high, step, 0); a block yields four uint32.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const TWO_POW_32 = 4294967296;

/** High 32 bits of the 64-bit product of two uint32, from 16-bit halves (a double holds only 53 bits). */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}

/**
 * One Philox-4×32-10 block.
 *
 * @param counter  [4] uint32
 * @param key      [2] uint32
 * @param out      [4] receives the block
 */
export function philox4x32(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let c0 = counter[0];
  let c1 = counter[1];
  let c2 = counter[2];
  let c3 = counter[3];
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** FNV-1a over the UTF-16 code units (Fowler, Noll, Vo): gives every purpose its own key. */
function hashPurpose(purpose: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The random stream of one purpose at one step; every draw names its index, so the order of drawing does not matter. */
export class CounterRandom {
  readonly #key = new Uint32Array(2);
  readonly #counter = new Uint32Array(4);
  readonly #block = new Uint32Array(4);
  #cached = -1;

  /**
   * @param seed     the run's seed, uint32
   * @param purpose  what the numbers are for, such as 'split'; streams of different purposes are independent
   * @param step     the training step or epoch, uint32
   */
  constructor(seed: number, purpose: string, step = 0) {
    this.#key[0] = seed;
    this.#key[1] = hashPurpose(purpose);
    this.#counter[2] = step;
  }

  /** The index-th uint32 of the stream; index is a safe non-negative integer. */
  uint32(index: number): number {
    const block = Math.floor(index / 4);
    if (block !== this.#cached) {
      this.#counter[0] = block % TWO_POW_32;
      this.#counter[1] = Math.floor(block / TWO_POW_32);
      philox4x32(this.#counter, this.#key, this.#block);
      this.#cached = block;
    }
    return this.#block[index % 4];
  }

  /** The index-th uniform number, strictly inside (0, 1). */
  uniform(index: number): number {
    return (this.uint32(index) + 0.5) / TWO_POW_32;
  }

  /** The index-th standard normal number (Box and Muller 1958: two uniforms give a pair). */
  normal(index: number): number {
    const first = index - (index % 2);
    const radius = Math.sqrt(-2 * Math.log(this.uniform(first)));
    const angle = 2 * Math.PI * this.uniform(first + 1);
    return index % 2 === 0 ? radius * Math.cos(angle) : radius * Math.sin(angle);
  }

  /** A uniform integer in [0, bound): the high word of the 64-bit product (Lemire 2019; bias below bound/2³²). */
  integer(index: number, bound: number): number {
    return Math.floor((this.uint32(index) / TWO_POW_32) * bound);
  }

  /** A uniform permutation of 0 … count−1 (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i, i + 1);
      const held = order[i];
      order[i] = order[j];
      order[j] = held;
    }
    return order;
  }
}
