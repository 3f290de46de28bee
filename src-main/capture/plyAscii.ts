/**
 * The body of an ascii PLY file: whitespace-separated numbers, read in place without splitting the file into strings.
 */
import { PlyError, type PlyColumn, type PlyElementHeader } from './plyHeader';

/** Longest number worth reading; anything longer is not one. */
const MAX_TOKEN = 64;

const INTEGER_RANGES: Readonly<Record<string, readonly [number, number] | undefined>> = {
  char: [-128, 127],
  uchar: [0, 255],
  short: [-32768, 32767],
  ushort: [0, 65535],
  int: [-(2 ** 31), 2 ** 31 - 1],
  uint: [0, 2 ** 32 - 1],
};

const LENGTH_RANGE = [0, 2 ** 32 - 1] as const;

/**
 * Fills the columns of one element.
 *
 * @returns the offset behind its last value
 * @throws PlyError naming element, row and property
 */
export function readAsciiElement(
  bytes: Uint8Array,
  start: number,
  element: PlyElementHeader,
  columns: ReadonlyMap<string, PlyColumn>,
  file: string,
): number {
  let offset = start;
  if (element.properties.length === 0) return offset;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const plan = element.properties.map((property) => ({ ...property, column: columns.get(property.name) }));

  const next = (type: string, row: number, property: string, lowest = -Infinity): number => {
    while (offset < bytes.length && bytes[offset] <= 32) offset++;
    const first = offset;
    while (offset < bytes.length && bytes[offset] > 32 && offset - first <= MAX_TOKEN) offset++;
    const value = parseNumber(text.toString('latin1', first, offset));
    const range = lowest === 0 ? LENGTH_RANGE : INTEGER_RANGES[type];
    if (value === null || (range && !(Number.isInteger(value) && value >= range[0] && value <= range[1]))) {
      throw new PlyError({
        file,
        field: `element ${element.name}, row ${row + 1} of ${element.count}, ${property}`,
        offset: first,
        problem: first === offset ? 'truncated' : `expected a number of type ${type}`,
        remedy: 'the file is damaged or was cut short: export or copy it again',
      });
    }
    return value;
  };

  for (let row = 0; row < element.count; row++) {
    for (const { name, type, lengthType, column } of plan) {
      if (column) {
        column[row] = next(type, row, name);
        continue;
      }
      // Each entry consumes bytes, so a length that lies ends at the end of the file.
      const length = next(lengthType ?? type, row, name, 0);
      for (let i = 0; i < length; i++) next(type, row, name);
    }
  }
  return offset;
}

/** @returns null when the text is not a number; `nan` and `inf` are, as C's printf writes them */
function parseNumber(text: string): number | null {
  const value = text === '' ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return null;
}
