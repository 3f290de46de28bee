/**
 * Writes a COLMAP model (`cameras.bin`, `images.bin`, `points3D.bin`; little endian, formats as in ../colmap*.ts): one pinhole
 * camera for all photos, poses, points without tracks.
 */
import type { PinholeCamera } from '#contract/camera';
import type { SparsePoints } from '../types';

/** COLMAP's id of fx, fy, cx, cy without a lens */
const PINHOLE = 1;
const CAMERA_ID = 1;

/** A buffer that grows by what is put into it. */
class Bytes {
  readonly #parts: Uint8Array[] = [];

  put(size: number, write: (view: DataView) => void): this {
    const part = new Uint8Array(size);
    write(new DataView(part.buffer));
    this.#parts.push(part);
    return this;
  }

  u32 = (value: number): this => this.put(4, (view) => view.setUint32(0, value, true));
  u64 = (value: number): this => this.put(8, (view) => view.setBigUint64(0, BigInt(value), true));
  f64 = (...values: number[]): this =>
    this.put(8 * values.length, (view) => values.forEach((value, i) => view.setFloat64(8 * i, value, true)));
  text = (value: string): this => {
    this.#parts.push(new TextEncoder().encode(`${value}\0`));
    return this;
  };

  joined(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

export function camerasFile({ width, height, fx, fy, cx, cy }: PinholeCamera): Uint8Array {
  return new Bytes().u64(1).u32(CAMERA_ID).u32(PINHOLE).u64(width).u64(height).f64(fx, fy, cx, cy).joined();
}

export function imagesFile(photos: readonly { readonly name: string; readonly camera: PinholeCamera }[]): Uint8Array {
  const bytes = new Bytes().u64(photos.length);
  photos.forEach(({ name, camera }, i) => {
    const m = camera.worldToCamera;
    bytes.u32(i + 1).f64(...quaternionOf(m), m[3], m[7], m[11]);
    bytes.u32(CAMERA_ID).text(name).u64(0);
  });
  return bytes.joined();
}

export function pointsFile({ count, positions, colours }: SparsePoints): Uint8Array {
  const bytes = new Bytes().u64(count);
  for (let i = 0; i < count; i++) {
    bytes.u64(i + 1).f64(positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]);
    bytes.put(3, (view) => colours.subarray(3 * i, 3 * i + 3).forEach((value, k) => view.setUint8(k, value)));
    // The reprojection error is unknown without tracks; COLMAP writes one pixel where it has none.
    bytes.f64(1).u64(0);
  }
  return bytes.joined();
}

/**
 * The unit quaternion (w, x, y, z) of a rotation matrix, by the largest of its four components (Shepperd 1978), with w ≥ 0.
 *
 * @param m  4×4, row-major
 */
export function quaternionOf(m: readonly number[]): [number, number, number, number] {
  const [a, b, c, d, e, f, g, h, i] = [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]];
  const squares = [1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i];
  const largest = squares.indexOf(Math.max(...squares));
  const s = 2 * Math.sqrt(squares[largest]);
  const q: [number, number, number, number][] = [
    [s / 4, (h - f) / s, (c - g) / s, (d - b) / s],
    [(h - f) / s, s / 4, (b + d) / s, (c + g) / s],
    [(c - g) / s, (b + d) / s, s / 4, (f + h) / s],
    [(d - b) / s, (c + g) / s, (f + h) / s, s / 4],
  ];
  const [w, x, y, z] = q[largest];
  return w < 0 ? [-w, -x, -y, -z] : [w, x, y, z];
}
