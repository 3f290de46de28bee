/**
 * From a stroke to the live segmentation around it, while the run trains: seconds until at least half of the painted pixels, and of the
 * painted splats, show the painted class among the answers to all names.
 *
 *   npm run bench -- stroke room.legato [--strokes 6] [--weight 1]
 *
 *   wrong   a patch that answers mistake is painted with its true name, as a person would
 *   other   a place that is answered rightly is painted with the name of another class: all that the photos say is against it
 *
 * Pixels are coloured as the moving picture does, by the answers of splats (overlay `class`), over which a person's word stands. Beside it
 * is told what the picture would show by what splats decode to alone (overlay `entry`: the asked name that their most probable entry is
 * nearest to), which is what labels teach. The project is copied; its run goes on with steps of semantics.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resizeCamera } from '#contract/camera';
import { defaultNegatives } from '../../../src-main/language/text/index';
import { SceneLanguage } from '../../../src-main/studio/sceneLanguage';
import { openTrainedScene } from '../../../src-main/studio/trainedScene';
import { MOST_NAMES, Page } from './page';
import { paintedPixels, Person, shownIn, strokeThrough } from './person';
import { Room } from './room';

const ENLARGED = 3;
const STEPS = 100_000;
const PATIENCE = 30_000;
const HALF = 0.5;

/** Class numbers by entry: the asked name that it is nearest to, if it is nearer to it than to the negatives. */
async function nearestNames(project: string, room: Room, asked: readonly number[]): Promise<Uint8Array> {
  const { root, capture } = await openTrainedScene(
    project,
    { backend: 'auto', threads: 2, resolution: null },
    () => undefined,
  );
  const language = await SceneLanguage.open({ root, capture, settings: { threads: 1 } });
  const { size } = language.codebook;
  const names = asked.map((is) => room.names[is]);
  const { values } = await language.words(names, defaultNegatives, 'relevancies');
  await language.close();
  const relevancy = (i: number, entry: number): number => values[i * size + entry];
  return Uint8Array.from({ length: size }, (_, entry) => {
    const best = asked.map((_is, i) => i).reduce((a, b) => (relevancy(b, entry) > relevancy(a, entry) ? b : a));
    return relevancy(best, entry) >= HALF ? asked[best] : 0;
  });
}

export async function printStrokeTime(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { strokes: { type: 'string', default: '6' }, weight: { type: 'string' } },
  });
  const room = await Room.open(positionals[0]);
  const folder = await mkdtemp(join(tmpdir(), 'legato-stroke-'));
  const project = join(folder, 'room.legato');
  await cp(positionals[0], project, { recursive: true });
  await rm(join(project, 'lock'), { force: true });
  process.env.LEGATO_HOME = folder;
  const page = new Page();
  await page.open(project);
  // The classes that are seen most.
  const sizes = new Float64Array(room.names.length);
  for (const { truth } of room.looks) for (const is of truth) sizes[is]++;
  const asked = [...room.names.keys()]
    .slice(1)
    .sort((a, b) => sizes[b] - sizes[a])
    .slice(0, MOST_NAMES);
  const person = new Person(room);
  const settings = { semanticSteps: STEPS, ...(values.weight !== undefined && { labelWeight: Number(values.weight) }) };
  await page.perform({ type: 'train', settings, resume: true, paused: false });
  await page.until(() => page.state.trainer?.state === 'running');
  await page.ask(asked.map((is) => room.names[is]));
  const nearest = await nearestNames(positionals[0], room, asked);
  /** Class numbers that splats show, that they decode to, and that they are labelled with. */
  const seen = async (): Promise<Record<'answers' | 'decoded' | 'labels', Uint8Array>> => {
    const overlays = await page.overlays(['class', 'entry', 'label']);
    const classes = page.state.labels?.classes ?? [];
    const number = new Map(classes.map(({ label, name }) => [label, room.names.indexOf(name)]));
    return {
      answers: Uint8Array.from(overlays('class') as Uint8Array, (question) => (question ? asked[question - 1] : 0)),
      decoded: Uint8Array.from(overlays('entry') as Uint8Array, (entry) => nearest[entry]),
      labels: Uint8Array.from(overlays('label') as Uint16Array, (label) => number.get(label) ?? 0),
    };
  };

  const begun = page.state.trainer?.step ?? 0;
  const times: Record<'wrong' | 'other', number[]> = { wrong: [], other: [] };
  for (let i = 0; i < Number(values.strokes); i++) {
    const kind = i % 2 === 0 ? 'wrong' : 'other';
    const { answers: numbers } = await seen();
    let patch = person.choose(numbers, (is) => asked.includes(is));
    if (!patch) break;
    if (kind === 'other') {
      // The next thing in the list of classes, for the place that is answered best: largest right patch of the same picture.
      const { look, is } = patch;
      const shown = shownIn(look, numbers, room.names.length);
      const pixels = person.rightPatch(look, shown);
      if (!pixels) continue;
      const there = look.truth[pixels[0]];
      patch = { look, pixels, value: 0, is: is === there ? (asked.find((other) => other !== there) ?? is) : is };
    }
    person.painted(patch);
    const stroke = strokeThrough(patch);
    const { camera } = patch.look;
    const larger = resizeCamera(camera, ENLARGED * camera.width, ENLARGED * camera.height);
    const points = stroke.points.map(([x, y]): [number, number] => [ENLARGED * x, ENLARGED * y]);
    const pixels = paintedPixels(patch.look, stroke);
    const { is, look } = patch;
    const share = (now: Uint8Array): number => {
      const shown = shownIn(look, now, room.names.length);
      return pixels.filter((pixel) => shown[pixel] === is).length / pixels.length;
    };
    const before = share(numbers);
    const at = performance.now();
    const step = page.state.trainer?.step ?? 0;
    const changed = await page.label(
      { kind: 'brush', points, radius: ENLARGED * stroke.radius },
      larger,
      room.names[is],
    );
    const heard = (performance.now() - at) / 1000;
    let now = before;
    while (now < HALF && performance.now() - at < PATIENCE) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = share((await seen()).answers);
    }
    const seconds = (performance.now() - at) / 1000;
    const later = await seen();
    const [covered, decoded] = [share(later.labels), share(later.decoded)];
    times[kind].push(now < HALF ? Infinity : seconds);
    console.log(
      `${kind}: ${changed} splats as ${room.names[is]}, ${pixels.length} px, of which labels show on ${(100 * covered).toFixed(0)} %: labelled in ${heard.toFixed(1)} s, ` +
        `${(100 * before).toFixed(0)} % → ${(100 * now).toFixed(0)} % of the pixels after ${seconds.toFixed(1)} s, ` +
        `${(page.state.trainer?.step ?? 0) - step} steps; by what splats decode to alone ${(100 * decoded).toFixed(0)} %` +
        (nearest.includes(is) ? '' : ' (no entry is nearest to this name)'),
    );
  }
  const steps = (page.state.trainer?.step ?? 0) - begun;
  for (const [kind, list] of Object.entries(times)) {
    const sorted = [...list].sort((a, b) => a - b);
    const [median, worst] = [sorted[sorted.length >> 1], sorted[sorted.length - 1]];
    if (sorted.length > 0)
      console.log(`${kind}: median ${median.toFixed(1)} s, worst ${worst.toFixed(1)} s of ${sorted.length}`);
  }
  console.log(`${steps} steps meanwhile, load of the machine ${(await import('node:os')).loadavg()[0].toFixed(1)}`);
  await page.perform({ type: 'stop' });
  await page.atRest();
  await page.close();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}
