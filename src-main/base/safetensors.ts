/**
 * Safetensors: named raw tensors in one file (https://github.com/huggingface/safetensors, format description).
 *
 *   8 bytes   length of the header, little-endian uint64
 *   header    JSON: name -> { dtype, shape, data_offsets: [begin, end) relative to the data }, "__metadata__" -> texts
 *   data      row-major little-endian values; the tensors cover it without overlap and without gaps
 *
 * A file is hostile until parsed: every size is bounded by the file's own length before anything is allocated. We read and
 * write F32, U32, F16 (as its bits, in a Uint16Array) and U8; the header is padded with spaces to a multiple of 8, so that the data is aligned.
 */
import type { Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';

export type TensorData = Float32Array | Uint32Array | Uint16Array | Uint8Array;

export interface NamedTensor {
  /** row-major; an empty shape is a scalar */
  shape: number[];
  data: TensorData;
}

export interface SafetensorsFile {
  tensors: Map<string, NamedTensor>;
  metadata: Record<string, string>;
}

/** Says which file, and which tensor where there is one, breaks the format. */
export class SafetensorsError extends Error {
  readonly tensor: string | null;

  constructor(file: string, tensor: string | null, message: string) {
    super(tensor === null ? `${file}: ${message}` : `${file}: tensor "${tensor}": ${message}`);
    this.name = 'SafetensorsError';
    this.tensor = tensor;
  }
}

const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MAX_TENSORS = 65_536;
const ITEM_BYTES = { F32: 4, U32: 4, F16: 2, U8: 1 };
type Dtype = keyof typeof ITEM_BYTES;

const METADATA = z.record(z.string(), z.string());
const ENTRY = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()).max(16),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

export interface TensorEntry {
  name: string;
  dtype: Dtype;
  shape: number[];
  /** bytes relative to the start of the data, [begin, end) */
  begin: number;
  end: number;
}

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Uint16Array) return 'F16';
  return data instanceof Uint32Array ? 'U32' : 'U8';
}

/**
 * Duplicate names, which JSON.parse would silently resolve to the last one: a second scan over the text that knows strings
 * and nesting depth, nothing else.
 */
function firstDuplicateKey(json: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      if (depth !== 1 || !/^\s*:/.test(json.slice(i + 1, i + 64))) continue;
      const key: unknown = JSON.parse(json.slice(start, i + 1));
      if (typeof key !== 'string') continue;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return null;
}

function parseEntry(file: string, name: string, value: unknown, dataBytes: number): TensorEntry {
  const parsed = ENTRY.safeParse(value);
  if (!parsed.success) throw new SafetensorsError(file, name, `malformed entry (${z.prettifyError(parsed.error)})`);
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  if (!(dtype === 'F32' || dtype === 'U32' || dtype === 'F16' || dtype === 'U8'))
    throw new SafetensorsError(file, name, `type ${dtype.slice(0, 16)} is not supported (F32, U32, F16 and U8 are)`);
  const [begin, end] = offsets;
  if (begin > end || end > dataBytes)
    throw new SafetensorsError(
      file,
      name,
      `bytes ${begin}–${end} lie outside the data of ${dataBytes} bytes; the file is truncated`,
    );
  const bytes = shape.reduce((product, size) => product * size, ITEM_BYTES[dtype]);
  if (bytes !== end - begin)
    throw new SafetensorsError(file, name, `shape [${shape}] needs ${bytes} bytes, the offsets give ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

/**
 * Parses and validates a header against the length of the data behind it.
 *
 * @param header  the JSON bytes, without the length in front
 * @returns entries in file order, and the metadata
 * @throws SafetensorsError
 */
export function parseSafetensorsHeader(
  file: string,
  header: Uint8Array,
  dataBytes: number,
): { entries: TensorEntry[]; metadata: Record<string, string> } {
  let json: unknown;
  const text = new TextDecoder().decode(header);
  try {
    json = JSON.parse(text);
  } catch {
    throw new SafetensorsError(file, null, 'the header is not JSON; this is not a safetensors file, or it is damaged');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new SafetensorsError(file, null, 'the header is not a JSON object');
  const duplicate = firstDuplicateKey(text);
  if (duplicate !== null) throw new SafetensorsError(file, duplicate, 'the name appears twice');

  let metadata: Record<string, string> = {};
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') {
      const parsed = METADATA.safeParse(value);
      if (!parsed.success) throw new SafetensorsError(file, null, '__metadata__ must map texts to texts');
      metadata = parsed.data;
    } else entries.push(parseEntry(file, name, value, dataBytes));
  }
  if (entries.length > MAX_TENSORS) throw new SafetensorsError(file, null, `more than ${MAX_TENSORS} tensors`);

  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const entry of entries) {
    if (entry.begin !== covered)
      throw new SafetensorsError(
        file,
        entry.name,
        entry.begin < covered ? 'overlaps another tensor' : 'a gap lies before it',
      );
    covered = entry.end;
  }
  if (covered !== dataBytes)
    throw new SafetensorsError(file, null, `${dataBytes - covered} bytes after the last tensor belong to none`);
  return { entries, metadata };
}

/** Reads exactly target.byteLength bytes at `position`. */
async function readExactly(file: string, handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < target.byteLength;) {
    const { bytesRead } = await handle.read(target, filled, target.byteLength - filled, position + filled);
    if (bytesRead === 0) throw new SafetensorsError(file, null, `truncated at byte ${position + filled}`);
    filled += bytesRead;
  }
}

function allocate(dtype: Dtype, bytes: number): TensorData {
  if (dtype === 'F32') return new Float32Array(bytes / 4);
  if (dtype === 'F16') return new Uint16Array(bytes / 2);
  return dtype === 'U32' ? new Uint32Array(bytes / 4) : new Uint8Array(bytes);
}

/**
 * Reads a whole file; every tensor gets its own array.
 *
 * @param options.hash      is fed every byte of the file in order
 * @param options.maxBytes  refuses larger files before allocating; default 16 GiB
 * @throws SafetensorsError; Node's error when the file cannot be opened
 */
export async function readSafetensors(
  file: string,
  options: { hash?: Hash; maxBytes?: number } = {},
): Promise<SafetensorsFile> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const maxBytes = options.maxBytes ?? 2 ** 34;
    if (size > maxBytes) throw new SafetensorsError(file, null, `${size} bytes are more than the limit of ${maxBytes}`);
    if (size < 8) throw new SafetensorsError(file, null, 'shorter than its own header length; the file is truncated');
    const prefix = new Uint8Array(8);
    await readExactly(file, handle, prefix, 0);
    const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
    if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > size)
      throw new SafetensorsError(
        file,
        null,
        `a header of ${headerBytes} bytes does not fit; not a safetensors file, or truncated`,
      );
    const header = new Uint8Array(headerBytes);
    await readExactly(file, handle, header, 8);
    options.hash?.update(prefix).update(header);

    const dataStart = 8 + headerBytes;
    const { entries, metadata } = parseSafetensorsHeader(file, header, size - dataStart);
    const tensors = new Map<string, NamedTensor>();
    for (const { name, dtype, shape, begin, end } of entries) {
      const data = allocate(dtype, end - begin);
      const bytes = new Uint8Array(data.buffer);
      await readExactly(file, handle, bytes, dataStart + begin);
      options.hash?.update(bytes);
      tensors.set(name, { shape, data });
    }
    return { tensors, metadata };
  } finally {
    await handle.close();
  }
}

/**
 * The bytes of a safetensors file, chunk by chunk: the header, then views of the tensors' own memory (no copy), so the
 * tensors must not change until the chunks are consumed. Tensors keep the given order.
 *
 * @throws SafetensorsError when a shape does not match its data or a name is reserved
 */
export function* safetensorsChunks(
  tensors: Iterable<readonly [string, NamedTensor]>,
  metadata: Record<string, string> = {},
): Generator<Uint8Array> {
  // A map, since a tensor may be called anything, `__proto__` included.
  const header = new Map<string, unknown>([['__metadata__', metadata]]);
  const views: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (header.has(name)) throw new SafetensorsError('new file', name, 'the name is reserved or appears twice');
    if (shape.reduce((product, size) => product * size, 1) !== data.length)
      throw new SafetensorsError('new file', name, `shape [${shape}] does not match ${data.length} values`);
    header.set(name, { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] });
    offset += data.byteLength;
    views.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  yield head;
  yield* views;
}
