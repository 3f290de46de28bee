/**
 * A tfjs backend in host memory: the stock cpu backend with all its kernels, whose own ops run on `HostKernels`.
 *
 * Ownership of arrays. What `allocate` hands out belongs to the tensor made of it until the last tensor on that data is
 * disposed of; then the array returns to the pool and the next output of that length overwrites it. So the result of
 * `dataSync()` is good only as long as its tensor: copy it (`slice()`) to keep it. An array that leaves for another
 * backend, or that never became a tensor, is simply left to the garbage collector. Arrays of a length that is no
 * longer asked for (after growth, or at another image size) are dropped after `IDLE_ALLOCATIONS` allocations.
 */
import * as tf from '@tensorflow/tfjs';
import type { HostKernels } from './hostKernels';

const IDLE_ALLOCATIONS = 512;

/** Free Float32Arrays by length. */
export class ArrayPool {
  private free: { array: Float32Array; since: number }[] = [];
  private clock = 0;

  /** An array of this length with undefined contents. */
  take(length: number): Float32Array {
    this.clock++;
    const at = this.free.findLastIndex(({ array }) => array.length === length);
    return at < 0 ? new Float32Array(length) : this.free.splice(at, 1)[0].array;
  }

  give(array: Float32Array): void {
    this.free = this.free.filter(({ since }) => this.clock - since < IDLE_ALLOCATIONS);
    this.free.push({ array, since: this.clock });
  }

  /** Bytes that wait to be taken. */
  get bytes(): number {
    return this.free.reduce((sum, { array }) => sum + array.byteLength, 0);
  }
}

export class HostBackend extends tf.MathBackendCPU {
  readonly kernels: HostKernels;
  readonly pool = new ArrayPool();
  private readonly pooled = new WeakMap<tf.DataId, Float32Array>();

  constructor(kernels: HostKernels) {
    super();
    this.kernels = kernels;
    // The stock backend advertises tfjs-node at its first use; ours has faster kernels than that.
    Reflect.set(this, 'firstUse', false);
  }

  allocate(length: number): Float32Array {
    return this.pool.take(length);
  }

  /** Makes an array from `allocate` the data of a new tensor, which owns it from now on. */
  adopt(array: Float32Array, shape: number[]): tf.TensorInfo {
    const info = this.makeTensorInfo(shape, 'float32', array);
    this.pooled.set(info.dataId, array);
    return info;
  }

  /** The array behind a float32 tensor: not a copy. */
  floats({ dataId }: tf.TensorInfo): Float32Array {
    const { values } = this.data.get(dataId);
    return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    const array = this.pooled.get(dataId);
    const gone = super.disposeData(dataId, force);
    if (gone && array) {
      this.pooled.delete(dataId);
      // Forced disposal is how tfjs moves data to another backend, array included.
      if (!force) this.pool.give(array);
    }
    return gone;
  }
}
