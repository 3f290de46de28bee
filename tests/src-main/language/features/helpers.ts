/** Small captures of plain pictures, the tiny encoders of tests/fixtures/features, and a job with its events. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import type { FeaturesCommand, LanguageEvent, LanguageEventOf } from '#contract/languageMessages';
import { runFeatureJob } from '../../../../src-main/language/features/index';
import { repositoryPath } from '../../../shared';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A new folder that vanishes after the test file. */
export async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'legato-features-'));
  folders.push(folder);
  return folder;
}

export const tiny = (name: 'clip' | 'plain' | 'dino' | 'fixed' | 'nan'): string =>
  repositoryPath('tests', 'fixtures', 'features', name);

/** 0 … 255 at a pixel. */
export type Paint = (x: number, y: number) => readonly [number, number, number];

/** A capture of 24×16 px photos; returns its folder. @param lens  fields of transforms.json in place of a pinhole's */
export async function writeCapture(
  folder: string,
  photos: Readonly<Record<string, Paint>>,
  lens: object = {},
): Promise<string> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const [width, height] = [24, 16];
  for (const [name, paint] of Object.entries(photos))
    await paintPhoto(join(folder, 'images', name), paint, width, height);
  const frames = Object.keys(photos).map((name, i) => ({
    file_path: `images/${name}`,
    transform_matrix: [
      [1, 0, 0, i],
      [0, 1, 0, 0],
      [0, 0, 1, 4],
      [0, 0, 0, 1],
    ],
  }));
  const intrinsics = { w: width, h: height, fl_x: 20, fl_y: 20, cx: width / 2, cy: height / 2 };
  await writeFile(
    join(folder, 'transforms.json'),
    JSON.stringify({ camera_model: 'PINHOLE', ...intrinsics, ...lens, frames }),
  );
  return folder;
}

export async function paintPhoto(path: string, paint: Paint, width = 24, height = 16): Promise<void> {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return paint(pixel % width, Math.floor(pixel / width))[i % 3];
  });
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

/** Left half one colour, right half another. */
export const halves =
  (left: readonly [number, number, number], right: readonly [number, number, number]): Paint =>
  (x) =>
    x < 12 ? left : right;

export const jobSettings = {
  holdout: 0,
  threads: 1,
  cropLevels: 3,
  cropScaleMin: 0.25,
  cropScaleMax: 0.5,
  featureRows: 4,
} as const;

export function command(capture: string, features: string, changes: Partial<FeaturesCommand> = {}): FeaturesCommand {
  return {
    type: 'features',
    capture,
    features,
    all: false,
    provider: 'cpu',
    memoryBytes: null,
    acceptCost: false,
    planOnly: false,
    pictures: null,
    firstMaps: null,
    ...changes,
    settings: { ...jobSettings, clipModel: tiny('clip'), dinoModel: tiny('dino'), ...changes.settings },
  };
}

export class Events {
  readonly all: LanguageEvent[] = [];

  of<T extends LanguageEvent['type']>(type: T): LanguageEventOf<T>[] {
    return this.all.filter((event): event is LanguageEventOf<T> => event.type === type);
  }

  /** Texts of the warnings, without the one that every capture without points has. */
  get warnings(): string[] {
    return this.of('warning')
      .map(({ message }) => message)
      .filter((message) => !message.includes('no sparse points'));
  }

  get finished(): LanguageEventOf<'finished'> {
    const found = this.of('finished')[0];
    if (!found) throw new Error('the job did not finish');
    return found;
  }
}

/** Runs a job in this process. @param watch  may cancel */
export async function runJob(
  job: FeaturesCommand,
  watch?: (event: LanguageEvent, cancel: () => void) => void,
): Promise<Events> {
  const events = new Events();
  const controller = new AbortController();
  const publish = (event: LanguageEvent): void => {
    events.all.push(event);
    watch?.(event, () => controller.abort());
  };
  await runFeatureJob(job, { publish, signal: controller.signal });
  return events;
}
