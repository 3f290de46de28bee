/** `legato models list`: every model that Legato knows or that lies here, and how far it is. Reads no file's content. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { ModelError } from '../errors';
import { modelsFolder } from './folders';
import { readManifest } from './manifest';
import { openModelFolder } from './modelFolder';
import { knownModel, knownModels, toyModels } from './registry';
import type { KnownModel, ModelKind } from './registry';
import { findModel, namesIn, remedyFor } from './resolve';
import type { ModelOrigin } from './resolve';
import { bytesBelow, stagingFolder } from './staging';

export interface ListedModel {
  name: string;
  kind: ModelKind | null;
  title: string;
  repository: string | null;
  revision: string | null;
  licence: string | null;
  notice: string | null;
  /** as its page states; the hub tells the exact size when it is pulled */
  approximateMegabytes: number | null;
  width: number | null;
  inputSize: number | null;
  /** partial: a pull was broken off; damaged: files are missing or changed in size */
  state: 'installed' | 'partial' | 'damaged' | 'absent';
  origin: ModelOrigin | null;
  folder: string | null;
  /** on disk */
  bytes: number;
  /** what is wrong and what to do */
  remark: Saying | null;
}

const TOY = 'in the repository (MIT); tries the pipeline on the demo room, without any claim on other scenes';

function describe(
  name: string,
  known: KnownModel | null,
): Omit<ListedModel, 'state' | 'origin' | 'folder' | 'bytes' | 'remark'> {
  if (known) {
    const { kind, title, repository, revision, licence, notice, approximateMegabytes, width, inputSize } = known;
    return { name, kind, title, repository, revision, licence, notice, approximateMegabytes, width, inputSize };
  }
  const toy = (Object.keys(toyModels) as ModelKind[]).find((kind) => toyModels[kind] === name) ?? null;
  return {
    ...{ name, kind: toy, title: toy ? `toy ${toy.toUpperCase()}` : name, repository: null, revision: null },
    ...{ licence: null, notice: toy ? TOY : null, approximateMegabytes: null, width: null, inputSize: null },
  };
}

export async function listModels(models: string = modelsFolder()): Promise<ListedModel[]> {
  const here = await namesIn(models);
  const names = new Set([...knownModels.map(({ name }) => name), ...Object.values(toyModels), ...here]);
  return Promise.all([...names].map((name) => look(name, models)));
}

async function look(name: string, models: string): Promise<ListedModel> {
  const about = describe(name, knownModel(name));
  const nowhere = { ...about, origin: null, folder: null, remark: null };
  const begun = await bytesBelow(stagingFolder(models, name));
  const absent: ListedModel =
    begun > 0
      ? { ...nowhere, state: 'partial', bytes: begun, remark: said('modelBegun', { remedy: remedyFor(name) }) }
      : { ...nowhere, state: 'absent', bytes: 0 };
  try {
    const found = await findModel(name, models);
    if (found === null) return absent;
    const { folder, origin } = found;
    const bytes = await bytesBelow(folder);
    try {
      const model = await openModelFolder(name, folder, remedyFor(name));
      const manifest = (await readManifest(join(models, name))) ?? (await readManifest(folder));
      const changed = await sizeChanges(folder, manifest?.files ?? []);
      const remark = changed ? said('modelChanged', { file: changed, remedy: remedyFor(name) }) : null;
      const licence = about.licence ?? manifest?.licence ?? null;
      return {
        ...about,
        kind: model.kind,
        licence,
        state: remark ? 'damaged' : 'installed',
        origin,
        folder,
        bytes,
        remark,
      };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      return { ...about, state: 'damaged', origin, folder, bytes, remark: sayingBy(error) };
    }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ...nowhere, state: 'damaged', bytes: 0, remark: sayingBy(error) };
  }
}

/** The first file whose size is not that of the manifest, or null. */
async function sizeChanges(folder: string, files: readonly { path: string; size: number }[]): Promise<string | null> {
  for (const { path, size } of files) {
    const found = await stat(join(folder, path)).catch(() => null);
    if (found?.size !== size) return path;
  }
  return null;
}

const sayingBy = ({ message, code, values }: ModelError): Saying => ({ message, code, values });
