/** The job of the language process, in this process: what it writes, what it says, and what it leaves when something is wrong. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CodebookCommand } from '#contract/codebookMessages';
import { languageEvent } from '#contract/languageMessages';
import type { LanguageEvent } from '#contract/languageMessages';
import { readCodebook, readIndexMap } from '../../../../src-main/language/codebook/index';
import { runCodebookJob } from '../../../../src-main/language/codebook/codebookJob';
import { temporaryFolder } from '../../base/temporaryFolder';
import { writeTinyCapture } from '../../training/tinyCapture';
import { writeFeatures } from './featuresFolder';

let folder: string;
let capture: string;
let photos: string[];
beforeEach(async () => {
  folder = await temporaryFolder();
  capture = await writeTinyCapture(join(folder, 'tiny'), { cameras: 4, gaussians: 10 });
  photos = await writeFeatures(join(folder, 'features'), capture);
});

async function run(changes: Partial<CodebookCommand> = {}, watch?: (event: LanguageEvent, cancel: () => void) => void) {
  const events: LanguageEvent[] = [];
  const controller = new AbortController();
  const publish = (event: LanguageEvent): void => {
    // As the other side of the process would see it.
    const parsed = languageEvent.parse(event);
    events.push(parsed);
    watch?.(parsed, () => controller.abort());
  };
  const command: CodebookCommand = {
    type: 'codebook',
    capture,
    features: join(folder, 'features'),
    codebook: join(folder, 'codebook.safetensors'),
    maps: join(folder, 'maps'),
    report: join(folder, 'codebook.json'),
    settings: { codebookSize: 32, codebookEpochs: 2, threads: 1 },
    words: 'none',
    pictures: null,
    paletteSeed: 0,
    looks: false,
    ...changes,
  };
  await runCodebookJob(command, { publish, signal: controller.signal });
  return events;
}

const ofType = <T extends LanguageEvent['type']>(events: readonly LanguageEvent[], type: T) =>
  events.filter((event): event is Extract<LanguageEvent, { type: T }> => event.type === type);

describe('a codebook job', () => {
  it('writes codebook and maps of the training photos, at the size of the photos, and says what they are worth', async () => {
    const events = await run();
    expect(ofType(events, 'codebookPrepared')).toMatchObject([
      { photos: 3, missing: 0, cells: 3 * 12 * 16, entries: 32 },
    ]);
    const [finished] = ofType(events, 'codebookFinished');
    expect(finished.complete).toBe(true);
    expect(finished.summary).toMatchObject({
      entries: 32,
      photos: 3,
      names: [],
      clip: { mean: expect.closeTo(1, 1) as number },
    });
    expect(finished.summary?.utilisation).toHaveLength(32);
    const codebook = await readCodebook(join(folder, 'codebook.safetensors'));
    expect(codebook.clip).toEqual({ name: 'made-up-clip', hash: 'c' });
    expect(await readdir(join(folder, 'maps'))).toHaveLength(3);
    for (const photo of photos.slice(1)) {
      const { width, height } = await sharp(join(capture, 'images', photo.replace(/^images\//, ''))).metadata();
      await readIndexMap(join(folder, 'maps', photo.replace(/\.png$/, '.png')), {
        ...{ width, height, entries: 32, codebook: codebook.hash },
      });
    }
    const progress = ofType(events, 'codebookProgress');
    expect(progress.at(-1)).toMatchObject({ stage: 'encoding', done: 1, photos: 3, photosTotal: 3 });
    expect(progress.map(({ done }) => done)).toEqual(progress.map(({ done }) => done).sort((a, b) => a - b));
  });

  it('makes maps at the resolution that was asked for', async () => {
    await run({ settings: { codebookSize: 32, codebookEpochs: 1, threads: 1, mapResolution: 20 } });
    const { width, height } = await readIndexMap(join(folder, 'maps', photos[1]));
    expect(Math.max(width, height)).toBe(20);
  });

  it('draws pictures: the chart, and the map over every photo', async () => {
    const events = await run({ pictures: join(folder, 'pictures'), paletteSeed: 3 });
    const files = ofType(events, 'picture').map(({ file }) => file);
    expect(files).toHaveLength(4);
    for (const file of files) expect((await sharp(file).metadata()).width).toBeGreaterThanOrEqual(900);
  });

  it('goes without names, and says so, when the text encoder is not there', async () => {
    const events = await run({ words: 'nyu40' });
    expect(ofType(events, 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('entries stay without names: /nowhere/clip'),
    ]);
    expect(ofType(events, 'codebookFinished')[0].summary?.names).toEqual([]);
  });

  it('goes on without a photo whose features are damaged', async () => {
    const [broken] = (await readdir(join(folder, 'features'))).filter((name) =>
      name.startsWith(photos[2].replace(/\.png$/, '')),
    );
    await writeFile(join(folder, 'features', broken), 'damaged');
    const events = await run();
    expect(ofType(events, 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining(`${photos[2]} is left out: `),
    ]);
    expect(ofType(events, 'codebookFinished')[0].summary).toMatchObject({ photos: 2 });
    expect(await readdir(join(folder, 'maps'))).toHaveLength(2);
  });

  it('ends within a batch when it is cancelled, and leaves nothing', async () => {
    const events = await run({}, (event, cancel) => event.type === 'codebookProgress' && cancel());
    expect(ofType(events, 'codebookFinished')).toMatchObject([{ complete: false, summary: null }]);
    expect((await readdir(folder)).sort()).toEqual(['features', 'tiny']);
  });

  it('says what to run when there are no features, or those of another capture', async () => {
    await rm(join(folder, 'features', 'features.json'));
    await expect(run()).rejects.toThrow('run `legato features` first');
    await writeFeatures(join(folder, 'features'), capture);
    const other = await writeTinyCapture(join(folder, 'other'), { cameras: 2, gaussians: 10 });
    await expect(run({ capture: other })).rejects.toThrow(/which capture .*other does not hold/);
  });
});
