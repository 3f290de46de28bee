/**
 * Captures described by transforms.json (nerfstudio, instant-ngp).
 *
 * Each frame has a cameraToWorld matrix with OpenGL axes. `applied_transform` (and `applied_scale`) records how its
 * writer moved the world away from COLMAP's: frames *and* the points of `ply_file_path` are already moved, so neither is
 * touched here, and the capture's coordinates are those of the file. Only points taken from a COLMAP model beside the
 * file, where it names no PLY, still have to follow: p' = scale · (A·p).
 */
import { relative, resolve } from 'node:path';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { assemblePhotos, type PosedPhoto, type Tally } from './assemble';
import { readWhole } from './byteSource';
import { findModel, readColmapPoints } from './colmap';
import { CaptureError } from './errors';
import { degenerate, UNSUPPORTED_REMEDY, type Intrinsics } from './intrinsics';
import { fisheyeLens, perspectiveLens, type Distortion } from './lens';
import { parseJson } from './jsonText';
import { MAX_JSON_BYTES } from './limits';
import { NameIndex } from './nameIndex';
import { mapSome, requireContained } from './photoFiles';
import { readPointsPly } from './plyPoints';
import { poseFromOpenGl } from './pose';
import { OWN_FRAME, pointsInFrame, type SceneFrame } from './sceneFrame';
import { checkTransforms, type CameraFields, type Transforms, type TransformsFrame } from './transformsSchema';
import type { Photo, SparsePoints } from './types';

/** instant-ngp's names may lack the extension; it tries these. */
const EXTENSIONS = ['.png', '.jpg', '.jpeg', '.PNG', '.JPG', '.JPEG', '.webp'];

/**
 * Camera models of nerfstudio and COLMAP that these fields can spell. nerfstudio's OPENCV is COLMAP's with Brown's third and fourth
 * term, k3·r⁶ and k4·r⁸, as RealityCapture calibrates them; in COLMAP's FULL_OPENCV k4 stands below the line.
 */
const PERSPECTIVES = ['SIMPLE_PINHOLE', 'PINHOLE', 'PERSPECTIVE', 'SIMPLE_RADIAL', 'RADIAL', 'OPENCV', 'FULL_OPENCV'];
const FISHEYES = ['OPENCV_FISHEYE', 'SIMPLE_RADIAL_FISHEYE', 'RADIAL_FISHEYE', 'FISHEYE'];

/** Reads and checks the file. @throws CaptureError */
export function readTransforms(path: string, file: string): Transforms {
  return checkTransforms(parseJson(readWhole(path, file, MAX_JSON_BYTES), file), file);
}

/**
 * The photos of the frames; frames without a photo are tallied and skipped.
 *
 * @param root       the folder that paths are relative to
 * @param imagePath  another folder of photos, in which they are looked up by name
 * @throws CaptureError
 */
export async function readTransformsPhotos(
  root: string,
  file: string,
  transforms: Transforms,
  imagePath: string | undefined,
  tally: Tally,
): Promise<Photo[]> {
  const paths = transforms.frames.map((frame, i) => requireContained(frame.file_path, file, `frames[${i}].file_path`));
  // COLMAP's names start below its folder of photos; the same photo has the same name in both descriptions.
  const prefix = paths.every((path) => path.startsWith('images/')) ? 'images/' : '';
  const folder = resolve(root, imagePath ?? prefix);
  const files = new NameIndex(folder);
  const found = await mapSome(paths, (path) => {
    const name = path.slice(prefix.length);
    return files.first([name, ...EXTENSIONS.map((extension) => name + extension)]);
  });
  const masks = new NameIndex(root);

  const seen = new Map<string, number>();
  const posed = await mapSome(transforms.frames, async (frame, i): Promise<PosedPhoto | null> => {
    const path = found[i];
    if (path === null) {
      tally.add(paths[i], (photos) => said('photosNotFound', photos));
      return null;
    }
    const fail = (problem: string, field: string, remedy = 'correct the file or export it again'): CaptureError =>
      new CaptureError({ file, field: `frames[${i}]${field}`, problem, remedy });
    const earlier = seen.get(path);
    if (earlier !== undefined)
      throw fail(`the photo ${JSON.stringify(paths[i])} is frame ${earlier} too`, '.file_path');
    seen.set(path, i);
    const pose = poseFromOpenGl(frame.transform_matrix);
    if ('problem' in pose) throw fail(pose.problem, '.transform_matrix');
    const name = relative(folder, path).replaceAll('\\', '/').normalize('NFC');
    return {
      name,
      path,
      intrinsics: (width, height) => intrinsicsFor(frame, transforms, width, height, fail),
      worldToCamera: pose.worldToCamera,
      maskPath: await maskOf(masks, frame, file, i),
    };
  });
  return assemblePhotos(
    root,
    posed.filter((photo) => photo !== null),
    tally,
  );
}

type LensTerm = 'k1' | 'k2' | 'k3' | 'k4' | 'k5' | 'k6' | 'p1' | 'p2';
type Fail = (problem: string, field: string, remedy?: string) => CaptureError;

function intrinsicsFor(
  frame: TransformsFrame,
  shared: CameraFields,
  photoWidth: number,
  photoHeight: number,
  fail: Fail,
): Intrinsics {
  const field = (name: 'w' | 'h' | 'cx' | 'cy'): number | undefined => frame[name] ?? shared[name];
  const width = field('w') ?? photoWidth;
  const height = field('h') ?? photoHeight;
  // A frame that states any focal length states all of it.
  const source = [frame.fl_x, frame.fl_y, frame.camera_angle_x, frame.camera_angle_y].some((v) => v !== undefined)
    ? frame
    : shared;
  const across = source.fl_x ?? fromAngle(width, source.camera_angle_x);
  const down = source.fl_y ?? fromAngle(height, source.camera_angle_y);
  const fx = across ?? down;
  const fy = down ?? across;
  if (fx === undefined || fy === undefined) throw fail('no focal length', '', 'add fl_x, or camera_angle_x');
  const cx = field('cx') ?? width / 2;
  const cy = field('cy') ?? height / 2;
  const distortion = lensOf(frame, shared, fail);
  const intrinsics = { width, height, fx, fy, cx, cy, distortion };
  const problem = degenerate(intrinsics);
  if (problem) throw fail(problem, '', 'calibrate again, or correct the camera');
  return intrinsics;
}

function lensOf(frame: TransformsFrame, shared: CameraFields, fail: Fail): Distortion | null {
  const term = (name: LensTerm): number => frame[name] ?? shared[name] ?? 0;
  const named = (frame.camera_model ?? shared.camera_model)?.toUpperCase();
  const fisheye = frame.is_fisheye ?? shared.is_fisheye;
  const model = named ?? (fisheye ? 'OPENCV_FISHEYE' : 'OPENCV');
  const [k1, k2, k3, k4, p1, p2] = (['k1', 'k2', 'k3', 'k4', 'p1', 'p2'] as const).map(term);
  // instant-ngp says OPENCV_FISHEYE by is_fisheye beside OPENCV.
  if (FISHEYES.includes(model) || (fisheye && model === 'OPENCV')) return fisheyeLens({ k1, k2, k3, k4 });
  if (!PERSPECTIVES.includes(model) || fisheye) {
    const name = PERSPECTIVES.includes(model) ? `${model} with is_fisheye` : JSON.stringify(model.slice(0, 40));
    throw fail(`the camera model ${name} is not supported`, '.camera_model', UNSUPPORTED_REMEDY);
  }
  if (model === 'FULL_OPENCV') return perspectiveLens({ k1, k2, k3, k4, k5: term('k5'), k6: term('k6'), p1, p2 });
  return perspectiveLens({ k1, k2, k3, b4: k4, p1, p2 });
}

function fromAngle(side: number, angle: number | undefined): number | undefined {
  return angle === undefined ? undefined : side / 2 / Math.tan(angle / 2);
}

async function maskOf(files: NameIndex, { mask_path: mask }: TransformsFrame, file: string, i: number) {
  if (!mask) return undefined;
  const field = `frames[${i}].mask_path`;
  const path = await files.find(requireContained(mask, file, field));
  if (path !== null) return path;
  const problem = `the mask ${JSON.stringify(mask.slice(0, 200))} does not exist`;
  throw new CaptureError({ file, field, problem, remedy: 'put it back, or remove mask_path' });
}

/** The capture's sparse points: its PLY, or those of a COLMAP model beside it. @throws CaptureError */
export async function readTransformsPoints(
  root: string,
  file: string,
  transforms: Transforms,
  frame: SceneFrame,
  warnings: Saying[],
): Promise<SparsePoints | null> {
  if (transforms.ply_file_path) {
    const path = requireContained(transforms.ply_file_path, file, 'ply_file_path');
    const found = await new NameIndex(root).find(path);
    if (found !== null) {
      const points = readPointsPly(found, path, frame);
      return points.count > 0 ? points : null;
    }
    warnings.push(said('pointsFileMissing', { file, path }));
  }
  const model = await findModel(root);
  if (!model) return null;
  const points = await readColmapPoints(root, model, OWN_FRAME);
  if (points) warnings.push(said('pointsBeside', { file }));
  return points && pointsInFrame(follow(points, transforms), frame);
}

/** p' = scale · (A·p), in place: the points were just read and nobody else holds them. */
function follow(points: SparsePoints, { applied_transform: a, applied_scale: scale }: Transforms): SparsePoints {
  if (!a && !scale) return points;
  const rows = a ?? [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ];
  const { count, positions } = points;
  for (let i = 0; i < count; i++) {
    const [x, y, z] = positions.subarray(3 * i, 3 * i + 3);
    for (let k = 0; k < 3; k++) {
      const [ax, ay, az, at] = rows[k];
      positions[3 * i + k] = (scale ?? 1) * (ax * x + ay * y + az * z + at);
    }
  }
  return points;
}
