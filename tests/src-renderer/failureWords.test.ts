/** Failures by their kind, which the page says in its own language. */
import { describe, expect, it } from 'vitest';
import { FileError } from '../../src-main/base/index';
import { describeFailure } from '../../src-main/training/failure';
import { failureKind } from '../../src-renderer/picture/failureWords';
import en from '../../resources/locales/en.json';
import zh from '../../resources/locales/zh.json';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('a failure', () => {
  it.each([
    [new FileError('no-space', '/p/x', 'the disk is full'), 'disk'],
    [systemError('ENOSPC'), 'disk'],
    [systemError('EACCES'), 'readOnly'],
    [systemError('ENOENT'), 'missing'],
    [systemError('ENOMEM'), 'memory'],
    [Object.assign(new Error('images.bin: truncated'), { name: 'CaptureError' }), 'input'],
    [Object.assign(new Error('no addon'), { name: 'AddonError' }), 'environment'],
    [new TypeError('x is not a function'), 'internal'],
  ] as const)('%s has words in both languages: %s', (error, kind) => {
    expect(failureKind(describeFailure(error))).toBe(kind);
    for (const words of [en, zh]) expect(words[`failed.kind.${kind}`].length).toBeGreaterThan(5);
  });

  it('of a process that died is a crash whatever it says', () => {
    expect(failureKind({ kind: 'crash', message: 'gone', fault: 'internal', code: 'ENOSPC' })).toBe('crash');
  });
});
