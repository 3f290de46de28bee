import { readFile } from 'node:fs/promises';

/** A two-dimensional little-endian float16 or float32 .npy file, row-major (NumPy's format, version 1). */
export async function readNpy(path: string): Promise<{ rows: number; width: number; data: Float32Array }> {
  const bytes = await readFile(path);
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY') throw new Error(`${path}: no .npy file`);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  const match = /'descr': '<f([24])', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(header);
  if (match === null) throw new Error(`${path}: unexpected header ${header}`);
  const [size, rows, width] = match.slice(1).map(Number) as [number, number, number];
  const data = new Float32Array(rows * width);
  for (let i = 0; i < data.length; i++) {
    data[i] = size === 4 ? bytes.readFloatLE(start + 4 * i) : half(bytes.readUInt16LE(start + 2 * i));
  }
  return { rows, width, data };
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
