/** What the photos' cache has to say while a trainer runs reaches who listens to it, once, and the page that watches. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainerEvent } from '#contract/messages';
import { afterTrainer, emptyState } from '../../../src-main/studio/session/state';
import { Trainer } from '../../../src-main/training/trainer';
import { temporaryFolder } from '../base/temporaryFolder';
import { tinySettings, writeTinyCapture } from './tinyCapture';

describe('a warning of the photos', () => {
  it('is an event of the trainer and a line in the page, once for all photos', { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder();
    // 1.2 MB of photos for 1 MB of memory, and a file where their folder should be.
    const capture = await writeTinyCapture(join(folder, 'tiny'), {
      cameras: 10,
      width: 256,
      height: 192,
      gaussians: 4,
    });
    const project = join(folder, 'project');
    await mkdir(project);
    await writeFile(join(project, 'photos'), '');
    const events: TrainerEvent[] = [];
    const trainer = new Trainer({
      openStore: () => Promise.resolve({ save: () => Promise.resolve(), latest: () => Promise.resolve(null) }),
      openMaps: () => Promise.resolve(null),
      publish: (event) => events.push(event),
    });
    const settings = { ...tinySettings, steps: 10, photoCache: 1 };
    trainer.send({ type: 'start', capture, project, settings, resume: false });
    await trainer.ended;
    await trainer.close();
    expect(events.find(({ type }) => type === 'failed')).toBeUndefined();
    const state = emptyState();
    for (const event of events) afterTrainer(state, event);
    const expected = [expect.stringContaining('they are decoded again each time') as string];
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual(expected);
    expect(state.warnings.map(({ message }) => message)).toEqual(expected);
  });
});
