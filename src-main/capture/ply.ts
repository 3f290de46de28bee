/**
 * PLY files as tables: each element is a set of typed columns of equal length.
 *
 * Reads ascii and binary in either byte order; scalar properties become columns of their own type, list properties are
 * walked over and left out. Counts are held against the bytes that are there before a column is allocated, so a file
 * can never cost more than four times its own size. Values are not judged here: NaN may come through, and the caller,
 * who knows what a column means, refuses it. Writes binary little endian.
 */
import {
  PLY_SIZES,
  parsePlyHeader,
  PlyError,
  type PlyColumn,
  type PlyElementHeader,
  type PlyFormat,
  type PlyProperty,
  type PlyType,
} from './plyHeader';
import { readAsciiElement } from './plyAscii';

export { PlyError, type PlyColumn, type PlyFormat, type PlyType } from './plyHeader';

export interface PlyElement {
  readonly name: string;
  /** rows */
  readonly count: number;
  /** scalar properties by name, in the file's order, each `count` long */
  readonly columns: ReadonlyMap<string, PlyColumn>;
}

export interface PlyFile {
  readonly format: PlyFormat;
  readonly comments: readonly string[];
  readonly elements: readonly PlyElement[];
}

const COLUMN_TYPES = {
  char: Int8Array,
  uchar: Uint8Array,
  short: Int16Array,
  ushort: Uint16Array,
  int: Int32Array,
  uint: Uint32Array,
  float: Float32Array,
  double: Float64Array,
} as const satisfies Record<PlyType, unknown>;

/** Rows handled together, so that a block of a wide table stays in cache while its columns are filled in turn. */
const BLOCK_ROWS = 512;

const REMEDY = 'the file is damaged or was cut short: export or copy it again';

/**
 * Reads a PLY file held in memory.
 *
 * @param file  name for messages
 * @throws PlyError naming the element and the byte offset
 */
export function parsePly(bytes: Uint8Array, file: string): PlyFile {
  const header = parsePlyHeader(bytes, file);
  const elements: PlyElement[] = [];
  let offset = header.bodyOffset;
  for (const element of header.elements) {
    checkSize(element, header.format, bytes.length - offset, offset, file);
    const columns = allocate(element);
    if (header.format === 'ascii') offset = readAsciiElement(bytes, offset, element, columns, file);
    else offset = readBinaryElement(bytes, offset, element, columns, header.format === 'binary_little_endian', file);
    elements.push({ name: element.name, count: element.count, columns });
  }
  return { format: header.format, comments: header.comments, elements };
}

/** The smallest body that the header's claim allows, against what is there; nothing is allocated before this. */
function checkSize(
  element: PlyElementHeader,
  format: PlyFormat,
  available: number,
  offset: number,
  file: string,
): void {
  let rowBytes = 0;
  for (const { type, lengthType } of element.properties) {
    rowBytes += format === 'ascii' ? 2 : PLY_SIZES[lengthType ?? type];
  }
  // The last ascii value needs no separator after it.
  if (element.count * rowBytes > available + 1) {
    throw new PlyError({
      file,
      field: `element ${element.name}`,
      offset,
      problem: `${element.count.toLocaleString('en-US')} rows are announced but only ${available.toLocaleString('en-US')} bytes follow`,
      remedy: REMEDY,
    });
  }
}

function allocate({ count, properties }: PlyElementHeader): Map<string, PlyColumn> {
  const columns = new Map<string, PlyColumn>();
  for (const { name, type, lengthType } of properties) {
    if (lengthType === null) columns.set(name, new COLUMN_TYPES[type](count));
  }
  return columns;
}

function readBinaryElement(
  bytes: Uint8Array,
  start: number,
  element: PlyElementHeader,
  columns: ReadonlyMap<string, PlyColumn>,
  little: boolean,
  file: string,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, properties } = element;
  if (properties.length === 0) return start;
  if (properties.some(({ lengthType }) => lengthType !== null)) {
    return readRowsWithLists(view, start, element, columns, little, file);
  }
  const stride = properties.reduce((sum, { type }) => sum + PLY_SIZES[type], 0);
  if (start + count * stride > view.byteLength) throw truncated(file, element, view.byteLength);
  for (let row = 0; row < count; row += BLOCK_ROWS) {
    const end = Math.min(count, row + BLOCK_ROWS);
    let column = start + row * stride;
    for (const { name, type } of properties) {
      fillColumn(view, column, stride, type, columns.get(name)!, row, end, little);
      column += PLY_SIZES[type];
    }
  }
  return start + count * stride;
}

function fillColumn(
  view: DataView,
  offset: number,
  stride: number,
  type: PlyType,
  column: PlyColumn,
  row: number,
  end: number,
  little: boolean,
): void {
  // One loop per common type: a shared reader call per value costs five times as much on wide splat tables.
  if (type === 'float') {
    for (; row < end; row++, offset += stride) column[row] = view.getFloat32(offset, little);
  } else if (type === 'uchar') {
    for (; row < end; row++, offset += stride) column[row] = view.getUint8(offset);
  } else if (type === 'uint') {
    for (; row < end; row++, offset += stride) column[row] = view.getUint32(offset, little);
  } else {
    for (; row < end; row++, offset += stride) column[row] = readValue(view, offset, type, little);
  }
}

function readRowsWithLists(
  view: DataView,
  start: number,
  element: PlyElementHeader,
  columns: ReadonlyMap<string, PlyColumn>,
  little: boolean,
  file: string,
): number {
  let offset = start;
  const plan: (PlyProperty & { column: PlyColumn | undefined })[] = element.properties.map((property) => ({
    ...property,
    column: columns.get(property.name),
  }));
  for (let row = 0; row < element.count; row++) {
    for (const { name, type, lengthType, column } of plan) {
      const size = PLY_SIZES[lengthType ?? type];
      if (offset + size > view.byteLength) throw truncated(file, element, view.byteLength, row);
      const value = readValue(view, offset, lengthType ?? type, little);
      offset += size;
      if (column) {
        column[row] = value;
        continue;
      }
      if (value < 0 || offset + value * PLY_SIZES[type] > view.byteLength) {
        throw new PlyError({
          file,
          field: `element ${element.name}, row ${row + 1} of ${element.count}, list ${name}`,
          offset: offset - size,
          problem: `a list of ${value} entries does not fit in the file`,
          remedy: REMEDY,
        });
      }
      offset += value * PLY_SIZES[type];
    }
  }
  return offset;
}

function readValue(view: DataView, offset: number, type: PlyType, little: boolean): number {
  switch (type) {
    case 'char':
      return view.getInt8(offset);
    case 'uchar':
      return view.getUint8(offset);
    case 'short':
      return view.getInt16(offset, little);
    case 'ushort':
      return view.getUint16(offset, little);
    case 'int':
      return view.getInt32(offset, little);
    case 'uint':
      return view.getUint32(offset, little);
    case 'float':
      return view.getFloat32(offset, little);
    case 'double':
      return view.getFloat64(offset, little);
  }
}

function truncated(file: string, element: PlyElementHeader, offset: number, row?: number): PlyError {
  const field = `element ${element.name}` + (row === undefined ? '' : `, row ${row + 1} of ${element.count}`);
  return new PlyError({ file, field, offset, problem: 'truncated', remedy: REMEDY });
}

/**
 * Encodes tables as a binary little-endian PLY file; a column's array type decides its property type.
 *
 * @throws RangeError when a column's length is not the element's count, or a name is not a single word
 */
export function writePly({
  comments = [],
  elements,
}: {
  readonly comments?: readonly string[];
  readonly elements: readonly PlyElement[];
}): Uint8Array {
  const lines = ['ply', 'format binary_little_endian 1.0', ...comments.map((text) => `comment ${oneLine(text)}`)];
  let bodyBytes = 0;
  for (const { name, count, columns } of elements) {
    lines.push(`element ${word(name)} ${count}`);
    for (const [property, column] of columns) {
      if (column.length !== count) throw new RangeError(`column ${property} has ${column.length} rows, not ${count}`);
      lines.push(`property ${typeOf(column)} ${word(property)}`);
      bodyBytes += column.byteLength;
    }
  }
  const header = new TextEncoder().encode(`${lines.join('\n')}\nend_header\n`);
  const bytes = new Uint8Array(header.length + bodyBytes);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  let offset = header.length;
  for (const { count, columns } of elements) offset = writeElement(view, offset, count, [...columns.values()]);
  return bytes;
}

function writeElement(view: DataView, start: number, count: number, columns: readonly PlyColumn[]): number {
  const stride = columns.reduce((sum, column) => sum + column.BYTES_PER_ELEMENT, 0);
  for (let first = 0; first < count; first += BLOCK_ROWS) {
    const end = Math.min(count, first + BLOCK_ROWS);
    let base = start + first * stride;
    for (const column of columns) {
      const type = typeOf(column);
      for (let row = first, offset = base; row < end; row++, offset += stride)
        writeValue(view, offset, type, column[row]);
      base += column.BYTES_PER_ELEMENT;
    }
  }
  return start + count * stride;
}

function writeValue(view: DataView, offset: number, type: PlyType, value: number): void {
  if (type === 'float') view.setFloat32(offset, value, true);
  else if (type === 'double') view.setFloat64(offset, value, true);
  else if (type === 'uchar' || type === 'char') view.setUint8(offset, value);
  else if (type === 'ushort' || type === 'short') view.setUint16(offset, value, true);
  else view.setUint32(offset, value, true);
}

function typeOf(column: PlyColumn): PlyType {
  for (const type of Object.keys(COLUMN_TYPES) as PlyType[]) if (column instanceof COLUMN_TYPES[type]) return type;
  throw new RangeError('not a PLY column');
}

function word(name: string): string {
  if (!/^[\x21-\x7e]+$/.test(name)) throw new RangeError(`"${name}" cannot be a PLY name`);
  return name;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
