/** Commands that people paste: what the shell reads must be what was meant. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presets } from '#contract/presets';
import { legatoCommand, quote, runCommands } from '../../src-renderer/command';

describe('quoting', () => {
  it.skipIf(process.platform === 'win32')('gives a POSIX shell back every argument unchanged', () => {
    // printf's own process is the slow part: many arguments a shell.
    const argument = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => !text.includes('\0'));
    const property = fc.property(fc.array(argument, { minLength: 1, maxLength: 40 }), (list) => {
      const plain = list.filter((text) => !text.startsWith('~'));
      const line = plain.map((text) => quote(text, 'posix')).join(' ');
      const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
      expect(printed).toBe(plain.map((text) => `${text}\0`).join('') || '\0');
    });
    fc.assert(property, { seed: 1, numRuns: 30 });
  });

  it.each([
    ['/captures/plush', '/captures/plush'],
    ['/captures/two words', "'/captures/two words'"],
    ['~/captures', '~/captures'],
    ["~/Ann's room", "~/'Ann'\\''s room'"],
    ['$(rm -rf ~)', "'$(rm -rf ~)'"],
    ['照片', '照片'],
    ['', "''"],
  ])('writes %s as %s for POSIX', (argument, expected) => {
    expect(quote(argument, 'posix')).toBe(expected);
  });

  it.each([
    ['C:\\captures\\plush', 'C:\\captures\\plush'],
    ['C:\\two words', '"C:\\two words"'],
    ['a & b', '"a & b"'],
  ])('writes %s as %s for Windows', (argument, expected) => {
    expect(quote(argument, 'windows')).toBe(expected);
  });

  it('puts whole commands together', () => {
    expect(legatoCommand('posix', 'train', 'a b', '--steps', '7')).toBe("npx legato train 'a b' --steps 7");
  });
});

describe('the same from the terminal', () => {
  const run = { capture: '/c', project: '/my rooms/c.legato', words: true };

  it('is features, codebook and training, each with the settings that it takes', () => {
    const settings = {
      steps: 700,
      seed: 3,
      featureDetail: 'fast',
      codebookSize: 40,
      semanticsMovesGeometry: true,
    } as const;
    expect(runCommands('posix', { ...run, settings })).toEqual([
      "npx legato features /c --out '/my rooms/c.legato' --seed 3 --feature-detail fast",
      "npx legato codebook '/my rooms/c.legato' --seed 3 --codebook-size 40",
      "npx legato train /c --out '/my rooms/c.legato' --steps 700 --seed 3 --semantics-moves-geometry",
    ]);
  });

  it('is training alone where no words are learned', () => {
    const train = "npx legato train /c --out '/my rooms/c.legato'";
    expect(runCommands('posix', { ...run, words: false, settings: {} })).toEqual([train]);
    expect(runCommands('posix', { ...run, settings: { semanticWeight: 0 } })).toEqual([`${train} --semantic-weight 0`]);
  });

  it('gives commands flags that they have', () => {
    for (const line of runCommands('posix', { ...run, settings: presets.legato })) {
      const [, , command, , ...flags] = line.split(' ');
      const help = execFileSync(process.execPath, ['resources/bin/legato.mjs', command, '--help'], {
        encoding: 'utf8',
      });
      for (const flag of flags.filter((one) => one.startsWith('--')))
        expect(help, `${command} ${flag}`).toContain(`${flag} `);
    }
  });
});
