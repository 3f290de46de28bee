/**
 * `legato models add DIR`: a folder that a person brought. It is opened as a model is when it is used; then its name and the
 * SHA-256 of its files are kept in the models folder, with the folder's place or, with `copy`, a copy of it.
 */
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError, writeError } from '../../base/index';
import { ModelError } from '../errors';
import { inspectModel } from './inspect';
import { isExtraFile, isModelName, requiredFiles } from './layout';
import { withLock } from './lock';
import { readManifest, writeManifest } from './manifest';
import type { ManifestFile } from './manifest';
import { openModelFolder, sha256OfFile } from './modelFolder';
import { knownModel, toyModels } from './registry';
import type { ModelKind } from './registry';
import { activate, checkSpace, lockFile, makeFolder, stagingFolder } from './staging';

export interface AddOptions {
  models: string;
  /** default: the folder's own name */
  name?: string | null;
  /** copy the files instead of pointing to them */
  copy?: boolean;
  signal?: AbortSignal;
}

export interface AddResult {
  name: string;
  folder: string;
  kind: ModelKind;
  width: number | null;
  bytes: number;
  copied: boolean;
}

async function filesOf(folder: string, kind: ModelKind, signal?: AbortSignal): Promise<ManifestFile[]> {
  const below = await readdir(join(folder, 'onnx'));
  const beside = await readdir(folder);
  const names = [...beside, ...below.map((name) => `onnx/${name}`)];
  const chosen = names.filter((path) => requiredFiles[kind].includes(path) || isExtraFile(kind, path)).sort();
  const files: ManifestFile[] = [];
  for (const path of chosen) {
    const { size } = await stat(join(folder, path));
    files.push({ path, size, sha256: await sha256OfFile(join(folder, path), signal), checked: 'none' });
  }
  return files;
}

/** @throws ModelError when the folder is no model, or its name is taken; FileError */
export async function addModel(
  folder: string,
  { models, copy = false, signal, ...options }: AddOptions,
): Promise<AddResult> {
  const source = resolve(folder);
  const name = options.name ?? basename(source);
  if (!isModelName(name)) throw new ModelError(null, `"${name}" cannot be a model’s name; choose one with --name`);
  if (Object.values(toyModels).includes(name) || knownModel(name) !== null)
    throw new ModelError(null, `"${name}" is the name of a model that Legato knows; choose another with --name`);
  const model = await openModelFolder(name, source);
  const { width } = await inspectModel(model);
  const files = await filesOf(source, model.kind, signal);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  await makeFolder(models);
  const target = join(models, name);
  if (resolve(target) === source)
    throw new ModelError(source, 'lies in the models folder already; it can be used by its name');
  await withLock(lockFile(models, name), name, async () => {
    const present = await stat(target).catch(() => null);
    const before = await readManifest(target).catch(() => null);
    if (present !== null && (before === null || before.repository !== null))
      throw new ModelError(target, `is another model; choose a name for the new one with --name`);
    const staging = stagingFolder(models, name);
    await rm(staging, { recursive: true, force: true });
    await makeFolder(staging);
    try {
      if (copy) {
        await checkSpace(models, bytes);
        for (const { path } of files) {
          signal?.throwIfAborted();
          await mkdir(dirname(join(staging, path)), { recursive: true });
          await copyFile(join(source, path), join(staging, path));
        }
      }
      const installedAt = new Date().toISOString();
      const origin = { repository: null, revision: null, commit: null, endpoint: null, licence: null };
      const location = copy ? null : source;
      await writeManifest(staging, { version: 1, name, kind: model.kind, ...origin, installedAt, location, files });
      await activate(staging, target);
    } catch (error) {
      await rm(staging, { recursive: true, force: true });
      if (signal?.aborted || error instanceof ModelError || error instanceof FileError) throw error;
      throw writeError(target, error);
    }
  });
  return { name, folder: copy ? target : source, kind: model.kind, width, bytes, copied: copy };
}
