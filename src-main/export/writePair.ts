/** A file and the description beside it: both, or neither. */
import { rm } from 'node:fs/promises';
import { writeFileAtomically } from '../base/index';
import { sidecarName, type ExportDescription } from './describe';

/**
 * @param chunks  of the file
 * @returns the two files
 * @throws FileError; when the second file cannot be written, the first one is gone again
 */
export async function writePair(
  file: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  description: ExportDescription,
): Promise<[string, string]> {
  const beside = sidecarName(file);
  await writeFileAtomically(file, chunks);
  try {
    await writeFileAtomically(beside, `${JSON.stringify(description, null, 2)}\n`);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return [file, beside];
}
