/**
 * Interleaved bytes of a photo to planes in 0…1.
 *
 *   plane_c[p] = rgb[3p + c] / 255
 *
 * Shapes: rgb [H, W, 3] uint8, planes [3, H, W].
 */
import type { Floats } from './algebra.reference';

export function photoToPlanesReference(rgb: Uint8Array, width: number, height: number, planes: Floats): void {
  const pixels = width * height;
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < 3; c++) planes[c * pixels + p] = rgb[3 * p + c] / 255;
  }
}
