/** What a project, a capture or a splat file holds, without training or rendering anything. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { namesSplats } from '#contract/splatFiles';
import { loadCapture } from '../capture/index';
import { cameraExtent, readSplats } from '../gaussians/index';
import { CheckpointFolder, isProject, openProject } from '../project/index';
import { StudioError } from './studio';

export type Fact = string | number | null | string[] | number[];
/** Facts by name, in the order to show them; `kind` is project, splats or capture. */
export type Facts = Record<string, Fact>;

/** @throws StudioError when there is nothing, ProjectError, CaptureError or PlyError when it is damaged */
export async function describePath(path: string): Promise<Facts> {
  if (!existsSync(path)) throw new StudioError(path, 'no such file or folder');
  return factsOf(resolve(path));
}

async function factsOf(path: string): Promise<Facts> {
  if (await isProject(path)) return projectFacts(path);
  if (statSync(path).isFile() && namesSplats(path)) return splatFacts(path);
  return captureFacts(path);
}

async function projectFacts(path: string): Promise<Facts> {
  const project = await openProject(path, 'read');
  try {
    const warnings: string[] = [];
    const checkpoints = new CheckpointFolder(project.paths.checkpoints, ({ message }) => warnings.push(message));
    const runs = project.database.runs();
    const latest = await checkpoints.latest();
    return {
      kind: 'project',
      path,
      capture: project.capturePath,
      step: latest?.step ?? null,
      steps: latest?.settings.steps ?? null,
      splats: latest ? latest.tensors.ids.data.length : null,
      preset: latest?.settings.preset ?? null,
      seed: latest?.seed ?? null,
      checkpoints: (await checkpoints.list()).map(
        ({ step, savedAt, bytes }) => `step ${step}, ${savedAt}, ${Math.round(bytes / 2 ** 20)} MB`,
      ),
      runs: runs.map(
        (run) => `${run.startedAt}: ${run.status}, steps ${run.firstStep}–${run.lastStep ?? '?'}, ${run.backend}`,
      ),
      warnings,
    };
  } finally {
    await project.close();
  }
}

async function splatFacts(path: string): Promise<Facts> {
  const { count, geometry, shDegree, semantics, labels, ids } = await readSplats(path);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let row = 0; row < count; row++) {
    for (let axis = 0; axis < 3; axis++) {
      const value = geometry[row * 11 + axis];
      low[axis] = Math.min(low[axis], value);
      high[axis] = Math.max(high[axis], value);
    }
  }
  return {
    kind: 'splats',
    path,
    splats: count,
    shDegree,
    bounds: count > 0 ? [...low, ...high].map((value) => Number(value.toPrecision(5))) : null,
    columns: [...(semantics ? ['semantics'] : []), ...(labels ? ['labels'] : []), ...(ids ? ['ids'] : [])],
  };
}

async function captureFacts(path: string): Promise<Facts> {
  const { name, format, photos, points, warnings } = await loadCapture(path);
  const sizes = new Set(photos.map(({ camera }) => `${camera.width}×${camera.height}`));
  return {
    kind: 'capture',
    path,
    name,
    format,
    photos: photos.length,
    sizes: [...sizes],
    distorted: photos.filter((photo) => photo.distortion).length,
    masks: photos.filter((photo) => photo.maskPath).length,
    points: points?.count ?? null,
    cameraExtent: photos.length > 0 ? Number(cameraExtent(photos.map((photo) => photo.camera)).toPrecision(5)) : null,
    warnings: warnings.map(({ message }) => message),
  };
}
