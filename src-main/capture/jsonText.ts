/**
 * JSON from a hostile file, with the place of the first mistake. The engine parses; only when it refuses is the text
 * scanned again, since its messages give no position for most mistakes.
 */
import { CaptureError } from './errors';

/** Parses UTF-8 JSON. @param file name for messages. @throws CaptureError with line, column and byte offset */
export function parseJson(bytes: Uint8Array, file: string): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CaptureError({ file, problem: 'not UTF-8 text', remedy: 'save it as UTF-8' });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const at = firstMistake(text);
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    const column = at - before.lastIndexOf('\n');
    const problem = at >= text.trimEnd().length ? 'the JSON ends too early' : 'not valid JSON';
    const remedy = 'correct the file or export it again';
    const offset = Buffer.byteLength(before);
    throw new CaptureError({ file, field: `line ${line}, column ${column}`, offset, problem, remedy }, { cause });
  }
}

/** What may stand at the cursor: a value, a key, or the punctuation between them. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end';

const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Index of the first character that no JSON text could have there; the text's length when it ends too early. */
export function firstMistake(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    while (at < text.length && ' \t\r\n'.includes(text[at])) at++;
    if (at === text.length) return at;
    const character = text[at];
    if (expected === 'colon') {
      if (character !== ':') return at;
      at++;
      expected = 'value';
    } else if (expected === 'comma or end' && character === ',') {
      if (open.length === 0) return at;
      at++;
      expected = open.at(-1) === '{' ? 'key' : 'value';
    } else if (character === '}' || character === ']') {
      const empty = character === '}' ? expected === 'key or }' : expected === 'value or ]';
      if (!(empty || expected === 'comma or end') || open.pop() !== (character === '}' ? '{' : '[')) return at;
      at++;
      expected = 'comma or end';
    } else if (expected === 'comma or end') {
      return at;
    } else if (expected.startsWith('key')) {
      if (character !== '"') return at;
      const { end, complete } = scanString(text, at);
      if (!complete) return end;
      at = end;
      expected = 'colon';
    } else if (character === '{' || character === '[') {
      open.push(character);
      at++;
      expected = character === '{' ? 'key or }' : 'value or ]';
    } else if (character === '"') {
      const { end, complete } = scanString(text, at);
      if (!complete) return end;
      at = end;
      expected = 'comma or end';
    } else {
      LITERAL.lastIndex = at;
      const match = LITERAL.exec(text);
      if (!match || match[0] === '') return at;
      at += match[0].length;
      expected = 'comma or end';
    }
  }
}

/** The end of a string literal, or the place where it goes wrong. */
function scanString(text: string, start: number): { end: number; complete: boolean } {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return { end: at + 1, complete: true };
    if (code < 32) return { end: at, complete: false };
    if (code !== 92) continue;
    const escape = text[at + 1] ?? '';
    if (escape === 'u' ? !/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6)) : !'"\\/bfnrt'.includes(escape)) {
      return { end: at, complete: false };
    }
    at += escape === 'u' ? 5 : 1;
  }
  return { end: text.length, complete: false };
}
