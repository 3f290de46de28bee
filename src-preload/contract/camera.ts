/**
 * The camera that every room shares: a pinhole without distortion (photos are undistorted on load).
 *
 * A world point X projects to pixel (fx·x/z + cx, fy·y/z + cy) with (x, y, z) = worldToCamera · X in OpenCV axes
 * (x right, y down, z forward). Pixel (i, j) has its centre at (i + 0.5, j + 0.5), as in COLMAP.
 */
export interface PinholeCamera {
  /** pixels */
  readonly width: number;
  /** pixels */
  readonly height: number;
  /** focal lengths and principal point, pixels */
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
  /** 4×4, row-major, rigid; the capture's world units */
  readonly worldToCamera: readonly number[];
}

/** The same camera at another image size: intrinsics scale per axis, the pose stays. */
export function resizeCamera(camera: PinholeCamera, width: number, height: number): PinholeCamera {
  const sx = width / camera.width;
  const sy = height / camera.height;
  return { ...camera, width, height, fx: camera.fx * sx, fy: camera.fy * sy, cx: camera.cx * sx, cy: camera.cy * sy };
}

/** The same camera with a long side of at most so many px, as photos are reduced for training; never enlarged. 0: as it is. */
export function reduceCamera(camera: PinholeCamera, longSide: number): PinholeCamera {
  const scale = (longSide || Infinity) / Math.max(camera.width, camera.height);
  if (scale >= 1) return camera;
  const side = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
  return resizeCamera(camera, side(camera.width), side(camera.height));
}

/** Camera centre in world units: −Rᵀt. */
export function cameraCentre(camera: PinholeCamera): [number, number, number] {
  const m = camera.worldToCamera;
  return [
    -(m[0] * m[3] + m[4] * m[7] + m[8] * m[11]),
    -(m[1] * m[3] + m[5] * m[7] + m[9] * m[11]),
    -(m[2] * m[3] + m[6] * m[7] + m[10] * m[11]),
  ];
}
