/**
 * `truth/` of a demo capture: what its photos show, exactly.
 *
 *   truth/demo.json            how it was made, classes and instances (below)
 *   truth/class/NAME.png       8-bit, class ids, 0 = nothing
 *   truth/instance/NAME.png    8-bit, instance ids, 0 = nothing
 *   truth/depth/NAME.png       16-bit, millimetres along the camera's axis, 0 = nothing
 *   truth/points.ply           surface points that some photo sees: x y z nx ny nz class instance
 *
 * NAME is the photo's without its extension. Maps hold what the ray through a pixel's centre meets first, glass included.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CaptureError } from '../errors';

/** Changes whenever a seed gives other bytes than before, so that caches are made anew. */
export const DEMO_VERSION = 2;

const id = z.number().int().min(1).max(255);

export const demoTruth = z.object({
  /** captures of earlier versions hold other photos in the same form */
  version: z.number().int().min(1).max(DEMO_VERSION, 'made by a later version of Legato'),
  seed: z.number().int().min(0).max(0xffffffff),
  /** things on and around the furniture */
  objects: z.number().int().positive(),
  /** photos to train on, and photos that `test.txt` keeps from it */
  views: z.number().int().positive(),
  heldOut: z.number().int().nonnegative(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** of the capture's coordinates */
  unit: z.literal('metre'),
  up: z.tuple([z.number(), z.number(), z.number()]),
  /** side of the cells of points.ply's grid, metres */
  voxel: z.number().positive(),
  classes: z.array(
    z.object({
      id,
      name: z.string().min(1).max(64),
      /** to draw it in, sRGB bytes */
      colour: z.tuple([z.number(), z.number(), z.number()]),
    }),
  ),
  instances: z.array(z.object({ id, classId: id, name: z.string().min(1).max(64) })),
});
export type DemoTruth = z.infer<typeof demoTruth>;

export function truthFile(capture: string): string {
  return join(capture, 'truth', 'demo.json');
}

/** Where a photo's maps lie. @param photo  its name, with extension */
export function truthMap(capture: string, kind: 'class' | 'instance' | 'depth', photo: string): string {
  return join(capture, 'truth', kind, `${photo.replace(/\.[^./]*$/, '')}.png`);
}

export function truthPoints(capture: string): string {
  return join(capture, 'truth', 'points.ply');
}

/** @throws CaptureError when the capture has no truth, or one of a later version or another shape */
export async function readTruth(capture: string): Promise<DemoTruth> {
  const file = 'truth/demo.json';
  const remedy = 'make the demo again: legato demo';
  let text: string;
  try {
    text = await readFile(truthFile(capture), 'utf8');
  } catch (cause) {
    throw new CaptureError({ file, problem: `${capture} has no truth to read`, remedy }, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CaptureError({ file, problem: 'not JSON', remedy }, { cause });
  }
  const parsed = demoTruth.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CaptureError({ file, field: issue.path.join('.'), problem: issue.message, remedy });
}
