/**
 * The layer rule, tried on snippets that exist nowhere: for every room, an import of each room out of its reach must be
 * caught and each within reach let through, in every way that TypeScript has of naming another file.
 */
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import vueParser from 'vue-eslint-parser';
import { describe, expect, it } from 'vitest';
import { layersRule } from '../eslint.layers.js';
import { reach, rooms } from '../layers.config.js';
import { repositoryPath } from './shared';

const rule = { plugins: { legato: { rules: { layers: layersRule } } }, rules: { 'legato/layers': 'error' as const } };
const eslint = new ESLint({
  cwd: repositoryPath(),
  overrideConfigFile: true,
  overrideConfig: [
    { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser }, ...rule },
    {
      files: ['**/*.vue'],
      languageOptions: { parser: vueParser, parserOptions: { parser: tseslint.parser } },
      ...rule,
    },
  ] as ESLint.Options['overrideConfig'],
});

async function complaints(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: repositoryPath(file) });
  return result.messages.map((message) => message.message);
}

type Room = string;
const names = Object.keys(rooms);
const isFile = (room: Room) => /\.\w+$/.test(rooms[room].path);
const fileIn = (room: Room) => (isFile(room) ? rooms[room].path : `${rooms[room].path}/example.ts`);
const importers = names.filter((room) => rooms[room].path.startsWith('src-'));

/** How a file of one room would name another room. */
function specifier(from: Room, to: Room): string {
  if (to === 'contract' && from !== 'contract') return '#contract/example';
  const up = '../'.repeat(fileIn(from).split('/').length - 1);
  return to === from ? './other' : up + (isFile(to) ? rooms[to].path : `${rooms[to].path}/other`);
}

describe('the layer rule', () => {
  it.each(importers)('holds %s to its reach', async (from) => {
    const allowed: string[] = [];
    const refused: string[] = [];
    for (const to of names) {
      if (to === from && isFile(to)) continue;
      const messages = await complaints(fileIn(from), `import { x } from '${specifier(from, to)}';`);
      (messages.length === 0 ? allowed : refused).push(to);
    }
    expect(new Set(isFile(from) ? [...allowed, from] : allowed)).toEqual(reach(from));
    expect(refused.length).toBeGreaterThan(0);
  });

  it.each([
    ['a value', "import { x } from '../studio/x';"],
    ['a side effect', "import '../studio/x';"],
    ['a type', "import type { X } from '../studio/x';"],
    ['an inline type', "let x: import('../studio/x').X;"],
    ['an inline specifier', "import { type X } from '../studio/x';"],
    ['an export', "export { x } from '../studio/x';"],
    ['an export of everything', "export * from '../studio/x';"],
    ['a dynamic import', "await import('../studio/x');"],
    ['a require', "const x = require('../studio/x');"],
    ['an import-require', "import x = require('../studio/x');"],
    ['a detour', "import { x } from '../../src-main/kernels/../studio/x';"],
  ])('sees %s', async (_way, code) => {
    expect(await complaints('src-main/kernels/example.ts', code)).toEqual([
      'kernels may not import studio (see layers.config.js)',
    ]);
  });

  it('reads the scripts of .vue files', async () => {
    const component = (code: string) => `<script setup lang="ts">\n${code}\n</script>\n<template><p /></template>\n`;
    const file = 'src-renderer/parts/Example.vue';
    expect(await complaints(file, component("import { x } from '../../src-main/studio/x';"))).toHaveLength(1);
    expect(await complaints(file, component("import { x } from '#contract/x';"))).toEqual([]);
  });

  it.each([
    ['src-main/desktop/example.ts', 'electron', true],
    ['src-preload/bridge.ts', 'electron', true],
    ['src-main/studio/example.ts', 'electron', false],
    ['src-main/server/example.ts', 'electron/main', false],
    ['src-main/cli/example.ts', 'electron', false],
    ['src-renderer/example.ts', 'electron', false],
    ['src-preload/contract/example.ts', 'electron', false],
    ['src-preload/contract/example.ts', 'zod', true],
    ['src-preload/contract/example.ts', 'zod/v4', true],
    ['src-preload/contract/example.ts', 'node:path', false],
    ['src-preload/contract/example.ts', 'path', false],
    ['src-preload/contract/example.ts', '@tensorflow/tfjs', false],
    ['src-preload/bridge.ts', 'zod', false],
    ['src-renderer/example.ts', 'vue', true],
    ['src-renderer/example.ts', 'three/addons/x.js', true],
    ['src-renderer/example.ts', '@sparkjsdev/spark', true],
    ['src-renderer/example.ts', 'ws', false],
    ['src-renderer/example.ts', 'node:fs', false],
    ['src-main/kernels/example.ts', '@tensorflow/tfjs', true],
    ['src-main/kernels/example.ts', 'node:fs', true],
  ])('%s importing %s: %s', async (file, specifier, allowed) => {
    expect(await complaints(file, `import '${specifier}';`)).toHaveLength(allowed ? 0 : 1);
  });

  it('refuses a folder that is in no room, from inside and from outside', async () => {
    expect(await complaints('src-main/attic/example.ts', '')).toHaveLength(1);
    expect(await complaints('src-main/studio/example.ts', "import '../attic/x';")).toHaveLength(1);
    expect(await complaints('src-main/studio/example.ts', "import '../../tests/shared';")).toHaveLength(1);
  });

  it('asks for the alias where the contract is reached by path', async () => {
    expect(await complaints('src-main/studio/x.ts', "import '../../src-preload/contract/camera';")).toHaveLength(1);
  });

  it('is part of the configuration that `npm run lint` uses', async () => {
    const real = new ESLint({ cwd: repositoryPath() });
    for (const file of ['src-main/kernels/render.ts', 'src-renderer/App.vue', 'src-preload/bridge.ts']) {
      const config = (await real.calculateConfigForFile(repositoryPath(file))) as { rules: Record<string, unknown[]> };
      expect(config.rules['legato/layers'][0]).toBe(2);
    }
  });
});
