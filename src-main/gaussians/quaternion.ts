/** Rotations of Gaussians as rotations: what is stored has any length. */
import { GEOMETRY } from '../kernels/layout';

/** A quaternion of length 1, wxyz; the identity for one of length 0. */
export function unitQuaternion(geometry: Float32Array, row: number): [number, number, number, number] {
  const at = row * GEOMETRY.columns + GEOMETRY.quaternion;
  const [w, x, y, z] = geometry.subarray(at, at + 4);
  const length = Math.hypot(w, x, y, z);
  return length < 1e-12 ? [1, 0, 0, 0] : [w / length, x / length, y / length, z / length];
}
