/**
 * Checkpoints: whole states of a training run, `checkpoints/STEP/` with
 *
 *   gaussians.safetensors   the snapshot's tensors as they are: parameters of the live rows in trainer order, moments, ids,
 *                           parents, density statistics
 *   run.json                step, settings, camera order, seed, id counter, and the size and SHA-256 of the other file
 *
 * A checkpoint is built under a temporary name and renamed, so it is there as a whole or not at all. `sequence` orders them:
 * a run that was started anew has smaller steps than the checkpoints of the one before, and is still the newest. Two are kept.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readSettings } from '#contract/presets';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import type { SceneFrame } from '../capture/index';
import type { CheckpointStore, SnapshotTensor, TrainingSnapshot } from '../training/ports';
import {
  createFolderAtomically,
  readSafetensors,
  removeLeftovers,
  safetensorsChunks,
  SafetensorsError,
  systemErrorCode,
  writeError,
  writeFileDurably,
} from '../base/index';
import { ProjectError } from './errors';

const CHECKPOINT_VERSION = 1;
const KEPT = 2;
const TENSORS = 'gaussians.safetensors';
const RUN = 'run.json';
/** STEP, or STEP-n when the same step was saved before. */
const NAME = /^(\d{1,15})(?:-(\d{1,9}))?$/;

const uint32 = z.int().min(0).max(0xffff_ffff);
const semanticsState = z.object({
  joinedAt: z.int().positive(),
  codebook: z.string().max(128),
  entries: z.int().min(1).max(255),
  frame: z.object({
    centre: z.tuple([z.number(), z.number(), z.number()]).readonly(),
    halfSide: z.number().positive(),
  }),
  crossEntropy: z.number().nullable(),
});
const runFile = z.object({
  version: z.literal(CHECKPOINT_VERSION),
  sequence: z.int().nonnegative(),
  savedAt: z.string(),
  step: z.int().nonnegative(),
  /** read by readSettings, which knows how to complete those of an older Legato */
  settings: z.unknown(),
  cameraOrder: z.array(z.string().max(4096)).max(1_000_000),
  seed: uint32,
  nextId: uint32,
  /** absent in checkpoints that are older than semantics */
  semantics: semanticsState.nullable().default(null),
  /** photos that a person left out */
  disabled: z.array(z.string().max(4096)).max(1_000_000).default([]),
  /** absent in checkpoints that are older than it: the capture's own coordinates */
  frame: z
    .object({ centre: z.tuple([z.number(), z.number(), z.number()]), scale: z.number().positive() })
    .default({ centre: [0, 0, 0], scale: 1 }),
  files: z.object({ [TENSORS]: z.object({ bytes: z.int().nonnegative(), sha256: z.string().length(64) }) }),
});
type RunFile = z.infer<typeof runFile>;

export interface CheckpointInfo {
  /** absolute */
  path: string;
  step: number;
  /** larger is newer */
  sequence: number;
  /** ISO 8601, UTC */
  savedAt: string;
  bytes: number;
  /** the coordinates of its Gaussians */
  frame: SceneFrame;
}

/** Hashes and counts chunks on their way to the disk. */
function measured(chunks: Iterable<Uint8Array>) {
  const hash = createHash('sha256');
  const measure = { bytes: 0, digest: () => hash.digest('hex') };
  function* pass(): Generator<Uint8Array> {
    for (const chunk of chunks) {
      hash.update(chunk);
      measure.bytes += chunk.byteLength;
      yield chunk;
    }
  }
  return { chunks: pass(), measure };
}

function damaged(path: string, message: string, cause?: unknown): ProjectError {
  return new ProjectError('corrupt', path, message, cause);
}

async function readRunFile(folder: string): Promise<RunFile> {
  const path = join(folder, RUN);
  try {
    return runFile.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw damaged(path, error instanceof z.ZodError ? z.prettifyError(error) : 'missing or not JSON', error);
  }
}

function savedSettings(folder: string, run: RunFile): TrainingSnapshot['settings'] {
  const path = join(folder, RUN);
  try {
    return readSettings(run.settings, RUN);
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : 'unusable settings', error);
  }
}

/** Reads and verifies one checkpoint folder. @throws ProjectError 'corrupt' */
export async function readCheckpoint(folder: string): Promise<TrainingSnapshot> {
  const run = await readRunFile(folder);
  const path = join(folder, TENSORS);
  const expected = run.files[TENSORS];
  const hash = createHash('sha256');
  const tensors: Record<string, SnapshotTensor> = {};
  try {
    const file = await readSafetensors(path, { hash, maxBytes: expected.bytes });
    for (const [name, { shape, data }] of file.tensors) {
      if (data instanceof Uint8Array || data instanceof Uint16Array)
        throw new SafetensorsError(path, name, 'U8 and F16 have no place in a checkpoint');
      tensors[name] = { shape, data };
    }
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : 'unreadable', error);
  }
  if (hash.digest('hex') !== expected.sha256) throw damaged(path, 'its bytes changed since they were written');
  const { step, cameraOrder, seed, nextId, semantics, disabled, frame } = run;
  return { step, settings: savedSettings(folder, run), cameraOrder, seed, nextId, tensors, semantics, disabled, frame };
}

/** The checkpoints of one project; needs no lock, since a project has one trainer. */
export class CheckpointFolder implements CheckpointStore {
  readonly #folder: string;
  readonly #warn: (saying: Saying) => void;

  /**
   * @param folder  `checkpoints/` of a project; made when missing
   * @param warn    is told of checkpoints that had to be skipped
   */
  constructor(folder: string, warn: (saying: Saying) => void) {
    this.#folder = folder;
    this.#warn = warn;
  }

  /** Names of checkpoint folders, whatever is in them. */
  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => NAME.test(name));
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw writeError(this.#folder, error);
    }
  }

  async #survey(): Promise<{ readable: CheckpointInfo[]; unreadable: { path: string; problem: string }[] }> {
    const readable: CheckpointInfo[] = [];
    const unreadable: { path: string; problem: string }[] = [];
    for (const name of await this.#names()) {
      const path = join(this.#folder, name);
      try {
        const { step, sequence, savedAt, files, frame } = await readRunFile(path);
        readable.push({ path, step, sequence, savedAt, bytes: files[TENSORS].bytes, frame });
      } catch (error) {
        unreadable.push({ path, problem: error instanceof Error ? error.message : 'unreadable' });
      }
    }
    readable.sort((a, b) => b.sequence - a.sequence || b.step - a.step);
    return { readable, unreadable };
  }

  /** What is there, newest first, by its `run.json` alone. */
  async list(): Promise<CheckpointInfo[]> {
    return (await this.#survey()).readable;
  }

  /**
   * Writes a checkpoint, then removes all but the newest two; a folder that cannot be read is left alone, since a newer
   * Legato may have written it. The tensors are read while this runs, not copied: the caller awaits it before the next step.
   *
   * @throws FileError 'no-space', 'read-only', 'io'; the earlier checkpoints are then untouched. ProjectError 'missing' when the
   *         project's own folder is gone: a checkpoint alone in its place could not be opened by anybody
   */
  async save(snapshot: TrainingSnapshot): Promise<void> {
    await this.#make();
    await removeLeftovers(this.#folder);
    const { readable } = await this.#survey();
    const sequence = (readable[0]?.sequence ?? 0) + 1;
    await createFolderAtomically(await this.#freeName(snapshot.step), async (temporary) => {
      const { chunks, measure } = measured(safetensorsChunks(Object.entries(snapshot.tensors)));
      await writeFileDurably(join(temporary, TENSORS), chunks);
      const { step, settings, cameraOrder, seed, nextId, semantics, disabled, frame } = snapshot;
      const run: RunFile = {
        version: CHECKPOINT_VERSION,
        sequence,
        savedAt: new Date().toISOString(),
        step,
        settings,
        cameraOrder,
        seed,
        nextId,
        semantics,
        disabled,
        frame: { centre: [...frame.centre], scale: frame.scale },
        files: { [TENSORS]: { bytes: measure.bytes, sha256: measure.digest() } },
      };
      const text = `${JSON.stringify(runFile.parse(run), null, 2)}\n`;
      await writeFileDurably(join(temporary, RUN), [new TextEncoder().encode(text)]);
    });
    for (const { path } of readable.slice(KEPT - 1)) await rm(path, { recursive: true, force: true });
  }

  async #make(): Promise<void> {
    try {
      await mkdir(this.#folder);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'EEXIST') return;
      if (code !== 'ENOENT') throw writeError(this.#folder, error);
      const project = dirname(this.#folder);
      throw new ProjectError('missing', project, 'the project folder is gone; bring it back to its place', error);
    }
  }

  async #freeName(step: number): Promise<string> {
    const taken = new Set(await this.#names());
    let name = String(step);
    for (let revision = 2; taken.has(name); revision++) name = `${step}-${revision}`;
    return join(this.#folder, name);
  }

  /** The newest checkpoint that is whole; damaged ones are skipped with a warning. */
  async latest(): Promise<TrainingSnapshot | null> {
    const { readable, unreadable } = await this.#survey();
    for (const { problem } of unreadable) this.#warn(said('checkpointSkipped', { problem }));
    for (const { path } of readable) {
      try {
        return await readCheckpoint(path);
      } catch (error) {
        if (!(error instanceof ProjectError)) throw error;
        this.#warn(said('checkpointSkipped', { problem: error.message }));
      }
    }
    return null;
  }
}
