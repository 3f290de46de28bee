/** A model folder that has everything its kind needs: looked at, not yet opened in onnxruntime (`inspect.ts` does that). */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { said } from '#contract/sayings';
import { z } from 'zod';
import { ModelError } from '../errors';
import { graphs, kindOfType, modelTypes, requiredFiles } from './layout';
import { readManifest } from './manifest';
import type { ModelKind } from './registry';

/** Plain data, so that it can be sent to another process. Paths are absolute. */
export interface ModelFolder {
  readonly name: string;
  readonly path: string;
  readonly kind: ModelKind;
  readonly files: ModelFiles;
}

export interface ModelFiles {
  readonly config: string;
  readonly preprocessor: string;
  /** the graph that takes pixel_values */
  readonly vision: string;
  /** null for DINO */
  readonly text: string | null;
  readonly tokenizer: string | null;
  readonly tokenizerConfig: string | null;
}

const config = z.looseObject({ model_type: z.string().max(64) });
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;
const POINTER = 'version https://git-lfs.github.com/spec/';

/** A JSON object of a model folder. @throws ModelError naming the file */
export async function readModelJson(path: string): Promise<Record<string, unknown>> {
  let json: unknown;
  try {
    const { size } = await stat(path);
    if (size > MAX_CONFIG_BYTES) throw new ModelError(path, `${size} bytes are too many for a configuration`);
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(path, `cannot be read as JSON (${reason}); the model folder is incomplete or damaged`, error);
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(json);
  if (!parsed.success) throw new ModelError(path, 'is not a JSON object; the model folder is damaged');
  return parsed.data;
}

/** What a folder says it is. @throws ModelError when config.json is missing or names another kind of model */
export async function kindOfFolder(folder: string): Promise<ModelKind> {
  const path = join(folder, 'config.json');
  const parsed = config.safeParse(await readModelJson(path));
  if (!parsed.success) throw new ModelError(path, `has no model_type; expected one of ${modelTypes.join(', ')}`);
  const kind = kindOfType(parsed.data.model_type);
  if (kind === null) {
    const said = parsed.data.model_type;
    throw new ModelError(
      path,
      `model_type "${said}" is neither CLIP nor DINO; expected one of ${modelTypes.join(', ')}`,
    );
  }
  return kind;
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}

async function isPointer(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(POINTER.length), 0, POINTER.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === POINTER;
  } finally {
    await handle.close();
  }
}

/**
 * A folder as a model: its files are there, and are what they are called.
 *
 * @param remedy  what to do when files are missing
 * @throws ModelError
 */
export async function openModelFolder(
  name: string,
  folder: string,
  remedy = 'copy the whole folder again',
): Promise<ModelFolder> {
  const path = resolve(folder);
  if ((await sizeOf(join(path, 'config.json'))) === null)
    throw new ModelError(path, `is no model folder: it has no config.json; ${remedy}`);
  const kind = await kindOfFolder(path);
  const missing: string[] = [];
  for (const file of requiredFiles[kind]) if (!(await sizeOf(join(path, file)))) missing.push(file);
  if (missing.length > 0) throw new ModelError(path, said('modelIncomplete', { files: missing.join(', '), remedy }));
  for (const { file } of graphs[kind]) {
    if (await isPointer(join(path, file)))
      throw new ModelError(join(path, file), 'is a git-lfs pointer, not the model; run `git lfs pull` in its checkout');
  }
  const clip = kind === 'clip';
  return {
    name,
    path,
    kind,
    files: {
      config: join(path, 'config.json'),
      preprocessor: join(path, 'preprocessor_config.json'),
      vision: join(path, clip ? 'onnx/vision_model.onnx' : 'onnx/model.onnx'),
      text: clip ? join(path, 'onnx/text_model.onnx') : null,
      tokenizer: clip ? join(path, 'tokenizer.json') : null,
      tokenizerConfig: clip ? join(path, 'tokenizer_config.json') : null,
    },
  };
}

/** SHA-256 of a file, hex. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * The identity of a model's content, for caches of what it computed: SHA-256 over the required files' sums, hex. Files whose
 * size is that of the manifest are taken to have its sum; others are read.
 */
export async function modelDigest(model: ModelFolder): Promise<string> {
  const manifest = await readManifest(model.path);
  const hash = createHash('sha256');
  for (const file of requiredFiles[model.kind]) {
    const path = join(model.path, file);
    const known = manifest?.files.find((entry) => entry.path === file);
    const sum = known && known.size === (await sizeOf(path)) ? known.sha256 : await sha256OfFile(path);
    hash.update(`${file} ${sum}\n`);
  }
  return hash.digest('hex');
}
