/**
 * Exports of a project whose labels are known (semanticProject.ts): a wall and two balls before it. Answers label splats exactly, so
 * meshes and masks must too, but for the rims of the balls, where a pixel shows both.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateBytes } from 'gltf-validator';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '#contract/presets';
import { OWN_FRAME } from '../../../src-main/capture/index';
import { runCommandLine } from '../../../src-main/cli/program';
import { exportRequest, type ExportFlags } from '../../../src-main/cli/export';
import { readSplats } from '../../../src-main/gaussians/index';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { initKernels } from '../../../src-main/kernels/index';
import { CheckpointFolder, projectPaths } from '../../../src-main/project/index';
import { exportProject, type Exported, type ExportRequest } from '../../../src-main/studio/exportProject';
import { previewMesh } from '../../../src-main/studio/previewMesh';
import { NAMES, SIZE, writeSemanticProject, type SemanticProject } from './semanticProject';

let folder: string;
let made: SemanticProject;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-mesh-'));
  made = await writeSemanticProject(join(folder, 'right'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const flags: ExportFlags = {
  format: 'glb',
  threshold: '0.5',
  order: 'relevancies',
  backend: 'auto',
  threads: '1',
  leastPiece: '4',
};
const fail = (message: string): never => expect.fail(message);

function run(
  changes: Partial<ExportFlags>,
  project = made.project,
  request: Partial<ExportRequest> = {},
): Promise<Exported> {
  return exportProject(project, { ...exportRequest({ ...flags, ...changes }), ...request }, { warn: fail });
}

interface Gltf {
  nodes: { name: string; mesh?: number; children?: number[] }[];
  scenes: { extras: { legato: { step: number; units: string; features: { name: string }[] } } }[];
}

/** The JSON chunk of a GLB. */
async function gltfOf(file: string): Promise<Gltf> {
  const bytes = await readFile(file);
  return JSON.parse(bytes.subarray(20, 20 + bytes.readUInt32LE(12)).toString('utf8')) as Gltf;
}

describe('a mesh', () => {
  it('has a node for every class that answered, and is valid glTF', async () => {
    const out = join(folder, '网格.glb');
    const exported = await run({ classes: NAMES.join(','), out });
    expect(exported).toMatchObject({ format: 'glb', file: out, step: 7, splats: 3, labelled: 3, features: 3 });
    const report = await validateBytes(await readFile(out));
    expect(report.issues.numErrors).toBe(0);
    const { nodes, scenes } = await gltfOf(out);
    const parts = nodes.filter(({ mesh }) => mesh !== undefined).map(({ name }) => name);
    expect(parts).toEqual(['wall', 'red mug', 'green plant']);
    expect(scenes[0].extras.legato).toMatchObject({ step: 7, units: 'metre' });
    const beside = JSON.parse(await readFile(join(folder, '网格.glb.json'), 'utf8')) as {
      figures: { triangles: number };
    };
    expect(beside).toEqual(JSON.parse(JSON.stringify(scenes[0].extras.legato)));
    expect(beside.figures.triangles).toBe(report.info.totalTriangleCount);
  });

  it('is all unlabelled without labels', async () => {
    const out = join(folder, 'plain.glb');
    expect(await run({ out })).toMatchObject({ labelled: 0, features: 0 });
    const { nodes } = await gltfOf(out);
    expect(nodes.filter(({ mesh }) => mesh !== undefined).map(({ name }) => name)).toEqual(['unlabelled']);
  });

  it('is all unlabelled where nothing answers', async () => {
    const out = join(folder, 'unanswered.glb');
    expect(await run({ classes: 'floor', threshold: '0.99', out })).toMatchObject({ labelled: 0, features: 0 });
  });

  it('says what to do when one faint splat, or none, makes no surface, and leaves nothing', async () => {
    const project = await writeSemanticProject(join(folder, 'one'));
    await initKernels({ backend: 'auto', threads: 1 });
    const model = new GaussianModel(1);
    model.append(1);
    model.arrays().geometry.set([0, 0, 2, -8, -8, -8, 1, 0, 0, 0, 0]);
    await new CheckpointFolder(projectPaths(project.project).checkpoints, ({ message }) => fail(message)).save({
      ...{ step: 9, settings: resolveSettings({ resolution: 0 }), cameraOrder: [], seed: 1, nextId: model.nextId },
      ...{ disabled: [], tensors: model.snapshot(), semantics: null, frame: OWN_FRAME },
    });
    model.dispose();
    const empty = join(folder, 'nothing');
    await expect(run({ out: join(empty, 'a.glb') }, project.project)).rejects.toThrow(
      /no photo shows a surface.*train longer/,
    );
    expect(await readdir(empty)).toEqual([]);
    await expect(run({ out: join(empty, 'a.glb'), voxel: '0.01' }, project.project)).rejects.toThrow(
      /agree on no surface/,
    );
  });

  it('refuses voxels that are too small for its memory', async () => {
    const request = { mesh: { voxel: 0.001, maxBlocks: 50 } };
    await expect(run({ out: join(folder, 'b.glb') }, made.project, request)).rejects.toThrow(/larger voxels/);
  });

  it('stops half-way and leaves nothing', async () => {
    for (const format of ['glb', 'ply-mesh', 'masks'] as const) {
      const stopped = new AbortController();
      const out = join(folder, `stopped-${format}`, 'file');
      let seen = 0;
      const onProgress = ({ stage }: { stage: string }): void => {
        if (stage !== 'labels' && ++seen === 3) stopped.abort(new Error('enough'));
      };
      const request = exportRequest({ ...flags, format, classes: 'wall', out });
      const options = { warn: fail, signal: stopped.signal, onProgress };
      await expect(exportProject(made.project, request, options)).rejects.toThrow('enough');
      expect(await readdir(join(folder, `stopped-${format}`))).toEqual([]);
    }
  });
});

describe('a preview', () => {
  it('shows what a file will hold, in voxels that are as much coarser as it says', async () => {
    const settled = { warn: fail };
    const shown = await previewMesh(made.project, { layer: null, threads: 1 }, settled);
    const out = join(folder, 'as-previewed.glb');
    const { mesh } = await run({ out, leastPiece: undefined });
    expect(shown.fileVoxel / (mesh?.voxel ?? 0)).toBeCloseTo(1, 1);
    expect(shown.voxel).toBeGreaterThanOrEqual(2 * shown.fileVoxel);
    expect(shown.triangles).toBeLessThan(mesh?.triangles ?? 0);
    expect((await validateBytes(shown.glb)).issues.numErrors).toBe(0);
    expect(shown).toMatchObject({ step: 7, labelled: 0, features: 0, units: 'metre' });
    const json = Buffer.from(shown.glb.subarray(20, 20 + new DataView(shown.glb.buffer).getUint32(12, true)));
    const names = ({ nodes }: Gltf): string[] =>
      nodes.filter((node) => node.mesh !== undefined).map(({ name }) => name);
    expect(names(JSON.parse(json.toString('utf8')) as Gltf)).toEqual(names(await gltfOf(out)));
  });

  it('stops half-way', async () => {
    const stopped = new AbortController();
    const options = { warn: fail, signal: stopped.signal, onProgress: () => stopped.abort(new Error('enough')) };
    await expect(previewMesh(made.project, { layer: null, threads: 1 }, options)).rejects.toThrow('enough');
  });
});

describe('other formats', () => {
  it('splats carry their classes', async () => {
    const out = join(folder, 'splats.ply');
    await run({ format: 'ply', classes: 'wall,red mug', out });
    const { labels, instances } = await readSplats(out);
    expect([...(labels ?? [])].slice(0, 2)).toEqual([1, 2]);
    expect([...(instances ?? [])]).toEqual([-1, -1, -1]);
  });

  it.each(['spz', 'ply-compressed'] as const)('%s holds the same splats in little', async (format) => {
    const out = join(folder, `splats.${format}`);
    expect(await run({ format, out })).toMatchObject({ format, splats: 3, labelled: 0 });
    await run({ format: 'ply', out: `${out}.ply` });
    const [read, exact] = await Promise.all([readSplats(out), readSplats(`${out}.ply`)]);
    const means = ({ geometry }: typeof read): number[][] =>
      [0, 1, 2].map((row) => [...geometry.subarray(11 * row, 11 * row + 3)]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    means(exact).forEach((mean, row) =>
      mean.forEach((value, axis) => expect(means(read)[row][axis]).toBeCloseTo(value, 2)),
    );
  });

  it('masks show at every photo what is there', async () => {
    const out = join(folder, 'masks');
    const classes = NAMES.slice(0, 3).join(',');
    expect(await run({ format: 'masks', classes, out })).toMatchObject({ photos: 6 });
    const { photos } = JSON.parse(await readFile(join(out, 'masks.json'), 'utf8')) as {
      photos: { photo: string; mask: string }[];
    };
    const { categoricalPalette } = await import('../../../src-main/language/codebook/index');
    const palette = [[0, 0, 0], ...categoricalPalette(3)];
    for (const [i, { photo, mask }] of photos.entries()) {
      expect(photo).toBe(made.photos[i]);
      const rgb = await sharp(join(out, 'class', mask))
        .removeAlpha()
        .raw()
        .toBuffer();
      let right = 0;
      for (let p = 0; p < SIZE.width * SIZE.height; p++)
        if (palette[made.labels[i][p]].every((v, k) => v === rgb[3 * p + k])) right++;
      expect(right / (SIZE.width * SIZE.height)).toBeGreaterThan(0.95);
    }
    await expect(run({ format: 'masks', classes, out })).rejects.toThrow(/already exists and is not empty/);
  });
});

describe('the command', () => {
  it.each([
    [['--format', 'obj'], 2],
    [['--format', 'glb', '--voxel', '-1'], 2],
    [['--format', 'glb', '--classes', ' , '], 2],
    [['--format', 'masks'], 3],
    [['--format', 'glb', '--layer', '7'], 3],
    [['--format', 'glb', '--classes', 'wall', '--layer', '1'], 2],
    [['--format', 'ply', '--classes', '(wall'], 3],
    [['--format', 'spz', '--classes', 'wall'], 2],
    [['--format', 'ply-compressed', '--layer', '1'], 2],
  ])('refuses %o with code %i', async (given, code) => {
    expect(await runCommandLine(['export', made.project, ...given])).toBe(code);
  });

  it('writes into the project by default', async () => {
    expect(await runCommandLine(['export', made.project, '--format', 'ply-mesh', '--threads', '1', '--json'])).toBe(0);
    const names = await readdir(projectPaths(made.project).exports);
    expect(names.filter((name) => name.endsWith('.mesh.ply') || name.endsWith('.mesh.ply.json'))).toHaveLength(2);
  });
});
