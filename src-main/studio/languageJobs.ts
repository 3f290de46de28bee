/**
 * Features of a project, made in the language process. A capture gets a project where it has none; one that exists is continued.
 * Works beside a running trainer, since the cache needs no lock: each file is written in one step.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ExecutionProvider, LanguageEvent } from '#contract/languageMessages';
import { readSettings } from '#contract/presets';
import type { TrainingSettings } from '#contract/settings';
import { createProject, isProject, openProject } from '../project/index';
import type { Project } from '../project/index';
import { forkLanguage } from './languageHost';
import type { LanguageHost, LanguageListener } from './languageHost';
import { StudioError } from './studio';

export interface FeaturesRequest {
  /** what differs from the preset */
  readonly settings: Partial<TrainingSettings>;
  /** the held-out photos too */
  readonly all: boolean;
  readonly provider: ExecutionProvider;
  readonly memoryBytes: number | null;
  readonly acceptCost: boolean;
  readonly planOnly: boolean;
  /** folder of the pictures; null for none, '' for the project's own, exports/features */
  readonly pictures: string | null;
  /** folder for first index maps, to look at while crops are encoded; null for none. Whoever asks removes it */
  readonly firstMaps: string | null;
}

type FeaturesEnd = Extract<LanguageEvent, { type: 'finished' | 'failed' }>;

export interface FeaturesRun {
  readonly host: LanguageHost;
  /** the project's folder, absolute */
  readonly project: string;
  /** settles with the last event: finished, or failed */
  readonly ended: Promise<FeaturesEnd>;
}

/**
 * The project to work in.
 *
 * @param path  a project, or a capture
 * @param out  the capture's project, which is made where it does not exist
 */
async function projectFor(path: string, out: string): Promise<Project> {
  if (await isProject(path)) return openProject(path, 'read');
  if (!existsSync(path)) throw new StudioError(path, 'no such capture or project; give its folder');
  if (!(await isProject(out))) {
    const made = await createProject(out, path);
    await made.close();
  }
  const project = await openProject(out, 'read');
  const known = project.capturePath;
  if (known !== null && resolve(known) === resolve(path)) return project;
  await project.close();
  throw new StudioError(project.paths.root, `was made from ${known}; give that capture, or choose another folder`);
}

/** Which photos the last run held out, so that features and training agree; none before the first run. */
function trainedHoldout(runs: readonly { settings: unknown }[], source: string): Partial<TrainingSettings> {
  const last = runs.at(-1);
  return last ? { holdout: readSettings(last.settings, source).holdout } : {};
}

/** Starts the job. @throws ProjectError, StudioError, LanguageMissingError */
export async function startFeatures(
  path: string,
  out: string,
  request: FeaturesRequest,
  listener: LanguageListener,
  fork: (listener: LanguageListener) => LanguageHost = forkLanguage,
): Promise<FeaturesRun> {
  const project = await projectFor(path, out);
  const { paths, capturePath } = project;
  let trained: Partial<TrainingSettings>;
  try {
    trained = trainedHoldout(project.database.runs(), paths.root);
  } finally {
    await project.close();
  }
  if (capturePath === null) throw new StudioError(paths.root, 'does not say which capture it was made from');
  let settle: (event: FeaturesEnd) => void = () => undefined;
  const ended = new Promise<FeaturesEnd>((end) => (settle = end));
  const host = fork((event) => {
    listener(event);
    if (event.type === 'finished' || event.type === 'failed') settle(event);
  });
  const { settings, pictures, ...rest } = request;
  host.send({
    type: 'features',
    capture: capturePath,
    features: paths.features,
    settings: { ...trained, ...settings },
    ...rest,
    pictures: pictures === '' ? join(paths.exports, 'features') : pictures && resolve(pictures),
  });
  return { host, project: paths.root, ended };
}
