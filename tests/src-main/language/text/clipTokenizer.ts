/**
 * CLIP's tokeniser as a model folder, made from the list of merges that CLIP publishes: what the folders on the hub hold in
 * tokenizer.json and tokenizer_config.json.
 *
 *   ids    0 … 255 the bytes as printable characters, 256 … 511 the same at the end of a word (`</w>`), then one per merge,
 *          49406 start, 49407 end
 *   words  lower case; letters, single digits, other marks, and the endings 's 't 're 've 'm 'll 'd
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const START = 49406;
export const END = 49407;
const MERGES = 48_894;

/** GPT-2's table: printable Latin-1 bytes stand for themselves, the others for U+0100 and up, in order of the bytes. */
function byteCharacters(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !printable(byte));
  return [
    ...bytes.filter(printable).map((byte) => String.fromCharCode(byte)),
    ...others.map((_, k) => String.fromCharCode(256 + k)),
  ];
}

/** Writes the tokeniser's two files and a config.json into a folder. @param merges  bpe_simple_vocab_16e6.txt.gz */
export async function writeClipTokenizer(folder: string, merges: string): Promise<void> {
  const lines = gunzipSync(await readFile(merges))
    .toString('utf8')
    .split('\n')
    .slice(1, 1 + MERGES);
  const characters = byteCharacters();
  const tokens = [
    ...characters,
    ...characters.map((character) => `${character}</w>`),
    ...lines.map((line) => line.replace(' ', '')),
  ];
  tokens.push('<|startoftext|>', '<|endoftext|>');
  const special = (content: string, id: number) => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: true, special: true },
  });
  const tokenizer = {
    version: '1.0',
    added_tokens: [special('<|startoftext|>', START), special('<|endoftext|>', END)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['<|endoftext|>', END],
      cls: ['<|startoftext|>', START],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: lines,
    },
  };
  const names = {
    bos_token: '<|startoftext|>',
    eos_token: '<|endoftext|>',
    unk_token: '<|endoftext|>',
    pad_token: '<|endoftext|>',
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'clip' }));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ tokenizer_class: 'CLIPTokenizer', model_max_length: 77, do_lower_case: true, ...names }),
  );
}
