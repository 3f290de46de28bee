/**
 * `codebook.safetensors`: what every later stage needs to read index maps.
 *
 *   tensors   codebook [N, clipWidth + dinoWidth] F32, counts [N] U32 (cells that chose each entry)
 *   metadata  format, version, clipWidth, dinoWidth, dinoWeight, models (names and hashes), settings, names of the entries, hash
 *
 * The hash is over widths, weight and entries. Index maps carry it, so that maps of another codebook are noticed.
 */
import { said } from '#contract/sayings';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  readSafetensors,
  SafetensorsError,
  safetensorsChunks,
  systemErrorCode,
  writeFileAtomically,
} from '../../base/index';
import type { CodebookShape } from '../../kernels/index';
import { LanguageError } from '../errors';

export interface ModelIdentity {
  readonly name: string;
  /** of the weights; '' when unknown */
  readonly hash: string;
}

/** What an entry looks like to CLIP, among the words of a list. */
export interface EntryName {
  readonly name: string;
  /** cosine of the entry's CLIP half and the word */
  readonly similarity: number;
}

export interface Codebook {
  readonly shape: CodebookShape;
  /** [size, clipWidth + dinoWidth] */
  readonly entries: Float32Array;
  readonly size: number;
  /** cells that chose each entry */
  readonly counts: Uint32Array;
  readonly clip: ModelIdentity;
  readonly dino: ModelIdentity;
  /** the settings that it was trained with */
  readonly settings: Readonly<Record<string, unknown>>;
  /** one an entry; empty when no words were at hand */
  readonly names: readonly EntryName[];
  readonly hash: string;
}

const FORMAT = 'legato-codebook';
const VERSION = '1';
const MAX_ENTRIES = 255;
const MAX_WIDTH = 65_536;
/** 255 entries of the greatest width are 67 MB. */
const MAX_BYTES = 2 ** 28;

const width = z.coerce.number().int().min(1).max(MAX_WIDTH);
const model = z.object({ name: z.string(), hash: z.string() });
const METADATA = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  clipWidth: width,
  dinoWidth: width,
  dinoWeight: z.coerce.number().min(0),
  clip: z.string(),
  dino: z.string(),
  settings: z.string(),
  names: z.string(),
  hash: z.string().regex(/^[0-9a-f]{32}$/),
});
const NAMES = z.array(z.object({ name: z.string(), similarity: z.number() }));
const SETTINGS = z.record(z.string(), z.unknown());

/** 32 hexadecimal digits. @param entries  [N, clipWidth + dinoWidth] */
export function codebookHash({ clipWidth, dinoWidth, dinoWeight }: CodebookShape, entries: Float32Array): string {
  return createHash('sha256')
    .update(`${clipWidth} ${dinoWidth} ${dinoWeight} ${entries.length}\n`)
    .update(new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength))
    .digest('hex')
    .slice(0, 32);
}

/** @throws FileError */
export async function writeCodebook(path: string, codebook: Codebook): Promise<void> {
  const { shape, entries, size, counts, clip, dino, settings, names, hash } = codebook;
  const metadata = {
    format: FORMAT,
    version: VERSION,
    clipWidth: String(shape.clipWidth),
    dinoWidth: String(shape.dinoWidth),
    dinoWeight: String(shape.dinoWeight),
    clip: JSON.stringify(clip),
    dino: JSON.stringify(dino),
    settings: JSON.stringify(settings),
    names: JSON.stringify(names),
    hash,
  };
  const tensors = [
    ['codebook', { shape: [size, shape.clipWidth + shape.dinoWidth], data: entries }],
    ['counts', { shape: [size], data: counts }],
  ] as const;
  await writeFileAtomically(
    path,
    safetensorsChunks(
      tensors.map(([name, tensor]) => [name, { ...tensor, shape: [...tensor.shape] }]),
      metadata,
    ),
  );
}

/** @throws LanguageError naming the file, and the tensor or field that is wrong */
export async function readCodebook(path: string): Promise<Codebook> {
  const wrong = (problem: string, cause?: unknown): LanguageError =>
    new LanguageError(path, `${problem}; make it anew: legato codebook`, cause);
  const file = await readSafetensors(path, { maxBytes: MAX_BYTES }).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') throw new LanguageError(path, said('codebookMissing'), error);
    if (error instanceof SafetensorsError) throw wrong(error.message.replace(`${path}: `, ''), error);
    throw new LanguageError(path, `cannot be read (${error instanceof Error ? error.message : 'unknown'})`, error);
  });
  const parsed = METADATA.safeParse(file.metadata);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(`not a codebook of this version: metadata ${issue.path.join('.')}: ${issue.message}`);
  }
  const { clipWidth, dinoWidth, dinoWeight, hash } = parsed.data;
  const shape = { clipWidth, dinoWidth, dinoWeight };
  const codebook = file.tensors.get('codebook');
  const size = codebook?.shape[0] ?? 0;
  if (!codebook || !(codebook.data instanceof Float32Array) || codebook.shape.length !== 2)
    throw wrong('tensor "codebook" is missing or not F32 [N, d]');
  if (size < 1 || size > MAX_ENTRIES) throw wrong(`tensor "codebook" has ${size} entries, expected 1 … ${MAX_ENTRIES}`);
  if (codebook.shape[1] !== clipWidth + dinoWidth)
    throw wrong(`tensor "codebook" is ${codebook.shape[1]} wide, its metadata say ${clipWidth} + ${dinoWidth}`);
  if (!codebook.data.every(Number.isFinite)) throw wrong('tensor "codebook" holds values that are not finite');
  const counts = file.tensors.get('counts');
  if (!counts || !(counts.data instanceof Uint32Array) || counts.data.length !== size)
    throw wrong(`tensor "counts" is missing or not U32 [${size}]`);
  if (codebookHash(shape, codebook.data) !== hash)
    throw wrong('the entries do not match their hash: the file was changed');
  const field = <T>(name: 'clip' | 'dino' | 'settings' | 'names', schema: z.ZodType<T>): T => {
    try {
      return schema.parse(JSON.parse(parsed.data[name]));
    } catch (error) {
      throw wrong(`metadata ${name} is malformed`, error);
    }
  };
  const names = field('names', NAMES);
  if (names.length !== 0 && names.length !== size) throw wrong(`${names.length} names for ${size} entries`);
  return {
    shape,
    entries: codebook.data,
    size,
    counts: counts.data,
    clip: field('clip', model),
    dino: field('dino', model),
    settings: field('settings', SETTINGS),
    names,
    hash,
  };
}
