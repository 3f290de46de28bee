/**
 * How many gestures it takes to label a room: a scripted person who knows the truth, through the studio's own session and trainer.
 *
 *   npm run bench -- labelling room.legato [--gestures 120] [--query]
 *
 * Each turn the person looks at twelve photos' poses with the labels on them, takes the largest connected patch of one class that is not
 * labelled so, and paints it with one stroke: a brush as wide as the widest place of the patch, led along its middle. Labels are scored
 * on the true surface as direct 3D is (METHOD §5), over all classes that have points. With --query the names are asked first and each
 * answer is accepted, one gesture a name, and painted over afterwards.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import type { PinholeCamera } from '#contract/camera';
import { decodeFrame } from '#contract/frame';
import type { Frame } from '#contract/frame';
import type { LabelRegion } from '#contract/labels';
import type { PhotoState, StudioState } from '#contract/studio';
import { readTruth, truthMap } from '../../src-main/capture/demo/index';
import { PhotoViews } from '../../src-main/training/photoViews';
import { labelsOfSnapshot, readLabelBook } from '../../src-main/studio/projectLabels';
import { StudioSession } from '../../src-main/studio/session/studioSession';
import { readTruthSurface, SurfaceSearch } from '../../src-main/studio/surfaceClasses';
import { openTrainedScene } from '../../src-main/studio/trainedScene';

const VIEWS = 12;
/** Names that one question may hold. */
const NAMES = 24;
const SCORED_EVERY = 10;
/** Patches that are too small to be worth a stroke, px. */
const SPECK = 12;
const quiet = (): void => undefined;

type Point = [number, number];

interface Patch {
  readonly photo: number;
  /** truth's class */
  readonly class: number;
  readonly pixels: readonly number[];
}

/** Connected patches of the pixels that are marked, four neighbours. */
function patches(marks: Uint8Array, width: number): number[][] {
  const left = marks.slice();
  const found: number[][] = [];
  for (let start = 0; start < left.length; start++) {
    if (!left[start]) continue;
    const patch = [start];
    left[start] = 0;
    for (const pixel of patch) {
      const x = pixel % width;
      for (const [next, inside] of [
        [pixel - 1, x > 0],
        [pixel + 1, x < width - 1],
        [pixel - width, pixel >= width],
        [pixel + width, pixel + width < left.length],
      ] as const)
        if (inside && left[next]) {
          left[next] = 0;
          patch.push(next);
        }
    }
    found.push(patch);
  }
  return found;
}

/** One stroke along the middle of a patch. */
function strokeOf(pixels: readonly number[], width: number, height: number): Extract<LabelRegion, { kind: 'brush' }> {
  const inside = new Uint8Array(width * height);
  for (const pixel of pixels) inside[pixel] = 1;
  // City-block distance to what lies outside, by two passes.
  const distance = new Float32Array(width * height);
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : distance[y * width + x];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      distance[y * width + x] = inside[y * width + x] ? 1 + Math.min(at(x - 1, y), at(x, y - 1)) : 0;
  for (let y = height - 1; y >= 0; y--)
    for (let x = width - 1; x >= 0; x--)
      distance[y * width + x] = Math.min(distance[y * width + x], 1 + Math.min(at(x + 1, y), at(x, y + 1)));
  const widest = Math.max(...pixels.map((pixel) => distance[pixel]));
  const radius = Math.max(1, 0.75 * widest);
  let middle: Point[] = pixels
    .filter((pixel) => distance[pixel] >= 0.7 * widest)
    .map((pixel) => [(pixel % width) + 0.5, Math.floor(pixel / width) + 0.5]);
  const points: Point[] = [];
  let [x, y] = middle[0];
  // To the nearest place that is left, as long as the way there stays within the patch.
  for (;;) {
    middle = middle.filter(([mx, my]) => Math.hypot(mx - x, my - y) > radius / 2 || (mx === x && my === y));
    points.push([x, y]);
    const [nearest] = middle
      .filter(([mx, my]) => mx !== x || my !== y)
      .sort((a, b) => Math.hypot(a[0] - x, a[1] - y) - Math.hypot(b[0] - x, b[1] - y));
    if (!nearest || Math.hypot(nearest[0] - x, nearest[1] - y) > 2 * radius || points.length > 200) break;
    [x, y] = nearest;
  }
  return { kind: 'brush', points, radius };
}

export async function printLabellingEffort(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { gestures: { type: 'string', default: '120' }, query: { type: 'boolean', default: false } },
  });
  const folder = await mkdtemp(join(tmpdir(), 'legato-labelling-'));
  const project = join(folder, 'room.legato');
  await cp(positionals[0], project, { recursive: true });
  await rm(join(project, 'lock'), { force: true });
  process.env.LEGATO_HOME = folder;
  const trained = await openTrainedScene(project, { backend: 'auto', threads: 2, resolution: null }, quiet);
  const truth = await readTruth(trained.capture);
  const surface = await readTruthSurface(trained.capture);
  const geometry = trained.snapshot.tensors.geometry.data as Float32Array;
  const search = new SurfaceSearch(surface, trained.scene, geometry, truth, trained.settings.antialiased);
  const views = new PhotoViews(trained.photos, trained.settings);
  for (let index = 0; index < views.count; index++)
    await search.addPhoto(trained.capture, views.names[index], await views.camera(index));
  const { rows, visible } = search.result();
  const nameOf = new Map(truth.classes.map(({ id, name }) => [id, name]));

  /** Mean IoU over the classes that have points, of the labels that are on the disk. */
  const score = async (): Promise<number> => {
    const labels = labelsOfSnapshot(await readLabelBook(project), trained.snapshot, null, project);
    const names = new Map(labels.taxonomy.classes.map(({ id, name }) => [id, name]));
    const tallies = new Map<string, { both: number; either: number; points: number }>();
    const tally = (name: string) => {
      let one = tallies.get(name);
      if (!one) tallies.set(name, (one = { both: 0, either: 0, points: 0 }));
      return one;
    };
    for (let point = 0; point < surface.count; point++) {
      if (!visible[point]) continue;
      const wanted = nameOf.get(surface.classes[point]) ?? '';
      const found = rows[point] < 0 ? null : (names.get(labels.classes[rows[point]]) ?? null);
      const own = tally(wanted);
      own.points++;
      own.either++;
      if (found === wanted) own.both++;
      else if (found !== null) tally(found).either++;
    }
    const scored = [...tallies.values()].filter(({ points }) => points > 0);
    return scored.reduce((sum, { both, either }) => sum + both / either, 0) / scored.length;
  };

  let state: StudioState | null = null;
  let picture: Frame | null = null;
  const session = new StudioSession();
  const page = session.join({
    event: (event) => {
      if (event.type === 'state') state = event.state;
    },
    frame: (bytes) => {
      const frame = decodeFrame(bytes.slice().buffer);
      if (frame.header.kind === 'picture') picture = frame;
      void page.perform({ type: 'taken', sequence: frame.header.sequence });
    },
  });
  const now = (): StudioState | null => state;
  const until = async (test: () => boolean): Promise<void> => {
    while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await page.perform({ type: 'open', path: project });
  await until(() => ['idle', 'paused'].includes(now()?.trainer?.state ?? '') && now()?.semantics != null);
  const photos = (await page.perform({ type: 'photos' })) as PhotoState[];
  const seen = photos.filter(({ heldOut }) => !heldOut);
  const looks = Array.from({ length: VIEWS }, (_, i) => seen[Math.floor(((i + 0.5) * seen.length) / VIEWS)]);
  const truths = await Promise.all(
    looks.map(async ({ name, camera: { width, height } }) => {
      const file = truthMap(trained.capture, 'class', name);
      const shrunk = sharp(file).resize(width, height, { kernel: 'nearest', fit: 'fill' });
      const { data } = await shrunk.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
      return new Uint8Array(data);
    }),
  );
  let request = 0;
  const labelled = async (camera: PinholeCamera): Promise<Uint16Array> => {
    const own = ++request;
    await page.perform({ type: 'look', request: own, camera, channel: 'label', way: 'blended' });
    await until(() => picture?.header.kind === 'picture' && picture.header.request === own);
    return picture?.sections.get('values') as Uint16Array;
  };
  let gestures = 0;
  const label = async (region: LabelRegion, camera: PinholeCamera | null, name: string): Promise<void> => {
    gestures++;
    const usual = { through: false, mode: 'add', keepExisting: false } as const;
    await page.perform({ type: 'label', region, camera, target: { kind: 'named', name }, ...usual });
  };
  const report = async (): Promise<number> => {
    const miou = await score();
    console.log(`${String(gestures).padStart(5)} gestures   3D mIoU ${miou.toFixed(3)}`);
    return miou;
  };

  if (values.query) {
    const names = truth.classes.map(({ name }) => name);
    for (let from = 0; from < names.length; from += NAMES) {
      const questions = names.slice(from, from + NAMES);
      const ask = { questions, negatives: ['object', 'things', 'stuff', 'texture'], order: 'relevancies' as const };
      await page.perform({ type: 'ask', ask, keep: false });
      await until(() => now()?.ask?.pending === false);
      for (const [question, name] of questions.entries())
        await label({ kind: 'answer', question, threshold: 0.5 }, null, name);
    }
    await report();
  }
  const done = new Set<string>();
  let reached: number | null = null;
  while (gestures < Number(values.gestures) && reached === null) {
    let worst: Patch | null = null;
    for (const [photo, { camera }] of looks.entries()) {
      const values = await labelled(camera);
      const classOf = new Map((now()?.labels?.classes ?? []).map((one) => [one.label, one.name]));
      for (const { id, name } of truth.classes) {
        const wrong = Uint8Array.from(values, (value, i) =>
          truths[photo][i] === id && classOf.get(value) !== name ? 1 : 0,
        );
        for (const pixels of patches(wrong, camera.width)) {
          const known = done.has(`${photo} ${id} ${pixels[0]} ${pixels.length}`);
          if (!known && pixels.length >= SPECK && pixels.length > (worst?.pixels.length ?? 0))
            worst = { photo, class: id, pixels };
        }
      }
    }
    if (!worst) break;
    // A patch that a stroke leaves as it is would be painted for ever.
    done.add(`${worst.photo} ${worst.class} ${worst.pixels[0]} ${worst.pixels.length}`);
    const { camera } = looks[worst.photo];
    await label(strokeOf(worst.pixels, camera.width, camera.height), camera, nameOf.get(worst.class) ?? '');
    if (gestures % SCORED_EVERY === 0 && (await report()) >= 0.9) reached = gestures;
  }
  await report();
  console.log(reached === null ? '0.90 was not reached' : `0.90 after ${reached} gestures`);
  await session.close();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}
