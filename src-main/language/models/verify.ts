/**
 * `legato models verify`: files against the manifest (size, SHA-256), and the graphs against onnxruntime. A folder that was
 * filled by hand has no manifest: it is opened only, and the result says so.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../errors';
import { modelsFolder } from './folders';
import { inspectModel } from './inspect';
import { readManifest } from './manifest';
import type { Manifest } from './manifest';
import { openModelFolder, sha256OfFile } from './modelFolder';
import { knownModel } from './registry';
import type { ModelKind } from './registry';
import { findModel, remedyFor } from './resolve';
import type { ModelOrigin } from './resolve';

export type FileState = 'ok' | 'missing' | 'size' | 'content';

export interface FileCheck {
  path: string;
  state: FileState;
}

export interface Verification {
  name: string;
  folder: string;
  origin: ModelOrigin;
  kind: ModelKind | null;
  ok: boolean;
  /** empty when there is no manifest to hold files against */
  files: FileCheck[];
  /** what is wrong and what to do, or what could not be checked; null when all is well */
  remark: string | null;
}

/** Every file of a manifest, in order. */
export async function checkFolder(
  folder: string,
  manifest: Manifest,
  { signal, onFile }: { signal?: AbortSignal; onFile?: (path: string) => void } = {},
): Promise<FileCheck[]> {
  const checks: FileCheck[] = [];
  for (const { path, size, sha256 } of manifest.files) {
    onFile?.(path);
    const file = join(folder, path);
    const found = await stat(file).catch(() => null);
    let state: FileState = 'ok';
    if (!found?.isFile()) state = 'missing';
    else if (found.size !== size) state = 'size';
    else if ((await sha256OfFile(file, signal)) !== sha256) state = 'content';
    checks.push({ path, state });
  }
  return checks;
}

/** @throws ModelError when no such model is on this machine */
export async function verifyModel(
  name: string,
  {
    models = modelsFolder(),
    ...options
  }: { models?: string; signal?: AbortSignal; onFile?: (path: string) => void } = {},
): Promise<Verification> {
  const found = await findModel(name, models);
  if (found === null) {
    const known = knownModel(name);
    throw new ModelError(
      null,
      known ? `model "${name}" is not installed; ${remedyFor(name)}` : `no model is called "${name}"`,
    );
  }
  const base = { ...found, kind: null, files: [] as FileCheck[] };
  const remedy = found.origin === 'pulled' ? remedyFor(found.name) : 'copy the whole folder again, then add it again';
  try {
    const manifest = await readManifest(join(models, name)).then((own) => own ?? readManifest(found.folder));
    const files = manifest ? await checkFolder(found.folder, manifest, options) : [];
    const wrong = files.filter(({ state }) => state !== 'ok');
    if (wrong.length > 0) {
      const list = wrong
        .map(({ path, state }) => `${path} (${state === 'missing' ? state : `wrong ${state}`})`)
        .join(', ');
      return { ...base, files, kind: manifest!.kind, ok: false, remark: `${list}; ${remedy}` };
    }
    const model = await openModelFolder(found.name, found.folder, remedy);
    await inspectModel(model);
    const unchecked =
      found.origin === 'built-in' ? null : 'no manifest: the graphs open, the bytes could not be checked';
    return { ...base, files, kind: model.kind, ok: true, remark: manifest ? null : unchecked };
  } catch (error) {
    if (error instanceof ModelError) return { ...base, ok: false, remark: error.message };
    throw error;
  }
}
