/**
 * What a lens did not see has no label: photos through a fisheye that folds and through a pincushion, their features, codebook and index
 * maps by the real jobs with the tiny encoders of tests/fixtures/features, and the pixels that a step of training looks at.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveSettings } from '#contract/presets';
import type { TrainingSettings } from '#contract/settings';
import { loadCapture } from '../../../src-main/capture/index';
import { GaussianModel } from '../../../src-main/gaussians/index';
import { initKernels } from '../../../src-main/kernels/index';
import { runCodebookJob } from '../../../src-main/language/codebook/codebookJob';
import { openIndexMaps } from '../../../src-main/studio/indexMaps';
import { PhotoViews, disposeView } from '../../../src-main/training/photoViews';
import { SemanticLearner } from '../../../src-main/training/semanticLearner';
import { command, freshFolder, halves, runJob, writeCapture } from '../language/features/helpers';

const LENSES = {
  // θ·(1 − 0.6·θ²) turns back at 43°; the corners are at 50°.
  'a fisheye': { camera_model: 'OPENCV_FISHEYE', k1: -0.6 },
  'a pincushion': { camera_model: 'OPENCV', k1: 0.4 },
} as const;
const PHOTOS = ['a.png', 'b.png', 'c.png'];
const [WIDTH, HEIGHT] = [24, 16];

const learners: SemanticLearner[] = [];
afterEach(() => learners.splice(0).forEach((learner) => learner.dispose()));

/** A capture of 24×16 px photos, all through one lens, and its maps. @returns where they are */
async function mapped(lens: object, settings: Partial<TrainingSettings>) {
  const folder = await freshFolder();
  const colours = [255, 128, 0].map((red) => halves([red, 40, 30], [20, red, 200]));
  const root = await writeCapture(
    join(folder, 'capture'),
    Object.fromEntries(PHOTOS.map((name, i) => [name, colours[i]])),
    { ...lens, fl_x: WIDTH / 2, fl_y: WIDTH / 2 },
  );
  const features = join(folder, 'features');
  await mkdir(features);
  await runJob(command(root, features, { settings: { featureRows: 8 } }));
  const paths = { codebook: join(folder, 'codebook.safetensors'), maps: join(folder, 'maps') };
  await runCodebookJob(
    {
      ...{ type: 'codebook', capture: root, features, ...paths, report: join(folder, 'codebook.json') },
      ...{ settings: { codebookSize: 32, codebookEpochs: 1, threads: 1, ...settings } },
      ...{ words: 'none', pictures: null, paletteSeed: 0, looks: false },
    },
    { publish: () => undefined, signal: new AbortController().signal },
  );
  return { root, paths };
}

/** Pixels of all photos as training sees them: [masked, label] each. */
async function pixelsOf({ root, paths }: Awaited<ReturnType<typeof mapped>>): Promise<[boolean, number][]> {
  const settings = resolveSettings({ resolution: 0, holdout: 0, threads: 1, semanticSamples: 0 });
  await initKernels({ backend: settings.backend, threads: 1 });
  const { photos } = await loadCapture(root);
  const views = new PhotoViews(photos, settings);
  const maps = await openIndexMaps(paths);
  if (!maps) throw new Error('no index maps');
  const model = new GaussianModel(8);
  const learner = SemanticLearner.join(maps, settings, model, 1);
  learners.push(learner);
  const pixels: [boolean, number][] = [];
  for (let photo = 0; photo < views.count; photo++) {
    const view = await views.load(photo, 1, [0, 0, 0]);
    const term = await learner.semanticTerm(views.names[photo], view.camera, settings, 1);
    const kept = view.mask?.dataSync() ?? new Float32Array(WIDTH * HEIGHT).fill(1);
    for (const [i, pixel] of term!.sample.pixels.entries()) pixels.push([kept[pixel] === 0, term!.sample.labels[i]]);
    disposeView(view);
  }
  model.dispose();
  return pixels;
}

describe.each(Object.entries(LENSES))('index maps of photos through %s', (_, lens) => {
  it.each([
    ['of single pixels', { mapPooling: 'none' }],
    ['of superpixels', { mapPooling: 'superpixels' }],
    ['half as large', { mapResolution: WIDTH / 2 }],
  ] as const)('have no label where it saw nothing, and labels elsewhere: %s', async (_name, settings) => {
    const pixels = await pixelsOf(await mapped(lens, settings));
    const unseen = pixels.filter(([masked]) => masked);
    const seen = pixels.filter(([masked]) => !masked);
    expect(pixels).toHaveLength(PHOTOS.length * WIDTH * HEIGHT);
    expect(unseen.length / pixels.length).toBeGreaterThan(0.1);
    expect(unseen.filter(([, label]) => label !== 0)).toEqual([]);
    // Cells of the features that are mostly border have none either.
    expect(seen.filter(([, label]) => label !== 0).length / seen.length).toBeGreaterThan(0.75);
  });
});
