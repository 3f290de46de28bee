/** Rows of an ablation: what each changes and leaves, what is shared, and that a row is not scored twice. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presets, resolveSettings } from '#contract/presets';
import { settingFields, type SettingName } from '#contract/settings';
import { ablationTable, medians, seedList } from '../../../src-main/cli/ablate';
import { CheckpointFolder, createProject, projectPaths } from '../../../src-main/project/index';
import { ablateProject, chosenRows, digest, trainedSettings } from '../../../src-main/studio/ablateProject';
import type { AblationRequest, ScoredRow } from '../../../src-main/studio/ablateProject';
import { ablationRows, rowSettings } from '../../../src-main/studio/ablationRows';
import { writeSemanticProject } from './semanticProject';

const changed = (name: string): SettingName[] => {
  const [row] = chosenRows([name], false);
  const settings = rowSettings(row, {});
  return settingFields
    .map((field) => field.name)
    .filter((field) => JSON.stringify(settings[field]) !== JSON.stringify(presets.legato[field]));
};

describe('rows', () => {
  it('turn one switch each', () => {
    expect(changed('legato')).toEqual([]);
    expect(changed('joint')).toEqual([]);
    expect(changed('lifted')).toEqual([]);
    expect(changed('no-dino')).toEqual(['dinoWeight']);
    expect(changed('no-balance')).toEqual(['balanceWeight']);
    expect(changed('no-uncertainty')).toEqual(['learnUncertainty']);
    expect(changed('no-smoothing')).toEqual(['smoothingWeight']);
    expect(changed('no-bootstrapping')).toEqual(['labelTrust']);
    expect(changed('no-lifting')).toEqual(['semanticStart']);
    expect(changed('hard-gate')).toEqual(['liftGate', 'liftPower']);
    expect(changed('no-kinship')).toEqual(['liftKinship']);
    expect(changed('no-vote')).toEqual(['labelVote']);
    expect(changed('no-settling')).toEqual(['settleSplats']);
    expect(changed('haze')).toEqual(['hazeStep']);
    expect(changed('splat-loss')).toEqual(['splatWeight']);
    expect(changed('semantics-move-geometry')).toEqual(['semanticsMovesGeometry']);
    const pooling = ablationRows(false).find(({ name }) => name.endsWith('pooling'))!;
    expect(changed(pooling.name)).toEqual(['mapPooling']);
    for (const row of ablationRows(true)) expect(() => resolveSettings(rowSettings(row, {}))).not.toThrow();
  });

  it('of a preset take its language half and leave photos and geometry', () => {
    const groups = new Set(changed('notes').map((name) => settingFields.find((field) => field.name === name)!.group));
    expect([...groups].sort()).toEqual(['codebook', 'semantics']);
    const settings = rowSettings(chosenRows(['notes'], false)[0], {});
    expect(settings.uncertaintyForm).toBe('linear');
    expect(settings.semanticSamples).toBe(presets.legato.semanticSamples);
    expect(rowSettings(chosenRows(['notes'], true)[0], {}).semanticSamples).toBe(0);
    expect(rowSettings(chosenRows(['published'], false)[0], {}).smoothingForm).toBe('blend');
  });

  it('let what was asked for pass, but not over their own switch', () => {
    const given = { semanticRate: 0.02, smoothingWeight: 30 };
    expect(rowSettings(chosenRows(['notes'], false)[0], given)).toMatchObject(given);
    expect(rowSettings(chosenRows(['no-smoothing'], false)[0], given)).toMatchObject({
      semanticRate: 0.02,
      smoothingWeight: 0,
    });
  });

  it('train semantics on shared geometry as long as joint training would, or as long as told', () => {
    const [legato, joint] = [chosenRows(['legato'], false)[0], chosenRows(['joint'], false)[0]];
    const settings = { steps: 1000, semanticFrom: 9000 };
    expect(trainedSettings(legato, 3, { settings, semanticSteps: null })).toMatchObject({
      semanticSteps: 700,
      seed: 3,
    });
    expect(trainedSettings(legato, 3, { settings, semanticSteps: 50 }).semanticSteps).toBe(50);
    expect(trainedSettings(joint, 3, { settings, semanticSteps: 50 }).semanticSteps).toBe(0);
  });

  it('are named when there is no such one', () => {
    expect(() => chosenRows(['legato', 'no-luck'], false)).toThrow(
      /no-luck: no such row; there are notes, published, legato/,
    );
  });
});

const scored = (name: string, seed: number, meanIoU: number | null, settings = ''): ScoredRow => ({
  ...{ name, seed, settings, meanIoU, meanAccuracy: 0.9, meanPrecision: 0.8, meanAveragePrecision: 0.7 },
  ...{ splatIoU: 0.6, psnr: 27.125, splats: 12_345, cpuSeconds: 61.2 },
});

describe('the table', () => {
  it('holds medians over seeds, and a dash where nothing was scored', () => {
    const rows = [
      scored('legato', 1, 0.7),
      scored('legato', 2, 0.9),
      scored('legato', 3, 0.8),
      scored('notes', 1, null),
    ];
    expect(medians(rows).map(({ name, seeds, meanIoU }) => [name, seeds, meanIoU])).toEqual([
      ['legato', 3, 0.8],
      ['notes', 1, null],
    ]);
    const lines = ablationTable(rows);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^row +mIoU +3D mIoU +mPA +mP +mAP +PSNR +splats +CPU s$/);
    expect(lines[1]).toMatch(/^legato +0\.800 +0\.600 +0\.900 +0\.800 +0\.700 +27\.1[23] +12,345 +61$/);
    expect(lines[2]).toMatch(/^notes +– +0\.600/);
  });

  it('takes a list of different seeds', () => {
    expect(seedList('1, 22,3')).toEqual([1, 22, 3]);
    expect(() => seedList('1,x')).toThrow('--seeds x: expected a whole number');
    expect(() => seedList('1,1')).toThrow('named twice');
  });
});

describe('an ablation', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'legato-ablation-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('trains no row again that is scored with the same settings, and says which file it cannot read', async () => {
    const project = await createProject(join(folder, 'base.legato'), join(folder, 'capture'));
    await project.close();
    await writeFile(join(project.paths.features, 'features.json'), '{}');
    const out = join(folder, 'out');
    const request: AblationRequest = {
      ...{ project: project.paths.root, out, seeds: [4, 5], rows: ['legato'], whole: false },
      ...{ semanticSteps: 10, keep: false, settings: { steps: 20 } },
    };
    const [row] = chosenRows(['legato'], false);
    const rows = request.seeds.map((seed) => scored('legato', seed, 0.5, digest(trainedSettings(row, seed, request))));
    const seen: [number, boolean][] = [];
    const watch = {
      say: (text: string): never => expect.unreachable(text),
      warn: () => undefined,
      event: () => undefined,
      scored: ({ seed }: ScoredRow, reused: boolean) => void seen.push([seed, reused]),
    };
    await mkdir(out);
    await writeFile(join(out, 'scores.json'), JSON.stringify({ version: 1, rows }));
    expect(await ablateProject(project.paths.root, request, watch)).toEqual(rows);
    expect(seen).toEqual([
      [4, true],
      [5, true],
    ]);
    await writeFile(join(out, 'scores.json'), '{"version":1,"rows":[{"name":3}]}');
    await expect(ablateProject(project.paths.root, request, watch)).rejects.toThrow(/scores\.json: unreadable/);
  });

  it('trains a row on shared geometry with its own settings, also those that a run may change', async () => {
    const { project } = await writeSemanticProject(join(folder, 'semantic'));
    const paths = projectPaths(project);
    await writeFile(join(paths.features, 'features.json'), '{}');
    const request: AblationRequest = {
      ...{ project, out: join(folder, 'rows'), seeds: [4], rows: ['no-smoothing'], whole: false },
      ...{ semanticSteps: 4, keep: true, settings: { steps: 6, randomPoints: 40, threads: 1, semanticRate: 0.01 } },
    };
    // The codebook that it would learn from features, which this project lacks.
    const settings = trainedSettings(chosenRows(['no-smoothing'], false)[0], 4, request);
    const names = settingFields.filter(({ group }) => group === 'codebook').map(({ name }) => name);
    const key = digest([...names, 'resolution' as const, 'seed' as const].map((name) => [name, settings[name]]));
    const made = projectPaths(join(folder, 'rows', `codebook-${key}.legato`));
    await mkdir(made.root, { recursive: true });
    await cp(paths.codebook, made.codebook);
    await cp(paths.maps, made.maps, { recursive: true });
    await writeFile(join(made.root, 'codebook.json'), '{}');
    const watch = { say: () => undefined, warn: () => undefined, event: () => undefined, scored: () => undefined };
    const [row] = await ablateProject(project, request, watch);
    expect(row.meanIoU).toBeGreaterThanOrEqual(0);
    const { checkpoints } = projectPaths(join(folder, 'rows', 'no-smoothing-4.legato'));
    const trained = await new CheckpointFolder(checkpoints, () => undefined).latest();
    expect(trained!.step).toBe(10);
    expect(trained!.settings).toEqual(settings);
    expect(settings).toMatchObject({ smoothingWeight: 0, semanticRate: 0.01, steps: 6, semanticSteps: 4 });
  }, 120_000);
});
