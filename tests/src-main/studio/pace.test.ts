/** What a machine is known to train at: measured by a real run, scaled to a run to come, and unknown where nothing was measured. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../../resources/bin/build.mjs';
import { measuredPace, rememberPace, secondsOf } from '../../../src-main/studio/pace';
import { previewPath } from '../../../src-main/studio/session/preview';
import { Studio } from '../../../src-main/studio/studio';
import { writeTinyCapture } from '../training/tinyCapture';

let home: string;
beforeAll(() => ensureBuilt(console.warn), 600_000);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'legato-pace-'));
  process.env.LEGATO_HOME = home;
});
afterEach(async () => {
  delete process.env.LEGATO_HOME;
  await rm(home, { recursive: true, force: true });
});

describe('the pace of this machine', () => {
  it('scales with steps, and by halves with pixels and splats', () => {
    const pace = { secondsPerStep: 0.1, pixels: 1000, splats: 500 };
    expect(secondsOf({ steps: 30, pixels: 1000, splats: 500 }, pace)).toBeCloseTo(3, 12);
    expect(secondsOf({ steps: 30, pixels: 3000, splats: 500 }, pace)).toBeCloseTo(6, 12);
    expect(secondsOf({ steps: 30, pixels: 1000, splats: 1500 }, pace)).toBeCloseTo(6, 12);
  });

  it('is unknown without a run, from a damaged file, and from figures that are none', async () => {
    expect(await measuredPace()).toBeNull();
    expect(await rememberPace({ secondsPerStep: 0, pixels: 1, splats: 1 })).toBe(false);
    expect(await measuredPace()).toBeNull();
    for (const text of ['{', '{"version":1}', '{"version":2,"secondsPerStep":1,"pixels":1,"splats":1}']) {
      await writeFile(join(home, 'pace.json'), text);
      expect(await measuredPace(), text).toBeNull();
    }
  });

  it('is what the last run showed, and tells a person before the next one', { timeout: 120_000 }, async () => {
    const capture = join(home, 'ring');
    await writeTinyCapture(capture);
    const settings = { steps: 120, semanticSteps: 0, semanticWeight: 0, threads: 1 };
    const first = await previewPath(capture, settings);
    expect(first.seconds).toBeNull();
    const project = join(home, 'ring.legato');
    const studio = await Studio.create(project, capture);
    await studio.start({ settings, resume: false });
    await studio.ended;
    const { database } = studio.project;
    const last = database.metrics(database.runs()[0].id, 'stepsPerSecond').at(-1)!.value!;
    await studio.close();
    const pace = await measuredPace();
    expect(pace).toMatchObject({ secondsPerStep: 1 / last, pixels: first.trainedWidth * first.trainedHeight });
    const again = await previewPath(capture, settings);
    const twice = await previewPath(capture, { ...settings, steps: 240 });
    // The same photos; the preview guesses four splats for each of the 120 sparse points.
    expect(again.seconds! / ((120 / last) * ((1 + (4 * 120) / pace!.splats) / 2))).toBeCloseTo(1, 6);
    expect(twice.seconds! / again.seconds!).toBeCloseTo(2, 6);
    // Of a project, what is left of it: nothing.
    expect((await previewPath(project, settings)).seconds).toBe(0);
  });
});
