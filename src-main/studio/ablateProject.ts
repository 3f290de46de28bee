/**
 * An ablation: every row of ablationRows.ts trained and scored against the truth on one project's features, sharing what a row does
 * not change.
 *
 *   features   of the project, for all rows and seeds
 *   codebook   one for all rows with the same codebook settings and seed
 *   geometry   trained once a seed, in colour alone; a row copies its last checkpoint and trains semantics on it, `semanticSteps` long.
 *              Since semantics leave geometry bit-identical, this is the geometry of joint training; rows in which they do not, and
 *              the joint row that those are compared with, train all by themselves.
 *
 * Everything lies in one folder: scores.json (a row is never scored twice), geometry and codebooks as projects of their own.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, rmdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { TrainerEvent } from '#contract/messages';
import { settingFields } from '#contract/settings';
import type { TrainingSettings } from '#contract/settings';
import { writeFileAtomically } from '../base/index';
import { CheckpointFolder, isProject, openProject, projectPaths } from '../project/index';
import type { ProjectPaths } from '../project/index';
import { jointSteps } from '../training/schedule';
import { startCodebook } from './buildCodebook';
import { ablationRows, rowSettings } from './ablationRows';
import type { AblationRow } from './ablationRows';
import { evaluateProject } from './evaluateProject';
import type { ProjectScores } from './evaluateProject';
import { startFeatures } from './languageJobs';
import { Studio, StudioError } from './studio';

const figure = z.number().nullable();
const scoredRow = z.object({
  name: z.string(),
  seed: z.int(),
  /** of the settings that it was trained with */
  settings: z.string(),
  meanIoU: figure,
  meanAccuracy: figure,
  meanPrecision: figure,
  meanAveragePrecision: figure,
  /** direct 3D */
  splatIoU: figure,
  psnr: figure,
  splats: z.int(),
  /** of the trainer in this row; shared geometry is not counted in */
  cpuSeconds: z.number(),
});
/** Figures of a row; null where there is no truth to score against. */
export type ScoredRow = z.infer<typeof scoredRow>;
const scoresFile = z.object({ version: z.literal(1), rows: z.array(scoredRow) });

export interface AblationRequest {
  /** where a capture's project is, or goes */
  readonly project: string;
  /** where everything goes; null for PROJECT/ablation */
  readonly out: string | null;
  readonly seeds: readonly number[];
  /** names of rows; null for all */
  readonly rows: readonly string[] | null;
  /** presets with their own numbers of pixels and Gaussians a step */
  readonly whole: boolean;
  /** steps on shared geometry; null for as many as joint training would give semantics */
  readonly semanticSteps: number | null;
  /** keep every row's project */
  readonly keep: boolean;
  /** what differs from the presets in every row */
  readonly settings: Partial<TrainingSettings>;
}

export interface AblationWatch {
  /** what happens next, in words */
  readonly say: (text: string) => void;
  readonly warn: (message: string) => void;
  event(event: TrainerEvent): void;
  scored(row: ScoredRow, reused: boolean): void;
}

/** A job that failed, with the failure that its process reported. */
class AblationError extends Error {
  readonly file: string;
  constructor(file: string, message: string) {
    super(`${file}: ${message}`);
    this.name = 'InputError';
    this.file = file;
  }
}

/** The settings that a row is trained with. */
export function trainedSettings(
  row: AblationRow,
  seed: number,
  { settings: given, semanticSteps }: Pick<AblationRequest, 'settings' | 'semanticSteps'>,
): TrainingSettings {
  const settings = { ...rowSettings(row, given), seed };
  if (row.joint) return settings;
  return { ...settings, semanticSteps: semanticSteps ?? jointSteps(settings) };
}

/** What tells whether a row was scored with the same settings before. */
export const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

/** @throws StudioError for a row that does not exist */
export function chosenRows(names: readonly string[] | null, whole: boolean): AblationRow[] {
  const all = ablationRows(whole);
  const unknown = names?.find((name) => !all.some((row) => row.name === name));
  if (unknown !== undefined)
    throw new StudioError(unknown, `no such row; there are ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => names === null || names.includes(name));
}

/** Trains and scores what is not scored yet. @throws StudioError, ProjectError, LanguageError */
export async function ablateProject(
  path: string,
  request: AblationRequest,
  watch: AblationWatch,
): Promise<ScoredRow[]> {
  const rows = chosenRows(request.rows, request.whole);
  const base = await basis(path, request, watch);
  const root = resolve(request.out ?? join(base.paths.root, 'ablation'));
  await mkdir(root, { recursive: true });
  const ablation = new Ablation(base, root, request, watch);
  const scores = await readScores(root);
  const wanted: ScoredRow[] = [];
  for (const seed of request.seeds)
    for (const row of rows) {
      const settings = trainedSettings(row, seed, request);
      const key = digest(settings);
      const known = scores.find((one) => one.name === row.name && one.seed === seed && one.settings === key);
      if (known) {
        watch.scored(known, true);
        wanted.push(known);
        continue;
      }
      const scored = { ...(await ablation.run(row, seed, settings)), name: row.name, seed, settings: key };
      const others = scores.filter((one) => one.name !== row.name || one.seed !== seed);
      scores.splice(0, scores.length, ...others, scored);
      await writeFileAtomically(scoresPath(root), `${JSON.stringify({ version: 1, rows: scores }, null, 1)}\n`);
      watch.scored(scored, false);
      wanted.push(scored);
    }
  return wanted;
}

const scoresPath = (root: string): string => join(root, 'scores.json');

async function readScores(root: string): Promise<ScoredRow[]> {
  const text = await readFile(scoresPath(root), 'utf8').catch(() => null);
  if (text === null) return [];
  try {
    return scoresFile.parse(JSON.parse(text)).rows;
  } catch (error) {
    throw new AblationError(scoresPath(root), `unreadable (${String(error)}); move it away to score anew`);
  }
}

interface Basis {
  readonly paths: ProjectPaths;
  readonly capture: string;
}

/** The project whose features all rows use: a project as it is, or a capture's, which is made where it has none. */
async function basis(
  path: string,
  { project: wanted, settings }: AblationRequest,
  watch: AblationWatch,
): Promise<Basis> {
  const root = (await isProject(path)) ? path : wanted;
  if (!(await hasFeatures(root))) {
    watch.say('features, shared by all rows');
    const request = { settings, all: false, provider: 'cpu', memoryBytes: null, acceptCost: false } as const;
    const run = await startFeatures(
      path,
      root,
      { ...request, planOnly: false, pictures: null, firstMaps: null },
      (event) => {
        if (event.type === 'warning') watch.warn(event.message);
      },
    );
    const end = await run.ended;
    await run.host.close();
    if (end.type === 'failed') throw new AblationError(root, end.failure.message);
  }
  const project = await openProject(root, 'read');
  try {
    const { paths, capturePath } = project;
    if (capturePath === null) throw new StudioError(paths.root, 'does not say which capture it was made from');
    return { paths, capture: capturePath };
  } finally {
    await project.close();
  }
}

/** Whether the cache of features was begun; a project's own settings of features are left as they are then. */
function hasFeatures(path: string): Promise<boolean> {
  return readFile(join(projectPaths(path).features, 'features.json')).then(
    () => true,
    () => false,
  );
}

class Ablation {
  readonly #base: Basis;
  readonly #root: string;
  readonly #request: AblationRequest;
  readonly #watch: AblationWatch;

  constructor(base: Basis, root: string, request: AblationRequest, watch: AblationWatch) {
    this.#base = base;
    this.#root = root;
    this.#request = request;
    this.#watch = watch;
  }

  async run(row: AblationRow, seed: number, settings: TrainingSettings) {
    const { say } = this.#watch;
    const geometry = row.joint ? null : await this.#geometry(seed, settings);
    const codebook = await this.#codebook(settings);
    const path = join(this.#root, `${row.name}-${seed}.legato`);
    await rm(path, { recursive: true, force: true });
    const studio = await Studio.create(path, this.#base.capture);
    let cpuSeconds = 0;
    try {
      const { paths } = studio.project;
      await this.#linkFeatures(paths);
      await cp(codebook.codebook, paths.codebook);
      await cp(codebook.maps, paths.maps, { recursive: true });
      if (geometry) await copyCheckpoint(geometry, paths, settings, this.#watch.warn);
      say(`${row.name}, seed ${seed}: ${row.what}`);
      // All of them, also to a copied checkpoint that has them: a project that never ran would add the default's.
      if (row.trained) cpuSeconds = await this.#train(studio, settings, geometry !== null);
    } finally {
      await studio.close();
    }
    const { backend, threads } = settings;
    const scores = await evaluateProject(
      path,
      { backend, threads, resolution: null, lifted: !row.trained },
      this.#watch.warn,
    );
    if (!this.#request.keep) await rm(path, { recursive: true, force: true });
    return { ...figuresOf(scores), cpuSeconds };
  }

  /** Trains to the end; CPU seconds of the trainer. */
  async #train(studio: Studio, settings: TrainingSettings, resume: boolean): Promise<number> {
    let cpuSeconds: number | null = null;
    let failure: string | null = null;
    const stop = studio.subscribe((event) => {
      this.#watch.event(event);
      if (event.type === 'finished' && event.complete) cpuSeconds = event.cpuSeconds;
      if (event.type === 'failed') failure = event.failure.message;
    });
    await studio.start({ settings, resume });
    await studio.ended;
    stop();
    if (cpuSeconds === null)
      throw new AblationError(studio.project.paths.root, failure ?? 'the trainer did not finish');
    return cpuSeconds;
  }

  /** A project trained in colour alone, with these settings of geometry; made when it is not there. */
  async #geometry(seed: number, settings: TrainingSettings): Promise<string> {
    const others = settingFields.filter(({ group }) =>
      ['features', 'codebook', 'semantics', 'machine'].includes(group),
    );
    const own = Object.fromEntries(
      Object.entries(settings).filter(([name]) => !others.some((field) => field.name === name)),
    );
    const path = join(this.#root, `geometry-${seed}-${digest(own)}.legato`);
    if (await Studio.isTrained(path)) {
      const latest = (await new CheckpointFolder(projectPaths(path).checkpoints, () => undefined).list())[0];
      if (latest.step >= settings.steps) return path;
    }
    await rm(path, { recursive: true, force: true });
    this.#watch.say(`geometry, seed ${seed}: colour alone, shared by the rows`);
    const studio = await Studio.create(path, this.#base.capture);
    try {
      await this.#train(studio, { ...settings, semanticWeight: 0, semanticSteps: 0 }, false);
    } finally {
      await studio.close();
    }
    return path;
  }

  /** Gives a new project the features that all share. */
  async #linkFeatures({ features }: ProjectPaths): Promise<void> {
    await rmdir(features);
    await symlink(this.#base.paths.features, features, 'junction');
  }

  /** Codebook and maps with these settings; made when they are not there. */
  async #codebook(settings: TrainingSettings): Promise<ProjectPaths> {
    const fields = settingFields.filter(({ group }) => group === 'codebook').map(({ name }) => name);
    const own = [...fields, 'resolution' as const, 'seed' as const].map((name) => [name, settings[name]]);
    const path = join(this.#root, `codebook-${digest(own)}.legato`);
    const paths = projectPaths(path);
    if ((await readFile(join(paths.root, 'codebook.json')).catch(() => null)) !== null) return paths;
    await rm(path, { recursive: true, force: true });
    this.#watch.say(`codebook of ${settings.codebookSize} entries, seed ${settings.seed}`);
    const studio = await Studio.create(path, this.#base.capture);
    await studio.close();
    await this.#linkFeatures(paths);
    const run = await startCodebook(
      path,
      { settings, words: 'none', pictures: null, paletteSeed: 0, looks: false },
      (event) => {
        if (event.type === 'warning') this.#watch.warn(event.message);
      },
    );
    const end = await run.ended;
    await run.host.close();
    if (end.type === 'failed') throw new AblationError(path, end.failure.message);
    return paths;
  }
}

/** The newest checkpoint of shared geometry as the start of a row. */
async function copyCheckpoint(
  from: string,
  to: ProjectPaths,
  settings: TrainingSettings,
  warn: (message: string) => void,
): Promise<void> {
  const snapshot = await new CheckpointFolder(projectPaths(from).checkpoints, ({ message }) => warn(message)).latest();
  if (!snapshot) throw new AblationError(from, 'its checkpoint is gone; remove the folder to train it anew');
  await new CheckpointFolder(to.checkpoints, () => undefined).save({ ...snapshot, settings });
}

function figuresOf({ semantics, lifted, psnr, splats }: ProjectScores) {
  const scores = semantics ?? lifted;
  return {
    meanIoU: scores?.pixels.meanIoU ?? null,
    meanAccuracy: scores?.pixels.meanAccuracy ?? null,
    meanPrecision: scores?.pixels.meanPrecision ?? null,
    meanAveragePrecision: scores?.pixels.meanAveragePrecision ?? null,
    splatIoU: scores?.surface.meanIoU ?? null,
    ...{ psnr, splats },
  };
}
