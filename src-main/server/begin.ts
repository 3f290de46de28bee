/** What a server does before any page asks: opens what the person named, or the demo room for one who has nothing yet. */
import { preview as previewSchema } from '#contract/studio';
import { recentProjects } from '../studio/recent';
import type { PageLink } from '../studio/session/door';

export interface Begin {
  /** a capture, a project or a splat file to open */
  path?: string;
  /** train it too; without, a capture waits for a person */
  train?: boolean;
  /** open the demo room when this person has no project yet */
  demo?: boolean;
}

/** @throws what the studio's commands throw */
export async function begin(studio: PageLink, { path, train = false, demo = false }: Begin): Promise<void> {
  if (path !== undefined) return openNamed(studio, path, train);
  if (demo && (await recentProjects()).length === 0) await studio.perform({ type: 'openDemo' });
}

async function openNamed(studio: PageLink, path: string, train: boolean): Promise<void> {
  const found = previewSchema.parse(await studio.perform({ type: 'preview', path, settings: {} }));
  if (found.kind === 'splats') {
    await studio.perform({ type: 'open', path: found.path });
    return;
  }
  if (found.kind === 'capture' && !found.projectExists) {
    const { path: capture, project } = found;
    await studio.perform({ type: 'create', capture, project, settings: {}, paused: !train });
    return;
  }
  await studio.perform({ type: 'open', path: found.project });
  if (!train) return;
  // A project that was trained before opens paused at its last step.
  const { checkpointStep } = previewSchema.parse(
    await studio.perform({ type: 'preview', path: found.project, settings: {} }),
  );
  if (checkpointStep === null) await studio.perform({ type: 'train', settings: {}, resume: false, paused: false });
  else await studio.perform({ type: 'resume' });
}
