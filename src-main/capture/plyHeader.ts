/**
 * The header of a PLY file: bounded, line by line, before anything is allocated for the body.
 *
 *   ply
 *   format binary_little_endian 1.0
 *   element vertex 25784
 *   property float x
 *   property list uchar int vertex_indices
 *   end_header
 *
 * Source: Greg Turk, "The PLY Polygon File Format" (1994), and the sized type names (`float32`, `uint8`) in use since.
 */
import { CaptureError } from './errors';

export type PlyType = 'char' | 'uchar' | 'short' | 'ushort' | 'int' | 'uint' | 'float' | 'double';
export type PlyFormat = 'ascii' | 'binary_little_endian' | 'binary_big_endian';

export type PlyColumn =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

export interface PlyProperty {
  readonly name: string;
  readonly type: PlyType;
  /** type of the length of a list property; null for a scalar */
  readonly lengthType: PlyType | null;
}

export interface PlyElementHeader {
  readonly name: string;
  readonly count: number;
  readonly properties: readonly PlyProperty[];
}

export interface PlyHeader {
  readonly format: PlyFormat;
  readonly comments: readonly string[];
  readonly elements: readonly PlyElementHeader[];
  /** first byte of the body */
  readonly bodyOffset: number;
}

/** A PLY file that cannot be read. */
export class PlyError extends CaptureError {
  override readonly name = 'PlyError';
}

export const PLY_SIZES: Readonly<Record<PlyType, number>> = {
  char: 1,
  uchar: 1,
  short: 2,
  ushort: 2,
  int: 4,
  uint: 4,
  float: 4,
  double: 8,
};

const TYPE_NAMES: ReadonlyMap<string, PlyType> = new Map([
  ...(Object.keys(PLY_SIZES) as PlyType[]).map((type): [string, PlyType] => [type, type]),
  ['int8', 'char'],
  ['uint8', 'uchar'],
  ['int16', 'short'],
  ['uint16', 'ushort'],
  ['int32', 'int'],
  ['uint32', 'uint'],
  ['float32', 'float'],
  ['float64', 'double'],
]);

const MAX_HEADER_BYTES = 256 * 1024;
const MAX_ELEMENTS = 64;
const MAX_PROPERTIES = 4096;
const MAX_COUNT = 2 ** 31;

const REMEDY = 'export the file again';

/** Reads the header. @throws PlyError naming the line */
export function parsePlyHeader(bytes: Uint8Array, file: string): PlyHeader {
  const elements: { name: string; count: number; properties: PlyProperty[] }[] = [];
  const comments: string[] = [];
  let format: PlyFormat | null = null;
  let offset = 0;
  for (let line = 1; ; line++) {
    const fail = (problem: string): PlyError =>
      new PlyError({ file, field: `header line ${line}`, problem, remedy: REMEDY });
    const end = bytes.subarray(0, MAX_HEADER_BYTES).indexOf(10, offset);
    if (end < 0) {
      if (line === 1) throw new PlyError({ file, problem: 'not a PLY file', remedy: 'choose a .ply file' });
      throw fail(bytes.length > MAX_HEADER_BYTES ? 'the header is over 256 KiB' : 'the header does not end');
    }
    const text = latin1(bytes.subarray(offset, end)).trim();
    offset = end + 1;
    if (line === 1) {
      if (text !== 'ply') throw new PlyError({ file, problem: 'not a PLY file', remedy: 'choose a .ply file' });
      continue;
    }
    const words = text.split(/\s+/);
    const element = elements.at(-1);
    switch (words[0]) {
      case '':
        break;
      case 'comment':
      case 'obj_info':
        comments.push(text.slice(words[0].length).trim());
        break;
      case 'format':
        format = readFormat(words, fail);
        break;
      case 'element':
        if (elements.length === MAX_ELEMENTS) throw fail(`more than ${MAX_ELEMENTS} elements`);
        elements.push(readElement(words, elements, fail));
        break;
      case 'property':
        if (!element) throw fail('a property before any element');
        if (element.properties.length === MAX_PROPERTIES) throw fail(`more than ${MAX_PROPERTIES} properties`);
        element.properties.push(readProperty(words, element.properties, fail));
        break;
      case 'end_header':
        if (!format) throw fail('no format line');
        return { format, comments, elements, bodyOffset: offset };
      default:
        throw fail(`unknown keyword "${printable(words[0])}"`);
    }
  }
}

type Fail = (problem: string) => PlyError;

function readFormat(words: readonly string[], fail: Fail): PlyFormat {
  const name = words[1];
  if (name !== 'ascii' && name !== 'binary_little_endian' && name !== 'binary_big_endian') {
    throw fail(`unknown format "${printable(name)}"`);
  }
  return name;
}

function readElement(words: readonly string[], before: readonly { name: string }[], fail: Fail) {
  const [, name, digits] = words;
  if (words.length !== 3 || !/^\d{1,15}$/.test(digits)) throw fail('an element needs a name and a count');
  const count = Number(digits);
  if (count > MAX_COUNT) throw fail(`element "${printable(name)}" claims ${digits} rows`);
  if (before.some((other) => other.name === name)) throw fail(`element "${printable(name)}" appears twice`);
  return { name, count, properties: [] };
}

function readProperty(words: readonly string[], before: readonly PlyProperty[], fail: Fail): PlyProperty {
  const list = words[1] === 'list';
  if (words.length !== (list ? 5 : 3)) throw fail('a property needs a type and a name');
  const name = words[words.length - 1];
  const type = TYPE_NAMES.get(words[words.length - 2]);
  const lengthType = list ? TYPE_NAMES.get(words[2]) : null;
  if (type === undefined || lengthType === undefined) throw fail(`property "${printable(name)}" has an unknown type`);
  if (lengthType === 'float' || lengthType === 'double') throw fail(`list "${printable(name)}" has no integer length`);
  if (before.some((other) => other.name === name)) throw fail(`property "${printable(name)}" appears twice`);
  return { name, type, lengthType };
}

/** Text of a hostile header, safe and short enough to print. */
function printable(text: string | undefined): string {
  return (text ?? '').slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
