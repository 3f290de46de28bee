/**
 * The project folder, NAME.legato/ (DESIGN §3):
 *
 *   project.db             what a project remembers (database.ts)
 *   lock                   the process that has it open for writing (lock.ts)
 *   checkpoints/STEP/      states of the run (checkpoints.ts)
 *   features/ maps/        language features and index maps per photo
 *   codebook.safetensors   the codebook
 *   exports/               what the person exported
 *   photos/                reduced photos of a capture that does not fit in memory; may be deleted (capture/photoDisk.ts)
 *
 * Photos are referenced, not copied: `capturePath` in the database says where they are.
 */
import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  createFileAtomically,
  isTemporary,
  makeFolder,
  removeLeftovers,
  systemErrorCode,
  writeError,
} from '../base/index';
import { ProjectDatabase } from './database';
import { ProjectError } from './errors';
import { ProjectLock } from './lock';

const SUFFIX = '.legato';
const LOCK = 'lock';
const FOLDERS = ['checkpoints', 'features', 'maps', 'exports'] as const;

export interface ProjectPaths {
  /** absolute */
  readonly root: string;
  readonly database: string;
  readonly checkpoints: string;
  readonly features: string;
  readonly maps: string;
  readonly exports: string;
  readonly codebook: string;
}

/** Where everything lies in a project; touches no disk. */
export function projectPaths(path: string): ProjectPaths {
  const root = resolve(path);
  return {
    root,
    database: join(root, 'project.db'),
    checkpoints: join(root, 'checkpoints'),
    features: join(root, 'features'),
    maps: join(root, 'maps'),
    exports: join(root, 'exports'),
    codebook: join(root, 'codebook.safetensors'),
  };
}

/** An open project. Owns the database connection and, when writing, the lock; `close` gives both back. */
export class Project {
  readonly paths: ProjectPaths;
  readonly database: ProjectDatabase;
  readonly #lock: ProjectLock | null;

  constructor(paths: ProjectPaths, database: ProjectDatabase, lock: ProjectLock | null) {
    this.paths = paths;
    this.database = database;
    this.#lock = lock;
  }

  /** The folder's name without `.legato`. */
  get name(): string {
    const folder = basename(this.paths.root);
    return folder.endsWith(SUFFIX) ? folder.slice(0, -SUFFIX.length) : folder;
  }

  /** The capture that the project was made from, absolute; null when it was never set. */
  get capturePath(): string | null {
    return this.database.getMeta('capturePath');
  }

  async close(): Promise<void> {
    try {
      this.database.close();
    } finally {
      await this.#lock?.release();
    }
  }
}

async function entries(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw writeError(path, error);
  }
}

/** Whether a project may be made here: nothing lies in the folder but what making one left that was broken off. */
async function isVacant({ root }: ProjectPaths): Promise<boolean> {
  for (const name of await entries(root)) {
    const folder = (FOLDERS as readonly string[]).includes(name);
    if (folder ? (await entries(join(root, name))).length > 0 : !name.startsWith(LOCK) && !isTemporary(name))
      return false;
  }
  return true;
}

/**
 * Makes a new project and opens it for writing.
 *
 * @param path         the folder, by custom NAME.legato; may exist when it is empty, or holds what a broken-off attempt left
 * @param capturePath  the capture's folder
 * @throws ProjectError 'exists', 'locked'; FileError 'read-only', 'no-space', 'io'
 */
export async function createProject(path: string, capturePath: string): Promise<Project> {
  const paths = projectPaths(path);
  const refuse = async (): Promise<void> => {
    if (!(await isVacant(paths)))
      throw new ProjectError('exists', paths.root, 'already exists and is not empty; open it, or choose another name');
  };
  await refuse();
  await makeFolder(paths.root);
  const lock = await ProjectLock.acquire(join(paths.root, LOCK));
  try {
    // Another process may have made one in the meantime.
    await refuse();
    for (const folder of FOLDERS) await makeFolder(paths[folder]);
    await removeLeftovers(paths.root);
    // It has its name when it says what it is of: what is killed in between leaves no project without a capture.
    await createFileAtomically(paths.database, async (temporary) => {
      const database = new ProjectDatabase(temporary, 'write');
      try {
        database.transaction(() => {
          database.setMeta('capturePath', resolve(capturePath));
          database.setMeta('createdAt', new Date().toISOString());
        });
      } finally {
        database.close();
      }
    });
    return new Project(paths, new ProjectDatabase(paths.database, 'write'), lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Whether a folder looks like a project; opening it may still fail. */
export async function isProject(path: string): Promise<boolean> {
  const found = await stat(projectPaths(path).database).catch(() => null);
  return found?.isFile() ?? false;
}

/**
 * Opens a project.
 *
 * @param mode  'write' takes the lock and sweeps away what crashed writers left; 'read' needs neither and may run beside a
 *              writer
 * @throws ProjectError 'not-a-project', 'newer-version', 'read-only', 'locked', 'corrupt', 'io'
 */
export async function openProject(path: string, mode: 'read' | 'write'): Promise<Project> {
  const paths = projectPaths(path);
  if (!(await isProject(path)))
    throw new ProjectError(
      'not-a-project',
      paths.root,
      'holds no project.db; choose a NAME.legato folder that Legato made',
    );
  if (mode === 'write') {
    await access(paths.root, constants.W_OK).catch((error: unknown) => {
      throw writeError(paths.root, error);
    });
  }
  const lock = mode === 'write' ? await ProjectLock.acquire(join(paths.root, LOCK)) : null;
  try {
    if (mode === 'write') {
      for (const folder of FOLDERS) await makeFolder(paths[folder]);
      for (const folder of [paths.root, ...FOLDERS.map((name) => paths[name])]) await removeLeftovers(folder);
    }
    return new Project(paths, new ProjectDatabase(paths.database, mode), lock);
  } catch (error) {
    await lock?.release();
    throw error;
  }
}
