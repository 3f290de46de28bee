/**
 * Exports where something is in the way: names that are no file names, names that collide, nothing labelled, a full disk, a stop half-way.
 * Each ends with a correct file or with an error that names the file and what to do; and never with half of one.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateBytes } from 'gltf-validator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportFormats } from '#contract/exportMessages';
import type { ExportFormat, ExportState } from '#contract/exportMessages';
import { labelName } from '#contract/labels';
import { OWN_FRAME } from '../../../src-main/capture/index';
import { ensureBuilt } from '../../../resources/bin/build.mjs';
import { FileError } from '../../../src-main/base/index';
import { resolveSettings } from '#contract/presets';
import { runCommandLine } from '../../../src-main/cli/program';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { CheckpointFolder, projectPaths } from '../../../src-main/project/index';
import { exportProject, type Exported, type ExportRequest } from '../../../src-main/studio/exportProject';
import { Exporting } from '../../../src-main/studio/session/exporting';
import { Studio } from '../../../src-main/studio/studio';
import { smallDisk, type SmallDisk } from '../../smallDisk';
import { writeSemanticProject } from './semanticProject';

/** Of three classes, one splat each. The second and third would be one file name. */
const NAMES = ['..', 'a/b: 椅子', 'a\\b_ 椅子'] as const;
const LONG = '长'.repeat(200);

let folder: string;
let project: string;
let empty: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-hard-'));
  ({ project } = await writeSemanticProject(join(folder, '项目 named')));
  ({ project: empty } = await writeSemanticProject(join(folder, 'empty')));
  await label(project, NAMES);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function label(path: string, names: readonly string[]): Promise<void> {
  const studio = await Studio.open(path);
  names.forEach((name, i) =>
    studio.labels.commit({
      ...{ name: 'addClass', at: new Date(0).toISOString(), step: 7, nextId: 4, saved: null },
      ops: [
        { type: 'addClass', class: i + 1, label: i + 1, name, colour: `#${String(i + 1).repeat(6)}` },
        { type: 'assign', layer: 1, label: i + 1, ids: Uint32Array.of(i + 1) },
      ],
    }),
  );
  await studio.close();
}

function run(
  path: string,
  format: ExportFormat,
  out: string,
  signal?: AbortSignal,
  onProgress = () => undefined as void,
  changes: Partial<ExportRequest> = {},
): Promise<Exported> {
  const request: ExportRequest = {
    ...{ format, out, words: null, layer: null, mesh: { leastPiece: 4 } },
    ...{ backend: 'auto', threads: 1, resolution: null },
    ...changes,
  };
  return exportProject(path, request, { warn: (message) => expect.fail(message), signal, onProgress });
}

interface Gltf {
  nodes: { name: string; mesh?: number; children?: number[]; extras?: { classId?: number } }[];
}
async function partsOf(file: string): Promise<Gltf['nodes']> {
  const bytes = await readFile(file);
  expect((await validateBytes(bytes)).issues.numErrors).toBe(0);
  const json = bytes.subarray(20, 20 + bytes.readUInt32LE(12)).toString('utf8');
  return (JSON.parse(json) as Gltf).nodes.filter(({ mesh }) => mesh !== undefined);
}

describe('names of classes', () => {
  it('are no part of any path: all formats write just where they were told, names as given', async () => {
    const before = await readdir(folder);
    const names: Record<ExportFormat, string[]> = {
      glb: ['out.glb', 'out.glb.json'],
      'ply-mesh': ['out.ply', 'out.ply.json'],
      ply: ['out.ply'],
      spz: ['out.ply'],
      'ply-compressed': ['out.ply'],
      masks: ['out'],
    };
    for (const format of exportFormats) {
      const own = join(folder, `names-${format}`);
      const file = join(own, format === 'masks' ? 'out' : `out.${format === 'glb' ? 'glb' : 'ply'}`);
      const labelled = format === 'spz' || format === 'ply-compressed' ? 0 : 3;
      expect(await run(project, format, file)).toMatchObject({ file, labelled });
      expect((await readdir(own)).sort()).toEqual(names[format]);
    }
    expect((await readdir(folder)).sort()).toEqual([...before, ...exportFormats.map((one) => `names-${one}`)].sort());
    const parts = await partsOf(join(folder, 'names-glb', 'out.glb'));
    expect(parts.map(({ name }) => name)).toEqual([...NAMES]);
    expect(new Set(parts.map(({ extras }) => extras?.classId)).size).toBe(3);
    const masks = join(folder, 'names-masks', 'out');
    const { classes } = JSON.parse(await readFile(join(masks, 'masks.json'), 'utf8')) as {
      classes: { name: string }[];
    };
    expect(classes.map(({ name }) => name)).toEqual([...NAMES]);
    expect((await readdir(masks)).sort()).toEqual(['class', 'instance', 'masks.json']);
  });

  it('may be long, and hold no control characters', async () => {
    const { project: long } = await writeSemanticProject(join(folder, 'long'));
    await label(long, [LONG]);
    const file = join(folder, 'long.glb');
    await run(long, 'glb', file);
    expect((await partsOf(file)).map(({ name }) => name)).toContain(LONG);
    for (const name of ['a\u0007b', 'a\nb', '\u0000', '', ' ', 'x'.repeat(201)])
      expect(labelName.safeParse(name).success).toBe(false);
  });
});

describe('a file that cannot be where it should', () => {
  it('keeps its description apart, also when it is called .json itself', async () => {
    const file = join(folder, 'strange', 'mesh.json');
    await run(project, 'glb', file);
    expect((await readdir(join(folder, 'strange'))).sort()).toEqual(['mesh.json', 'mesh.json.json']);
    await partsOf(file);
  });

  it.each(exportFormats)('%s says so, and what lay there stays', async (format) => {
    const place = join(folder, `taken-${format}`);
    await mkdir(join(place, 'out', 'full'), { recursive: true });
    await writeFile(join(place, 'file'), 'mine');
    await expect(run(project, format, join(place, 'out'))).rejects.toThrow(FileError);
    await expect(run(project, format, join(place, 'file', 'out.x'))).rejects.toThrow(join(place, 'file'));
    expect((await readdir(place)).sort()).toEqual(['file', 'out']);
    expect(await readFile(join(place, 'file'), 'utf8')).toBe('mine');
    expect(await readdir(join(place, 'out'))).toEqual(['full']);
  });

  it.each(exportFormats)('%s that is stopped half-way leaves nothing', async (format) => {
    const stopped = new AbortController();
    const place = join(folder, `stopped-${format}`);
    let told = 0;
    const stop = (): void => {
      if (++told === 2) stopped.abort(new Error('enough'));
    };
    await expect(run(project, format, join(place, 'out.x'), stopped.signal, stop)).rejects.toThrow('enough');
    expect(await readdir(place)).toEqual([]);
  });
});

describe('nothing labelled', () => {
  it('gives meshes and splats without labels, and says what to do where nothing is left', async () => {
    for (const format of ['glb', 'ply-mesh', 'ply'] as const)
      expect(await run(empty, format, join(folder, `empty-${format}.x`))).toMatchObject({ labelled: 0, features: 0 });
    const out = join(folder, 'empty-masks');
    await expect(run(empty, 'masks', out)).rejects.toThrow(/nothing is labelled.*label in the studio, or name classes/);
    expect(await readdir(folder)).not.toContain('empty-masks');
  });
});

describe('one splat', () => {
  it('is a file in each format, or says why there is none', async () => {
    const { project: one } = await writeSemanticProject(join(folder, 'one'));
    const model = new GaussianModel(1);
    model.append(1);
    model.arrays().geometry.set([0, 0, 3, -1, -1, -1, 1, 0, 0, 0, 5]);
    await new CheckpointFolder(projectPaths(one).checkpoints, () => undefined).save({
      ...{ step: 9, settings: resolveSettings({ resolution: 0 }), cameraOrder: [], seed: 1, nextId: model.nextId },
      ...{ disabled: [], tensors: model.snapshot(), semantics: null, frame: OWN_FRAME },
    });
    model.dispose();
    await label(one, ['alone']);
    const place = join(folder, 'one-out');
    expect(await run(one, 'ply', join(place, 'a.ply'))).toMatchObject({ splats: 1, labelled: 1 });
    expect(await run(one, 'masks', join(place, 'masks'))).toMatchObject({ photos: 6, labelled: 1 });
    expect(await run(one, 'glb', join(place, 'a.glb'))).toMatchObject({ features: 1 });
    expect((await partsOf(join(place, 'a.glb'))).map(({ name }) => name)).toEqual(['alone']);
    // Larger than all that there is: no surface, no file.
    const request = { mesh: { leastPiece: 1e6 } };
    await expect(run(one, 'ply-mesh', join(place, 'b.ply'), undefined, undefined, request)).rejects.toThrow(
      /agree on no surface: train longer/,
    );
    expect((await readdir(place)).sort()).toEqual(['a.glb', 'a.glb.json', 'a.ply', 'masks']);
  });
});

describe('a full disk', () => {
  let disk: SmallDisk | null = null;
  beforeAll(async () => {
    ensureBuilt(console.warn);
    disk = await smallDisk(join(folder, 'disk'), 1);
  }, 300_000);
  afterAll(() => disk?.close());

  /** So that not even a small file fits. */
  async function fill(at: string): Promise<void> {
    for (let part = 0; ; part++)
      try {
        await writeFile(join(at, `filler-${part}`), new Uint8Array(part < 20 ? 2 ** 16 : 2 ** 9));
      } catch {
        return;
      }
  }

  it.each(exportFormats)('%s from the command line: code 4, the file by name, nothing half-written', async (format) => {
    if (!disk) return;
    await fill(disk.path);
    const before = await readdir(disk.path);
    const said: string[] = [];
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const out = join(disk.path, format === 'masks' ? 'masks' : 'out.x');
    const code = await runCommandLine(['export', project, '--format', format, '--threads', '1', '--out', out]);
    stderr.mockRestore();
    expect(code).toBe(4);
    expect(said.join('')).toContain(out);
    expect(said.join('')).toContain('disk is full');
    expect(await readdir(disk.path)).toEqual(before);
  });

  it.each(exportFormats)('%s from the studio: a failure with its code', { timeout: 60_000 }, async (format) => {
    if (!disk) return;
    const { project: there } = await writeSemanticProject(join(folder, `studio-${format}`));
    await label(there, NAMES);
    const exports = join(there, 'exports');
    await rm(exports, { recursive: true, force: true });
    await symlink(disk.path, exports);
    await fill(disk.path);
    const before = await readdir(disk.path);
    let state = null as ExportState | null;
    const command = { type: 'export', project: there, format, layer: null, threads: 1 } as const;
    await new Exporting((told) => (state = told)).start(there, format, () => Promise.resolve(command));
    await expect.poll(() => state?.state, { timeout: 50_000 }).not.toBe('running');
    expect(state).toMatchObject({ state: 'failed', file: null, failure: { code: 'no-space', fault: 'environment' } });
    expect(state?.failure?.message).toContain(exports);
    expect(await readdir(disk.path)).toEqual(before);
  });
});
