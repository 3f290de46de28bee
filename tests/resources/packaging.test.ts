/**
 * The configuration of the installers against the tree that it packs: every path that it names is there, everything that the
 * system's own loader opens lies outside of the archive, and fuses and types are what the program needs. What electron-builder
 * makes of it shows where somebody packages (resources/docs/desktop.md).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json';
import lock from '../../package-lock.json';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import config from '../../resources/packaging/electron-builder.mjs';
import { repositoryPath } from '../shared';

/** The part of a pattern before its first wildcard or macro. */
const fixedPart = (pattern: string): string => pattern.replace(/^!/, '').split(/[*{!$(]/)[0];
const addon = 'native/build/legato.node';
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.split(sep).join('/'));

describe('the installers', () => {
  beforeAll(() => ensureBuilt(console.warn));

  it('are made by a pinned electron-builder that is no dependency, around the Electron that the types come from', () => {
    const { electron } = manifest.devDependencies;
    expect(manifest.scripts.package).toMatch(/npx --yes electron-builder@\d+\.\d+\.\d+ --config (\S+)$/);
    expect(existsSync(repositoryPath(manifest.scripts.package.split(' ').at(-1)!))).toBe(true);
    expect(Object.keys(lock.packages)).not.toContain('node_modules/electron-builder');
    expect(electron).toMatch(/^\d+\.\d+\.\d+$/);
    expect(lock.packages['node_modules/electron'].version).toBe(electron);
  });

  it('name only what is there', () => {
    const patterns = [...config.files, ...config.asarUnpack].filter((pattern) => !pattern.startsWith('!**'));
    const named = [...patterns.map(fixedPart), config.nsis.include, config.directories.buildResources];
    // Without a compiler there is no addon, and the program runs without it.
    expect(named.filter((path) => !existsSync(repositoryPath(path)) && path !== addon)).toEqual([]);
    expect(named).toContain(addon);
    const builds = ['out/main/desktop.js', 'out/main/trainer.js', 'out/main/language.js', 'out/preload/bridge.cjs'];
    for (const path of [manifest.main, ...builds, 'out/renderer/index.html']) {
      expect(existsSync(repositoryPath(path)), path).toBe(true);
      expect(
        config.files.some((pattern) => path.startsWith(fixedPart(pattern))),
        path,
      ).toBe(true);
    }
  });

  it('keep what the system loads by its path outside of the archive', () => {
    const outside = config.asarUnpack.map((pattern) => pattern.replace(/\*\*$/, ''));
    const shipped = Object.entries(lock.packages)
      .filter(([name, entry]) => name !== '' && !('dev' in entry) && existsSync(repositoryPath(name)))
      .map(([name]) => name);
    const libraries = shipped.flatMap((name) =>
      filesBelow(repositoryPath(name))
        .filter((file) => /\.(node|dll|dylib|so)(\.\d+)*$/.test(file))
        .map((file) => `${name}/${file}`),
    );
    expect(libraries.length).toBeGreaterThan(4);
    expect(libraries.filter((file) => !outside.some((start) => file.startsWith(start)))).toEqual([]);
    expect(outside).toContain(addon);
  });

  it('carry every built-in graph as a plain file, where the search for resources/models ends', () => {
    const [models] = config.extraResources;
    expect(models).toMatchObject({ from: 'resources/models', to: 'resources/models' });
    const graphs = filesBelow(repositoryPath(models.from)).filter((name) => name.endsWith('.onnx'));
    expect(graphs.length).toBeGreaterThan(0);
    const [start] = models.filter.map(fixedPart);
    expect(graphs.filter((name) => !name.startsWith(start))).toEqual([]);
    // Inside of the archive they would be found first, and could not be opened.
    expect(config.files.some((pattern) => pattern.startsWith('resources/models'))).toBe(false);
  });

  it('draw an icon of every size that a system asks for', async () => {
    execFileSync(process.execPath, [repositoryPath('resources/packaging/icons.mjs')]);
    expect(config.mac.icon).toBe(config.win.icon);
    for (const size of [16, 32, 48, 128, 256, 512, 1024]) {
      const file = repositoryPath(config.linux.icon, `${size}x${size}.png`);
      const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([size, size]);
      const alpha = (x: number, y: number) => data[4 * (y * size + x) + 3];
      expect(alpha(0, 0)).toBe(0);
      expect(alpha(size / 2, size / 2)).toBe(255);
    }
    expect(existsSync(repositoryPath(config.mac.icon))).toBe(true);
  });

  it('fork Node out of the same binary, and leave every other door shut', () => {
    // src-main/training/trainerHost.ts and studio/languageHost.ts use child_process.fork.
    const { runAsNode, ...others } = config.electronFuses;
    expect(runAsNode).toBe(true);
    expect(others).toEqual({
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      loadBrowserProcessSpecificV8Snapshot: false,
    });
  });

  it('offer Legato for project folders, as far as each system knows of such', () => {
    const [type] = config.mac.extendInfo.UTExportedTypeDeclarations;
    const [documents] = config.mac.extendInfo.CFBundleDocumentTypes;
    expect(type.UTTypeTagSpecification['public.filename-extension']).toEqual(['legato']);
    expect(documents).toMatchObject({ LSTypeIsPackage: true, LSItemContentTypes: [type.UTTypeIdentifier] });
    expect(config.linux.mimeTypes).toEqual(['inode/directory']);
    // Every action is both declared and described, and starts the program by its name.
    const { entry, desktopActions } = config.linux.desktop;
    expect(entry.Actions).toBe(`${Object.keys(desktopActions).join(';')};`);
    for (const { Exec } of Object.values(desktopActions)) expect(Exec.split(' ')[0]).toBe(config.linux.executableName);
    const script = readFileSync(join(repositoryPath(config.nsis.include)), 'utf8');
    const written = [...script.matchAll(/WriteRegStr SHELL_CONTEXT "([^"]+)"/g)].map(([, key]) => key);
    expect(written).toHaveLength(4);
    expect(script).toContain(`DeleteRegKey SHELL_CONTEXT "${written[0]}"`);
    expect(written.every((key) => key.startsWith(written[0]))).toBe(true);
    expect(script).toContain('System.FileName:"*.legato"');
  });
});
