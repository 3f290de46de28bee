/**
 * The shape of transforms.json (nerfstudio and instant-ngp): what is read of it. Unknown keys pass.
 */
import { z } from 'zod';
import { CaptureError } from './errors';
import { MAX_PHOTOS } from './limits';

const matrix = z
  .array(z.array(z.number()).length(4))
  .refine((rows) => rows.length === 3 || rows.length === 4, 'expected 3 or 4 rows of 4 numbers');

/** Camera fields may stand beside `frames`, in a frame, or in both: the frame wins. */
const cameraFields = {
  camera_model: z.string().optional(),
  is_fisheye: z.boolean().optional(),
  w: z.number().optional(),
  h: z.number().optional(),
  fl_x: z.number().optional(),
  fl_y: z.number().optional(),
  /** radians, the whole field of view */
  camera_angle_x: z.number().optional(),
  camera_angle_y: z.number().optional(),
  cx: z.number().optional(),
  cy: z.number().optional(),
  k1: z.number().optional(),
  k2: z.number().optional(),
  k3: z.number().optional(),
  k4: z.number().optional(),
  k5: z.number().optional(),
  k6: z.number().optional(),
  p1: z.number().optional(),
  p2: z.number().optional(),
};

const camera = z.looseObject(cameraFields);

const frame = camera.extend({
  file_path: z.string().min(1),
  transform_matrix: matrix,
  mask_path: z.string().min(1).nullish(),
});

const transforms = camera.extend({
  frames: z.array(frame).min(1, 'no frames').max(MAX_PHOTOS),
  ply_file_path: z.string().min(1).nullish(),
  /** json = applied_scale · applied_transform · COLMAP */
  applied_transform: matrix.nullish(),
  applied_scale: z.number().positive().nullish(),
});

export type CameraFields = z.infer<typeof camera>;
export type TransformsFrame = z.infer<typeof frame>;
export type Transforms = z.infer<typeof transforms>;

/** Checks parsed JSON. @param file name for messages. @throws CaptureError naming the field */
export function checkTransforms(json: unknown, file: string): Transforms {
  const result = transforms.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  throw new CaptureError({
    file,
    field: field.replace(/^\./, '') || 'top level',
    problem: issue.message,
    remedy: 'correct the file or export it again',
  });
}
