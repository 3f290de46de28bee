/**
 * `legato models pull NAME`: a model from the hub to its folder, whole or not at all. In order: what the hub lists, room on the
 * disk, the files one after the other (download.ts), the graphs opened in onnxruntime, the manifest, the rename.
 * A pull that was broken off continues where it was; good files of a damaged model are kept.
 */
import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeLeftovers } from '../../base/index';
import { ModelError } from '../errors';
import { downloadFile, matches } from './download';
import { encodePath, HubClient } from './hubClient';
import type { HubOptions } from './hubClient';
import { commitOf, listFiles } from './hubListing';
import type { ListedFile } from './hubListing';
import { inspectModel } from './inspect';
import { isExtraFile, isModelName, isSafePath, requiredFiles } from './layout';
import { withLock } from './lock';
import { MANIFEST, readManifest, writeManifest } from './manifest';
import type { ManifestFile } from './manifest';
import { openModelFolder } from './modelFolder';
import { knownModel, knownModels } from './registry';
import type { ModelKind } from './registry';
import { retried } from './retries';
import type { RetryOptions } from './retries';
import { activate, checkSpace, lockFile, makeFolder, stagingFolder } from './staging';
import { checkFolder } from './verify';

export interface PullProgress {
  file: string;
  /** 1 … files */
  index: number;
  files: number;
  receivedBytes: number;
  totalBytes: number;
  /** of this run; null until something arrived */
  bytesPerSecond: number | null;
  etaSeconds: number | null;
}

export interface PullOptions extends HubOptions, RetryOptions {
  /** the folder of models */
  models: string;
  onProgress?: (progress: PullProgress) => void;
  /** fetch again although the model is there and whole */
  force?: boolean;
  /** bytes that are free on the disk; asked from the system by default */
  free?: () => Promise<number>;
}

export interface PullResult {
  name: string;
  folder: string;
  kind: ModelKind;
  commit: string | null;
  bytes: number;
  /** bytes that this run fetched */
  fetchedBytes: number;
  alreadyThere: boolean;
}

/** More than any model of these kinds; a listing beyond it is a mistake or an attack. */
const MAX_MODEL_BYTES = 2 ** 35;

interface Wanted {
  name: string;
  repository: string;
  revision: string;
  licence: string | null;
  kind: ModelKind | null;
}

/** A known model, or OWNER/NAME[@REVISION] of any repository in the same layout. */
function wantedModel(text: string): Wanted {
  const known = knownModel(text);
  if (known) return known;
  const match = /^([\w.-]+\/([\w.-]+))(?:@([\w./-]+))?$/.exec(text);
  const revision = match?.[3] ?? 'main';
  if (match?.[1] && match[2] && isModelName(match[2]) && isSafePath(match[1]) && isSafePath(revision))
    return { name: match[2], repository: match[1], revision, licence: null, kind: null };
  const names = knownModels.map(({ name }) => name).join(', ');
  throw new ModelError(null, `no model is called "${text}"; known are ${names}, or OWNER/NAME of the hub`);
}

/** The files to fetch. @throws ModelError when the repository has not the layout */
function choose(wanted: Wanted, listed: readonly ListedFile[]): { kind: ModelKind; files: ListedFile[] } {
  const has = (path: string): boolean => listed.some((file) => file.path === path);
  const kind = wanted.kind ?? (has('onnx/vision_model.onnx') ? 'clip' : 'dino');
  const missing = requiredFiles[kind].filter((path) => !has(path));
  if (missing.length > 0) {
    const words = `${wanted.repository} (${wanted.revision}) has no ${missing.join(', ')}`;
    throw new ModelError(null, `${words}; Legato needs a ${kind.toUpperCase()} repository with ONNX graphs`);
  }
  const files = listed.filter(({ path }) => requiredFiles[kind].includes(path) || isExtraFile(kind, path));
  const empty = files.find(({ path, size }) => size === 0 && requiredFiles[kind].includes(path));
  if (empty) throw new ModelError(null, `${wanted.repository} lists ${empty.path} as empty; try another --mirror`);
  const bytes = total(files);
  if (bytes > MAX_MODEL_BYTES)
    throw new ModelError(
      null,
      `${wanted.repository} lists ${bytes} bytes, more than any such model has; try another --mirror`,
    );
  return { kind, files };
}

const total = (files: readonly { size: number }[]): number => files.reduce((sum, { size }) => sum + size, 0);

/** @throws ModelError, HubFailure, FileError; an AbortError when cancelled */
export async function pullModel(text: string, options: PullOptions): Promise<PullResult> {
  const wanted = wantedModel(text);
  const { models } = options;
  await makeFolder(models);
  return withLock(lockFile(models, wanted.name), wanted.name, async () => {
    const hub = new HubClient(options);
    try {
      return await pull(wanted, hub, options);
    } finally {
      await hub.close();
    }
  });
}

async function pull(wanted: Wanted, hub: HubClient, options: PullOptions): Promise<PullResult> {
  const { models, signal } = options;
  const { name, repository, revision } = wanted;
  const target = join(models, name);
  const present = options.force ? null : await whole(target, repository, signal);
  if (present) return { ...present, name, folder: target, fetchedBytes: 0, alreadyThere: true };

  const commit = await retried(options, () => commitOf(hub, repository, revision, signal));
  const { kind, files } = choose(
    wanted,
    await retried(options, () => listFiles(hub, repository, commit ?? revision, signal)),
  );
  const staging = stagingFolder(models, name);
  await makeFolder(staging);
  await dropUnlisted(staging, files);

  const kept = new Map<string, string>();
  for (const file of files) {
    signal?.throwIfAborted();
    const sum = await keep(staging, target, file, options);
    if (sum !== null) kept.set(file.path, sum);
  }
  const missing = files.filter(({ path }) => !kept.has(path));
  await checkSpace(models, total(missing) - (await partBytes(staging, missing)), options.free);

  const progress = progressOf(files, kept, options.onProgress);
  const manifest: ManifestFile[] = [];
  for (const file of files) {
    const { path } = file;
    const url = hub.address(
      `${encodePath(repository)}/resolve/${encodeURIComponent(commit ?? revision)}/${encodePath(path)}`,
    );
    const { signal, onRetry, tries, firstWait } = options;
    const target = join(staging, path);
    const onBytes = (bytes: number): void => progress.at(file, bytes);
    const sha256 =
      kept.get(path) ??
      (await downloadFile({ hub, url, target, expected: file, signal, onBytes, onRetry, tries, firstWait }));
    manifest.push({ path, size: file.size, sha256, checked: file.checksum.kind });
  }
  await inspectModel(await openModelFolder(name, staging, 'try another --mirror'));
  signal?.throwIfAborted();
  await writeManifest(staging, {
    version: 1,
    name,
    kind,
    repository,
    revision,
    commit,
    endpoint: hub.endpoint.origin,
    licence: wanted.licence,
    installedAt: new Date().toISOString(),
    location: null,
    files: manifest,
  });
  await activate(staging, target);
  return {
    name,
    folder: target,
    kind,
    commit,
    bytes: total(files),
    fetchedBytes: progress.fetched(),
    alreadyThere: false,
  };
}

/** What is installed, when it came from the same repository and is what its manifest says. */
async function whole(
  target: string,
  repository: string,
  signal?: AbortSignal,
): Promise<Pick<PullResult, 'kind' | 'commit' | 'bytes'> | null> {
  const manifest = await readManifest(target).catch(() => null);
  if (manifest === null || manifest.repository !== repository) return null;
  const files = await checkFolder(target, manifest, { signal });
  if (files.some(({ state }) => state !== 'ok')) return null;
  return { kind: manifest.kind, commit: manifest.commit, bytes: total(manifest.files) };
}

/** Takes away what an earlier pull left that belongs to no listed file. */
async function dropUnlisted(staging: string, files: readonly ListedFile[]): Promise<void> {
  await removeLeftovers(staging);
  const known = new Set(files.flatMap(({ path }) => [path, `${path}.part`, `${path}.part.json`]));
  for (const entry of await readdir(staging, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(staging.length + 1).replaceAll('\\', '/');
    if (!entry.isDirectory() && !known.has(path)) await rm(full, { force: true });
  }
  await rm(join(staging, MANIFEST), { force: true });
}

/** A file that is already in the staging folder, or good in the model that it replaces; its SHA-256, or null. */
async function keep(
  staging: string,
  target: string,
  file: ListedFile,
  { signal, force }: PullOptions,
): Promise<string | null> {
  const path = join(staging, file.path);
  const staged = await matches(path, file, signal);
  if (staged !== null || force) return staged;
  await rm(path, { force: true });
  const installed = join(target, file.path);
  const sum = await matches(installed, file, signal);
  if (sum === null) return null;
  await mkdir(dirname(path), { recursive: true });
  // A link costs no room; file systems without links copy.
  await link(installed, path).catch(() => copyFile(installed, path));
  return sum;
}

async function partBytes(staging: string, files: readonly ListedFile[]): Promise<number> {
  const sizes = await Promise.all(
    files.map(async ({ path, size }) => {
      const part = await stat(join(staging, `${path}.part`)).catch(() => null);
      return Math.min(part?.size ?? 0, size);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

interface Tracker {
  /** `bytes` of a file are on disk */
  at(file: ListedFile, bytes: number): void;
  fetched(): number;
}

const PROGRESS_MS = 100;

function progressOf(
  files: readonly ListedFile[],
  kept: ReadonlyMap<string, string>,
  tell: ((progress: PullProgress) => void) | undefined,
): Tracker {
  const onDisk = new Map(files.map(({ path, size }) => [path, kept.has(path) ? size : 0]));
  const totalBytes = total(files);
  const began = performance.now();
  /** what earlier pulls left is not this run's speed */
  const before = new Map<string, number>();
  let fetched = 0;
  let toldAt = -Infinity;
  return {
    at(file, bytes) {
      const last = onDisk.get(file.path) ?? 0;
      if (!before.has(file.path)) before.set(file.path, bytes);
      else fetched += Math.max(0, bytes - last);
      onDisk.set(file.path, bytes);
      const now = performance.now();
      const receivedBytes = [...onDisk.values()].reduce((sum, size) => sum + size, 0);
      if (now - toldAt < PROGRESS_MS && receivedBytes < totalBytes) return;
      toldAt = now;
      const bytesPerSecond = fetched > 0 ? (fetched / Math.max(1, now - began)) * 1000 : null;
      tell?.({
        file: file.path,
        index: files.indexOf(file) + 1,
        files: files.length,
        receivedBytes,
        totalBytes,
        bytesPerSecond,
        etaSeconds: bytesPerSecond === null ? null : (totalBytes - receivedBytes) / bytesPerSecond,
      });
    },
    fetched: () => fetched,
  };
}
