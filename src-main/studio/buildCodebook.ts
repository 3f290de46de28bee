/**
 * A project's codebook, made in the language process: the project says where everything lies and at which resolution it was trained.
 * Works beside a running trainer, since nothing here needs the project's lock.
 */
import { join, resolve } from 'node:path';
import type { WordList } from '#contract/codebookMessages';
import type { LanguageEvent } from '#contract/languageMessages';
import { readSettings } from '#contract/presets';
import type { TrainingSettings } from '#contract/settings';
import { openProject } from '../project/index';
import { forkLanguage } from './languageHost';
import type { LanguageHost, LanguageListener } from './languageHost';
import { StudioError } from './studio';

export interface CodebookRequest {
  /** what differs from the preset */
  readonly settings: Partial<TrainingSettings>;
  readonly words: WordList;
  /** null for none; '' for the project's own folder, exports/codebook */
  readonly pictures: string | null;
  readonly paletteSeed: number;
  /** whether to hear of its looks while it is learned */
  readonly looks: boolean;
}

export interface CodebookRun {
  readonly host: LanguageHost;
  /** the project's folder, absolute */
  readonly project: string;
  /** the report in full */
  readonly report: string;
  /** settles with the last event: finished, or failed */
  readonly ended: Promise<Extract<LanguageEvent, { type: 'codebookFinished' | 'failed' }>>;
}

/** Settings of the last run that decide how large its photos were; none before the first run. */
function trainedResolution(runs: readonly { settings: unknown }[], source: string): Partial<TrainingSettings> {
  const last = runs.at(-1);
  return last ? { resolution: readSettings(last.settings, source).resolution } : {};
}

/** Starts the job. @throws ProjectError, StudioError, LanguageMissingError */
export async function startCodebook(
  path: string,
  request: CodebookRequest,
  listener: LanguageListener,
  fork: (listener: LanguageListener) => LanguageHost = forkLanguage,
): Promise<CodebookRun> {
  const project = await openProject(path, 'read');
  const { paths, capturePath } = project;
  let trained: Partial<TrainingSettings>;
  try {
    trained = trainedResolution(project.database.runs(), paths.root);
  } finally {
    await project.close();
  }
  if (capturePath === null) throw new StudioError(paths.root, 'does not say which capture it was made from');
  const report = join(paths.root, 'codebook.json');
  let settle: (event: Extract<LanguageEvent, { type: 'codebookFinished' | 'failed' }>) => void = () => undefined;
  const ended = new Promise<Extract<LanguageEvent, { type: 'codebookFinished' | 'failed' }>>((end) => (settle = end));
  const host = fork((event) => {
    listener(event);
    if (event.type === 'codebookFinished' || event.type === 'failed') settle(event);
  });
  const { pictures } = request;
  host.send({
    type: 'codebook',
    capture: capturePath,
    features: paths.features,
    codebook: paths.codebook,
    maps: paths.maps,
    report,
    settings: { ...trained, ...request.settings },
    words: request.words,
    pictures: pictures === '' ? join(paths.exports, 'codebook') : pictures && resolve(pictures),
    paletteSeed: request.paletteSeed,
    looks: request.looks,
  });
  return { host, project: paths.root, report, ended };
}
