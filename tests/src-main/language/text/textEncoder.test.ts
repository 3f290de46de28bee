/** The text path on tiny models with random weights (tests/fixtures/models/make.py): whole, through onnxruntime. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../src-main/language/errors';
import { openModelFolder, resolveModel, verifyModel } from '../../../../src-main/language/models/index';
import { defaultNegatives, TextEncoder, TextError } from '../../../../src-main/language/text/index';
import { repositoryPath } from '../../../shared';
import { temporaryFolder } from '../../base/temporaryFolder';

const fixture = (name: string): string => repositoryPath('tests', 'fixtures', 'models', name);
const encoderOf = async (name: string, options = {}): Promise<TextEncoder> =>
  new TextEncoder(await openModelFolder(name, fixture(name)), { threads: 1, ...options });

function row(vectors: Float32Array, index: number, width = 8): number[] {
  return [...vectors.subarray(index * width, (index + 1) * width)];
}
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, k) => sum + value * b[k], 0);

/** The weights of a fixture's table of word vectors: the only initialiser of V × 8 floats in the file. */
async function wordVectors(name: string): Promise<number[][]> {
  const bytes = await readFile(join(fixture(name), 'onnx', 'text_model.onnx'));
  const tokens = 19;
  // raw_data (field 9 of a TensorProto): its tag, its length as a varint, then the floats.
  const start = bytes.indexOf(Buffer.from([0x4a, ((tokens * 32) & 0x7f) | 0x80, (tokens * 32) >> 7])) + 3;
  const floats = new Float32Array(new Uint8Array(bytes.subarray(start, start + tokens * 32)).buffer);
  return Array.from({ length: tokens }, (_, id) => row(floats, id));
}

describe('texts to unit vectors', () => {
  it('are the normalised embeddings of the graph, in the order of the texts', async () => {
    const encoder = await encoderOf('tiny-clip');
    const texts = ['the red mug', 'wall', 'Wooden TABLE', 'wall'];
    const vectors = await encoder.encode(texts);
    expect(vectors).toHaveLength(texts.length * 8);
    const table = await wordVectors('tiny-clip');
    const ids = [
      [2, 4, 8, 11, 3],
      [2, 14, 3],
      [2, 13, 12, 3],
      [2, 14, 3],
    ];
    ids.forEach((list, index) => {
      const sum = list.reduce((total, id) => total.map((value, k) => value + table[id][k]), Array<number>(8).fill(0));
      const norm = Math.hypot(...sum);
      // float32 sums of at most 5 terms
      sum.forEach((value, k) => expect(row(vectors, index)[k]).toBeCloseTo(value / norm, 6));
    });
    expect(await encoder.encode([])).toHaveLength(0);
    await encoder.close();
  });

  it('are the same alone, in a batch, from the cache, and after closing', async () => {
    const encoder = await encoderOf('tiny-clip', { cache: 2 });
    const many = [
      'red mug',
      'mug',
      'the wooden table',
      'a photo of a wall',
      'green',
      ...Array<string>(40).fill('blue mug'),
    ];
    const together = await encoder.encode(many);
    for (const [index, text] of many.slice(0, 6).entries()) {
      const alone = row(await encoder.encode([text]), 0);
      row(together, index).forEach((value, k) => expect(alone[k]).toBeCloseTo(value, 6));
    }
    await encoder.close();
    expect(await encoder.encode(['red mug'])).toEqual(together.slice(0, 8));
    await encoder.close();
  });

  it('are padded to the limit where the graph looks at padding', async () => {
    const encoder = await encoderOf('tiny-wide');
    const vector = row(await encoder.encode(['mug']), 0);
    const table = await wordVectors('tiny-wide');
    const ids = [2, 11, 3, ...Array<number>(9).fill(0)];
    const sum = ids.reduce((total, id) => total.map((value, k) => value + table[id][k]), Array<number>(8).fill(0));
    expect(dot(vector, sum) / Math.hypot(...sum)).toBeCloseTo(1, 6);
    await encoder.close();
  });

  it('are the mean direction over templates, when those are asked for', async () => {
    const templates = ['a photo of the {}', 'the {}'];
    const plain = await encoderOf('tiny-clip');
    const [first, second] = await Promise.all([plain.encode(['a photo of the mug']), plain.encode(['the mug'])]);
    const encoder = await encoderOf('tiny-clip', { templates });
    const mean = row(first, 0).map((value, k) => value + row(second, 0)[k]);
    expect(dot(row(await encoder.encode(['mug']), 0), mean) / Math.hypot(...mean)).toBeCloseTo(1, 6);
    await expect(encoderOf('tiny-clip', { templates: ['a photo'] })).rejects.toThrow(/must hold \{\} exactly once/);
    await Promise.all([plain.close(), encoder.close()]);
  });
});

describe('texts that are refused', () => {
  const failing = async (text: string): Promise<TextError> => {
    const encoder = await encoderOf('tiny-clip');
    const error = await encoder.encode(['mug', text]).catch((thrown: unknown) => thrown);
    await encoder.close();
    expect(error).toBeInstanceOf(TextError);
    return error as TextError;
  };

  it('name the word that the vocabulary lacks, and near ones', async () => {
    const zebra = await failing('the red zebra');
    expect(zebra).toMatchObject({ fault: 'unknown-word', text: 'the red zebra', name: 'TextError', file: null });
    expect(zebra.message).toMatch(/^"zebra" is not in the vocabulary of tiny-clip; it knows: a, blue, green, mug, /);
    expect((await failing('a mugs')).message).toMatch(/^"mugs" .*; did you mean "mug"\? It knows: /);
    expect((await failing('talbe')).message).toMatch(/did you mean "table"\?/);
    expect((await failing('red-mug')).message).toMatch(/^"-" is not in/);
    expect((await failing('木')).message).toMatch(/^"木" is not in/);
  });

  it('are empty or too long', async () => {
    expect((await failing('\u200b')).fault).toBe('unknown-word');
    expect(await failing('  \n ')).toMatchObject({ fault: 'empty' });
    expect(await failing('red '.repeat(11))).toMatchObject({
      fault: 'too-long',
      message: /13 tokens, tiny-clip takes 12/,
    });
  });
});

describe('models that are wrong', () => {
  async function broken(change: (folder: string) => Promise<unknown>): Promise<string> {
    const folder = join(await temporaryFolder(), 'broken');
    await cp(fixture('tiny-clip'), folder, { recursive: true });
    await change(folder);
    const encoder = new TextEncoder(await openModelFolder('broken', folder), { threads: 1 });
    const error = await encoder.encode(['mug']).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    return (error as ModelError).message;
  }

  it('say which file', async () => {
    const graph = join('onnx', 'text_model.onnx');
    expect(await broken((folder) => writeFile(join(folder, graph), 'no graph'))).toMatch(
      /text_model\.onnx: does not open/,
    );
    expect(await broken((folder) => cp(join(folder, 'onnx', 'vision_model.onnx'), join(folder, graph)))).toMatch(
      /text_model\.onnx: must take input_ids and give text_embeds/,
    );
    expect(await broken((folder) => writeFile(join(folder, 'tokenizer.json'), '{"model": {}}'))).toMatch(
      /tokenizer\.json: is no tokeniser/,
    );
    expect(await broken((folder) => writeFile(join(folder, 'tokenizer_config.json'), '{'))).toMatch(
      /tokenizer_config\.json: cannot be read as JSON/,
    );
    const zero = async (folder: string): Promise<void> => {
      const bytes = await readFile(join(folder, graph));
      const table = (await wordVectors('tiny-clip')).flat();
      const start = bytes.indexOf(Buffer.from(new Float32Array(table).buffer));
      await writeFile(
        join(folder, graph),
        bytes.fill(Buffer.from([0, 0, 0xc0, 0x7f]), start, start + table.length * 4),
      );
    };
    expect(await broken(zero)).toMatch(/text_model\.onnx: gives an embedding that is zero or not a number/);
  });

  it('a DINO model knows no words', async () => {
    const encoder = new TextEncoder(await openModelFolder('tiny-dino', fixture('tiny-dino')), { threads: 1 });
    await expect(encoder.encode(['mug'])).rejects.toThrow(/is a DINO model, which knows no words/);
  });
});

describe('the toy encoder', () => {
  it('knows the negatives, and its own words only', async () => {
    const folder = await resolveModel('auto', 'clip', { demo: true });
    const encoder = new TextEncoder(folder, { threads: 1 });
    const vectors = await encoder.encode([...defaultNegatives, 'background', 'the red mug', 'Wooden  table']);
    const width = vectors.length / 7;
    expect(width).toBeGreaterThanOrEqual(16);
    for (let text = 0; text < 7; text++) expect(Math.hypot(...row(vectors, text, width))).toBeCloseTo(1, 6);
    await expect(encoder.encode(['red zebra'])).rejects.toThrow(
      /^"zebra" is not in the toy vocabulary; it knows: .*\bmug\b/,
    );
    await expect(encoder.encode(['wodden table'])).rejects.toThrow(/"wodden" is not .*; did you mean "wooden"\?/);
    await encoder.close();
    expect(await verifyModel('toy-clip')).toMatchObject({ ok: true, origin: 'built-in', remark: null });
    expect(await verifyModel('toy-dino')).toMatchObject({ ok: true, kind: 'dino' });
  });
});
