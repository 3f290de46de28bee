/** codebook.safetensors: what is written comes back; a file that is wrong is named with what is wrong in it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { safetensorsChunks, type NamedTensor } from '../../../../src-main/base/index';
import {
  codebookHash,
  readCodebook,
  writeCodebook,
  type Codebook,
} from '../../../../src-main/language/codebook/codebookFile';
import { LanguageError } from '../../../../src-main/language/errors';
import { temporaryFolder } from '../../base/temporaryFolder';

const shape = { clipWidth: 3, dinoWidth: 2, dinoWeight: 0.5 };
const entries = Float32Array.from({ length: 32 * 5 }, (_, i) => Math.sin(i));
const codebook: Codebook = {
  shape,
  entries,
  size: 32,
  counts: Uint32Array.from({ length: 32 }, (_, i) => i),
  clip: { name: 'toy-clip', hash: 'abc' },
  dino: { name: 'toy-dino', hash: 'def' },
  settings: { codebookSize: 32, codebookStart: 'kmeans' },
  names: Array.from({ length: 32 }, (_, i) => ({ name: `wooden "table" ${i}`, similarity: i / 40 })),
  hash: codebookHash(shape, entries),
};

let path: string;
beforeEach(async () => {
  path = join(await temporaryFolder(), 'codebook.safetensors');
});

async function metadataOf(): Promise<Record<string, string>> {
  const bytes = await readFile(path);
  const json: unknown = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
  return (json as { __metadata__: Record<string, string> }).__metadata__;
}

/** The file with a tensor or a field changed. */
async function changed(tensors: Record<string, NamedTensor>, metadata: Record<string, string>): Promise<void> {
  await writeCodebook(path, codebook);
  const all = {
    codebook: { shape: [32, 5], data: entries },
    counts: { shape: [32], data: codebook.counts },
    ...tensors,
  };
  const chunks = [...safetensorsChunks(Object.entries(all), { ...(await metadataOf()), ...metadata })];
  await writeFile(path, Buffer.concat(chunks));
}

it('comes back as it was written', async () => {
  await writeCodebook(path, codebook);
  expect(await readCodebook(path)).toEqual(codebook);
});

it('has a hash of widths, weight and entries', () => {
  const other = entries.slice();
  other[17] = Math.fround(other[17] * (1 + 2 ** -23));
  const hashes = [
    codebook.hash,
    codebookHash(shape, other),
    codebookHash({ ...shape, dinoWeight: 1 }, entries),
    codebookHash({ ...shape, clipWidth: 2, dinoWidth: 3 }, entries),
  ];
  expect(new Set(hashes).size).toBe(4);
  expect(codebookHash(shape, entries.slice())).toBe(codebook.hash);
});

describe('a file that is wrong', () => {
  const problem = async (): Promise<string> => {
    const error: unknown = await readCodebook(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LanguageError);
    expect((error as LanguageError).file).toBe(path);
    return (error as LanguageError).message.replace(`${path}: `, '');
  };

  it('is not there', async () => {
    expect(await problem()).toBe('no codebook yet; run: legato codebook');
  });

  it.each([
    ['another width', {}, { clipWidth: '4' }, 'is 5 wide, its metadata say 4 + 2'],
    ['no entries', { codebook: { shape: [0, 5], data: new Float32Array(0) } }, {}, 'has 0 entries'],
    ['too many entries', { codebook: { shape: [256, 5], data: new Float32Array(1280) } }, {}, 'has 256 entries'],
    ['entries that are bytes', { codebook: { shape: [32, 5], data: new Uint8Array(160) } }, {}, 'missing or not F32'],
    ['NaN', { codebook: { shape: [32, 5], data: entries.map((v, i) => (i === 7 ? NaN : v)) } }, {}, 'not finite'],
    ['other entries', { codebook: { shape: [32, 5], data: entries.map((v) => 2 * v) } }, {}, 'do not match their hash'],
    ['fewer counts', { counts: { shape: [3], data: new Uint32Array(3) } }, {}, 'not U32 [32]'],
    ['another format', {}, { format: 'other' }, 'metadata format'],
    ['a later version', {}, { version: '2' }, 'metadata version'],
    ['a weight that is no number', {}, { dinoWeight: 'NaN' }, 'metadata dinoWeight'],
    ['names that are no list', {}, { names: '{' }, 'metadata names is malformed'],
    ['names of fewer entries', {}, { names: '[{"name":"a","similarity":1}]' }, '1 names for 32 entries'],
  ])('has %s', async (_, tensors, metadata, words) => {
    await changed(tensors, metadata);
    const text = await problem();
    expect(text).toContain(words);
    expect(text).toContain('legato codebook');
  });

  it('is cut off or damaged anywhere: an error of ours, never another', async () => {
    await writeCodebook(path, codebook);
    const bytes = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), async (at, value, cut) => {
        const broken = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) broken[at] = value;
        await writeFile(path, broken);
        const outcome = await readCodebook(path).then(
          () => null,
          (error: unknown) => error,
        );
        // A byte that stands for itself, or in a text that nothing depends on, may pass.
        expect(outcome === null ? !cut : outcome instanceof LanguageError).toBe(true);
      }),
      { seed: 2, numRuns: 150 },
    );
  });
});
