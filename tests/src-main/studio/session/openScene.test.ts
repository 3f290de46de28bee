/** What pages are told of the coordinates: those that a capture is looked at in, by its own. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openProject } from '#contract/studioState';
import { loadCapture } from '../../../../src-main/capture/index';
import { OpenScene, splatsState } from '../../../../src-main/studio/session/openScene';
import { freshFolder, halves, writeCapture } from '../../language/features/helpers';

const OFFSET = [500_000, 4_000_000, 120];
const ports = {
  ...{ hearTrainer: () => undefined, frame: () => undefined, hear: () => undefined, busy: () => undefined },
  ...{ brokenOff: () => Promise.resolve(), learned: () => Promise.resolve(), failed: () => Promise.resolve() },
};

it('says how the scene lies in the capture, which keeps its unit', async () => {
  process.env.LEGATO_HOME = await freshFolder();
  onTestFinished(() => void delete process.env.LEGATO_HOME);
  const photos = Object.fromEntries(
    ['a.png', 'b.png', 'c.png'].map((name) => [name, halves([90, 50, 20], [0, 9, 250])]),
  );
  const capture = await writeCapture(await freshFolder(), photos);
  const file = join(capture, 'transforms.json');
  const transforms = JSON.parse(await readFile(file, 'utf8')) as { frames: { transform_matrix: number[][] }[] };
  for (const { transform_matrix: rows } of transforms.frames) for (let k = 0; k < 3; k++) rows[k][3] += OFFSET[k];
  await writeFile(file, JSON.stringify(transforms));

  const scene = await OpenScene.create(join(await freshFolder(), 'far.legato'), capture, ports);
  onTestFinished(() => scene.close());
  const { frame, units } = openProject.parse(await scene.projectState([]));
  expect(frame).toEqual((await loadCapture(capture)).frame);
  for (let k = 0; k < 3; k++) expect(Math.abs(frame.centre[k] - OFFSET[k])).toBeLessThan(100);
  expect(units).toBe('unknown');
});

it('leaves the coordinates of a splat file', () => {
  expect(splatsState('/a.ply')).toMatchObject({ frame: { centre: [0, 0, 0], scale: 1 }, units: 'unknown' });
});
