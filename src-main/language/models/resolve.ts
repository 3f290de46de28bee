/**
 * From what a person wrote to a model folder. A name is looked for in the models folder, then among the built-in ones; in a
 * folder that was filled by hand, a model may also lie under its repository's name (`Xenova/mobileclip_s2`, `mobileclip_s2`).
 * `auto` takes the toy models for a demo capture, else the first real model of the table that is installed, else the first
 * that was added.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { said } from '#contract/sayings';
import { systemErrorCode } from '../../base/index';
import { ModelError, ModelMissingError } from '../errors';
import { builtInModelsFolder, modelsFolder } from './folders';
import { isModelName } from './layout';
import { readManifest } from './manifest';
import { openModelFolder } from './modelFolder';
import type { ModelFolder } from './modelFolder';
import { knownModel, knownModels, sizeInWords, toyModels } from './registry';
import type { KnownModel, ModelKind } from './registry';

export interface ResolveContext {
  /** whether the capture is a demo room (has truth/demo.json) */
  demo: boolean;
  /** the folder of models instead of this person's (`--models DIR`) */
  models?: string | null;
}

export type ModelOrigin = 'built-in' | 'pulled' | 'added' | 'folder';

export interface FoundModel {
  readonly name: string;
  readonly folder: string;
  readonly origin: ModelOrigin;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Names that a known model's folder may have where somebody else made it. */
const folderNames = ({ name, repository }: KnownModel): string[] => [name, repository, basename(repository)];

async function folderIn(models: string, name: string): Promise<string | null> {
  const known = knownModel(name);
  for (const candidate of known ? folderNames(known) : isModelName(name) ? [name] : []) {
    if (await isFolder(join(models, candidate))) return join(models, candidate);
  }
  return null;
}

async function inModelsFolder(models: string, name: string): Promise<FoundModel | null> {
  const folder = await folderIn(models, name);
  if (folder === null) return null;
  const manifest = await readManifest(folder);
  const origin = manifest === null ? 'folder' : manifest.repository === null ? 'added' : 'pulled';
  return { name: knownModel(name)?.name ?? name, folder: manifest?.location ?? folder, origin };
}

async function builtIn(name: string): Promise<FoundModel | null> {
  const models = builtInModelsFolder();
  if (models === null || !Object.values(toyModels).includes(name)) return null;
  const folder = join(models, name);
  return (await isFolder(folder)) ? { name, folder, origin: 'built-in' } : null;
}

/** A model that is on this machine, by name; whether it is complete shows when it is opened. @throws ModelError */
export async function findModel(name: string, models: string = modelsFolder()): Promise<FoundModel | null> {
  return (await inModelsFolder(models, name)) ?? (await builtIn(name));
}

/** Names in the models folder, sorted: known models under their own names, others as their folders are called. */
export async function namesIn(models: string): Promise<string[]> {
  const found = new Set<string>();
  for (const known of knownModels) if (await folderIn(models, known.name)) found.add(known.name);
  const taken = new Set(knownModels.flatMap((known) => [...folderNames(known), known.repository.split('/')[0]]));
  let entries: string[];
  try {
    entries = await readdir(models);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [...found];
    throw error;
  }
  for (const name of entries.sort()) {
    if (!taken.has(name) && isModelName(name) && (await isFolder(join(models, name)))) found.add(name);
  }
  return [...found];
}

const pullCommand = (name: string): string => `\`legato models pull ${name}\``;

/** What to run when files are missing. */
export function remedyFor(name: string): string {
  return knownModel(name) ? `run ${pullCommand(name)}` : 'copy the whole folder again';
}

async function open(found: FoundModel, kind: ModelKind): Promise<ModelFolder> {
  const remedy = remedyFor(found.name);
  if (!(await isFolder(found.folder))) {
    throw new ModelError(found.folder, said('modelFolderGone', { model: found.name, remedy }));
  }
  const model = await openModelFolder(found.name, found.folder, remedy);
  if (model.kind !== kind) {
    throw new ModelError(model.path, said('modelOfOtherKind', { kind: inWords(model.kind), wanted: inWords(kind) }));
  }
  return model;
}

const inWords = (kind: ModelKind): string => kind.toUpperCase();

function nothingInstalled(kind: ModelKind): ModelMissingError {
  const first = knownModels.find((model) => model.kind === kind)!;
  const flags = `--clip-model ${toyModels.clip} --dino-model ${toyModels.dino}`;
  const about = { model: first.name, size: sizeInWords(first), licence: first.licence };
  return new ModelMissingError(null, said('noModelOfKind', { kind: inWords(kind), ...about, flags }));
}

async function automatic(kind: ModelKind, context: ResolveContext, models: string): Promise<ModelFolder> {
  if (context.demo) {
    const toy = await builtIn(toyModels[kind]);
    if (toy === null)
      throw new ModelError(null, `the built-in model "${toyModels[kind]}" is missing; install Legato again`);
    return open(toy, kind);
  }
  const names = await namesIn(models);
  const preferred = knownModels.filter((known) => known.kind === kind).map(({ name }) => name);
  const others = names.filter((name) => knownModel(name) === null);
  for (const name of [...preferred.filter((name) => names.includes(name)), ...others]) {
    const found = await inModelsFolder(models, name);
    if (found === null) continue;
    // What somebody put beside the known models may be anything; only a chosen name is held to being a model.
    const model = await open(found, kind).catch((error: unknown) => {
      if (knownModel(name)) throw error;
      return null;
    });
    if (model) return model;
  }
  throw nothingInstalled(kind);
}

/**
 * The folder for a setting such as `clipModel`.
 *
 * @param nameOrFolder  'auto', the name of a model, or a folder
 * @throws ModelError whose words say what to run
 */
export async function resolveModel(
  nameOrFolder: string,
  kind: ModelKind,
  context: ResolveContext,
): Promise<ModelFolder> {
  const models = context.models ? resolve(context.models) : modelsFolder();
  if (nameOrFolder === 'auto') return automatic(kind, context, models);
  const found = await findModel(nameOrFolder, models);
  if (found) return open(found, kind);
  const asPath = resolve(nameOrFolder);
  if (isAbsolute(nameOrFolder) || /[/\\]/.test(nameOrFolder) || (await isFolder(asPath))) {
    if (await isFolder(asPath)) return open({ name: basename(asPath), folder: asPath, origin: 'folder' }, kind);
    if (!knownModel(nameOrFolder)) throw new ModelError(asPath, 'no such model folder');
  }
  const known = knownModel(nameOrFolder);
  if (known) {
    const about = { model: known.name, size: sizeInWords(known), licence: known.licence };
    throw new ModelMissingError(null, said('modelNotInstalled', about));
  }
  const ofKind = knownModels.filter((model) => model.kind === kind).map(({ name }) => name);
  const names = [...new Set([toyModels[kind], ...ofKind, ...(await namesIn(models))])];
  throw new ModelError(null, said('modelUnknown', { model: nameOrFolder, known: names.join(', ') }));
}
