/**
 * `legato-model.json`, in the folder of every model that was pulled or added: where it came from and what its files must be.
 * Each file has the SHA-256 of its bytes as they were written; `checked` says what that was held against at the time:
 *
 *   sha256   the hub's SHA-256 of a large file
 *   git      the hub's git blob id of a small one, SHA-1 of `blob LENGTH\0` and the bytes
 *   none     nothing: the sum was taken when the folder was added
 *
 * A model that was added without copying has a manifest only, whose `location` is the folder.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemErrorCode, writeFileAtomically } from '../../base/index';
import { ModelError } from '../errors';
import { isModelName, isSafePath } from './layout';

export const MANIFEST = 'legato-model.json';
const MAX_BYTES = 1024 * 1024;

const manifestFile = z.object({
  path: z.string().refine(isSafePath, 'leaves the folder'),
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  checked: z.enum(['sha256', 'git', 'none']),
});

const schema = z.object({
  version: z.literal(1),
  name: z.string().refine(isModelName, 'is no name for a model'),
  kind: z.enum(['clip', 'dino']),
  repository: z.string().nullable(),
  revision: z.string().nullable(),
  /** the commit that the revision meant */
  commit: z.string().nullable(),
  endpoint: z.string().nullable(),
  licence: z.string().nullable(),
  installedAt: z.iso.datetime(),
  location: z.string().nullable(),
  files: z.array(manifestFile).max(4096),
});

export type Manifest = z.infer<typeof schema>;
export type ManifestFile = Manifest['files'][number];

/** @returns null when there is none. @throws ModelError when it is damaged */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return null;
    throw error;
  }
  const again = 'pull or add the model again';
  if (text.length > MAX_BYTES) throw new ModelError(path, `longer than a manifest can be; ${again}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelError(path, `not JSON; ${again}`, error);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new ModelError(path, `${z.prettifyError(parsed.error)}; ${again}`);
  return parsed.data;
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFileAtomically(join(folder, MANIFEST), `${JSON.stringify(schema.parse(manifest), null, 2)}\n`);
}
