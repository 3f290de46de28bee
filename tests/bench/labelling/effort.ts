/**
 * How many gestures it takes to label a room: a scripted person who knows the truth (person.ts), through the studio's own session and
 * trainer (page.ts), scored on the true surface (room.ts).
 *
 *   npm run bench -- labelling room.legato [--ways brush,query,feedback] [--gestures 300] [--steps 100] [--every 10]
 *
 *   brush      strokes alone
 *   query      all names are asked, 24 at a time; each answer is accepted with the threshold that suits it best by what is seen, where that
 *              makes the picture better; strokes mend the rest
 *   feedback   likewise, but after accepting and after every so many strokes the run goes on for some steps, in which labels teach, and
 *              answers are looked at and accepted anew where that mends more than a stroke would
 *
 * A stroke, an answer that is accepted, and undoing a stroke after which the pictures are worse, is a gesture each. The person goes on until
 * 0.90, until nothing is left that a stroke could mend, or until the patience is at an end. The project is copied, never changed.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resizeCamera } from '#contract/camera';
import { labelsOfSnapshot, readLabelBook } from '../../../src-main/studio/projectLabels';
import { openTrainedScene } from '../../../src-main/studio/trainedScene';
import { MOST_NAMES, Page } from './page';
import { paintedPixels, Person, shownIn, strokeThrough } from './person';
import { Room } from './room';

const WANTED = 0.9;
const TOLD = [0.5, 0.6, 0.7, 0.8, 0.85, WANTED];
const THRESHOLDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** What an answer must add to the seen mean IoU to be worth a gesture, as a share of what all of one class adds. */
const WORTH = 0.05;
/** Gestures between two scores that are told. */
const TELL = 10;
/** Steps of semantics that the run is given: it is paused long before. */
const PLENTY = 100_000;
/** A picture on a screen is larger than a photo as it is trained on. */
const ENLARGED = 3;

const ways = ['brush', 'query', 'feedback'] as const;
type Way = (typeof ways)[number];

interface Outcome {
  readonly way: Way;
  readonly gestures: number;
  readonly strokes: number;
  readonly undone: number;
  readonly answers: number;
  readonly steps: number;
  readonly score: number;
  /** gestures until each of TOLD; null where it was not reached */
  readonly until: (number | null)[];
  /** mean IoU of what the pictures show at the end, and gestures until it was WANTED */
  readonly pictures: number;
  readonly picturesUntil: number | null;
  readonly seconds: number;
  /** mean share of the pixels under a stroke that show its class afterwards */
  readonly covers: number;
}

/** One way of labelling a copy of the project, from nothing. */
class Effort {
  readonly #room: Room;
  readonly #page: Page;
  readonly #person: Person;
  readonly #way: Way;
  readonly #limit: number;
  #strokes = 0;
  #undone = 0;
  #answers = 0;
  #steps = 0;
  #score = 0;
  /** gestures when the score was last told */
  #told = 0;
  /** as last scored */
  #numbersNow: Uint8Array = new Uint8Array(0);
  /** of each stroke, share of the pixels under the brush that then show its class */
  readonly #covers: number[] = [];
  readonly #until: (number | null)[] = TOLD.map(() => null);
  #picturesUntil: number | null = null;

  constructor(room: Room, page: Page, way: Way, limit: number) {
    this.#room = room;
    this.#page = page;
    this.#person = new Person(room);
    this.#way = way;
    this.#limit = limit;
  }

  get #gestures(): number {
    return this.#strokes + this.#undone + this.#answers;
  }

  get #over(): boolean {
    return this.#gestures >= this.#limit || this.#score >= WANTED;
  }

  async run(every: number, steps: number): Promise<Outcome> {
    const begun = performance.now();
    if (this.#way !== 'brush') await this.#accept();
    if (this.#way === 'feedback') await this.#learn(steps);
    for (let strokes = 1; !this.#over && (await this.#stroke()); strokes++)
      if (this.#way === 'feedback' && strokes % every === 0) await this.#learn(steps);
    const seconds = (performance.now() - begun) / 1000;
    return {
      ...{ way: this.#way, gestures: this.#gestures, strokes: this.#strokes, undone: this.#undone },
      ...{ answers: this.#answers },
      ...{ steps: this.#steps, score: this.#score, until: this.#until, seconds },
      ...{ pictures: this.#person.score, picturesUntil: this.#picturesUntil },
      covers: this.#covers.reduce((sum, share) => sum + share, 0) / Math.max(1, this.#covers.length),
    };
  }

  /** Class numbers of the splats, as the page shows their labels. */
  async #numbers(): Promise<Uint8Array> {
    const overlays = await this.#page.overlays(['label']);
    return this.#numbersOf(overlays('label') as Uint16Array);
  }

  #numbersOf(labels: Uint16Array): Uint8Array {
    const { names, ids } = this.#room;
    const classes = this.#page.state.labels?.classes ?? [];
    const number = new Map(classes.map(({ label, name }) => [label, names.indexOf(name)]));
    if (this.#page.ids.some((id, row) => id !== ids[row])) throw new Error('splats are others than those of the truth');
    return Uint8Array.from(labels, (label) => number.get(label) ?? 0);
  }

  #scored(numbers: Uint8Array): void {
    this.#numbersNow = numbers;
    this.#person.look(numbers);
    if (this.#person.score >= WANTED) this.#picturesUntil ??= this.#gestures;
    this.#score = this.#room.score(numbers);
    TOLD.forEach((wanted, i) => {
      if (this.#score >= wanted) this.#until[i] ??= this.#gestures;
    });
    if (this.#gestures >= this.#told + TELL) {
      this.#told = this.#gestures;
      this.tell();
    }
  }

  tell(what = ''): void {
    const scores = `3D mIoU ${this.#score.toFixed(3)}   pictures ${this.#person.score.toFixed(3)}`;
    const seen = `${String(this.#gestures).padStart(5)} gestures   ${scores}`;
    console.log(`${this.#way.padEnd(9)}${seen}${what && `   ${what}`}`);
  }

  /** The classes that are labelled worst, with their IoU. */
  worst(room: Room): string[] {
    const scores = room.scores(this.#numbersNow);
    const ranked = [...scores.keys()].slice(1).sort((a, b) => scores[a] - scores[b]);
    return ranked.slice(0, 8).map((is) => `${room.names[is]} ${scores[is].toFixed(2)}`);
  }

  async #stroke(): Promise<boolean> {
    const patch = this.#person.choose(await this.#numbers());
    if (!patch) return false;
    const before = this.#person.score;
    const { camera } = patch.look;
    const { points, radius } = strokeThrough(patch);
    const larger = resizeCamera(camera, ENLARGED * camera.width, ENLARGED * camera.height);
    const enlarged = points.map(([x, y]): [number, number] => [ENLARGED * x, ENLARGED * y]);
    const stroke = { kind: 'brush' as const, points: enlarged, radius: ENLARGED * radius };
    const changed = await this.#page.label(stroke, larger, this.#room.names[patch.is]);
    this.#person.painted(patch);
    // What did nothing is undone by itself, but a person has made it.
    this.#strokes++;
    const numbers = await this.#numbers();
    const shown = shownIn(patch.look, numbers, this.#room.names.length);
    const painted = paintedPixels(patch.look, { kind: 'brush', points, radius });
    this.#covers.push(painted.filter((pixel) => shown[pixel] === patch.is).length / painted.length);
    this.#person.look(numbers);
    if (changed > 0 && this.#person.score < before) {
      await this.#page.perform({ type: 'undo' });
      this.#undone++;
      this.#scored(await this.#numbers());
    } else if (changed > 0) this.#scored(numbers);
    return true;
  }

  /** Asks all names and accepts the answers that make the picture better. */
  async #accept(): Promise<void> {
    const names = this.#room.names.slice(1);
    for (let from = 0; from < names.length && !this.#over; from += MOST_NAMES) {
      const own = names.slice(from, from + MOST_NAMES);
      // Beside the last few names others are asked again, so that what is theirs is not answered with one of these.
      const questions = [...own, ...names.slice(0, from)].slice(0, MOST_NAMES);
      await this.#page.ask(questions);
      const overlays = await this.#page.overlays(['class', 'relevancy']);
      const answers = { best: overlays('class') as Uint8Array, relevancy: overlays('relevancy') as Uint16Array };
      await this.#acceptOf(own, await this.#numbers(), answers);
    }
  }

  async #acceptOf(
    questions: readonly string[],
    numbers: Uint8Array,
    { best, relevancy }: { best: Uint8Array; relevancy: Uint16Array },
  ): Promise<void> {
    for (const [question, name] of questions.entries()) {
      const is = this.#room.names.indexOf(name);
      const meant = Array.from(best.keys()).filter((row) => best[row] === question + 1);
      const before = this.#room.seenScore(numbers);
      let chosen: { threshold: number; keep: boolean; gain: number; numbers: Uint8Array } | null = null;
      for (const keep of [false, true])
        for (const threshold of THRESHOLDS) {
          const after = numbers.slice();
          const least = Math.round(65_535 * threshold);
          for (const row of meant) if (relevancy[row] >= least && !(keep && after[row])) after[row] = is;
          const gain = this.#room.seenScore(after) - before;
          if (gain > (chosen?.gain ?? WORTH / (this.#room.names.length - 1)))
            chosen = { threshold, keep, gain, numbers: after };
        }
      if (!chosen || this.#over) continue;
      await this.#page.label({ kind: 'answer', question, threshold: chosen.threshold }, null, name, chosen.keep);
      this.#answers++;
      numbers = await this.#numbers();
      this.#scored(numbers);
    }
  }

  /** The run goes on for some steps of semantics, and answers are looked at again. */
  async #learn(steps: number): Promise<void> {
    if (this.#over) return;
    const page = this.#page;
    const from = page.state.trainer?.step ?? 0;
    const more = { type: 'train', settings: { semanticSteps: PLENTY }, resume: true, paused: false } as const;
    await page.perform(this.#steps === 0 ? more : { type: 'resume' });
    await page.until(() => (page.state.trainer?.step ?? 0) >= from + steps);
    await page.perform({ type: 'pause' });
    await page.atRest();
    this.#steps += (page.state.trainer?.step ?? 0) - from;
    const [answers, score] = [this.#answers, this.#score];
    await this.#accept();
    this.tell(
      `${steps} steps, then ${this.#answers - answers} answers: ${score.toFixed(3)} → ${this.#score.toFixed(3)}`,
    );
  }
}

/** The score of what is on the disk: what was shown was kept. */
async function scoreOnDisk(project: string, room: Room): Promise<number> {
  const trained = await openTrainedScene(project, { backend: 'auto', threads: 2, resolution: null }, () => undefined);
  const { taxonomy, classes } = labelsOfSnapshot(await readLabelBook(project), trained.snapshot, null, project);
  const names = new Map(taxonomy.classes.map(({ id, name }) => [id, room.names.indexOf(name)]));
  return room.score(Uint8Array.from(classes, (id) => names.get(id) ?? 0));
}

export async function printLabellingEffort(argv: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      ways: { type: 'string', default: ways.join() },
      gestures: { type: 'string', default: '300' },
      steps: { type: 'string', default: '100' },
      every: { type: 'string', default: '10' },
    },
  });
  const [path] = positionals;
  const room = await Room.open(path);
  console.log(
    `${path}: ${room.names.length - 1} classes, ${room.ids.length} splats; their best labels reach ${room.ceiling.toFixed(3)}, ` +
      `those that most of their light has in ${room.looks.length} pictures ${room.byLight.toFixed(3)}`,
  );
  const outcomes: Outcome[] = [];
  for (const way of values.ways.split(',') as Way[]) {
    const folder = await mkdtemp(join(tmpdir(), 'legato-labelling-'));
    const project = join(folder, 'room.legato');
    await cp(path, project, { recursive: true });
    await rm(join(project, 'lock'), { force: true });
    process.env.LEGATO_HOME = folder;
    const page = new Page();
    await page.open(project);
    const effort = new Effort(room, page, way, Number(values.gestures));
    const outcome = await effort.run(Number(values.every), Number(values.steps));
    effort.tell('at the end');
    console.log(`  worst: ${effort.worst(room).join(', ')}`);
    await page.close();
    const kept = await scoreOnDisk(project, room);
    if (Math.abs(kept - outcome.score) > 1e-9) throw new Error(`${kept} is on the disk, ${outcome.score} was shown`);
    outcomes.push(outcome);
    await rm(folder, { recursive: true, force: true });
  }
  console.log(
    `\n| way | ${TOLD.map((score) => `to ${score}`).join(' | ')} | at the end | pictures to ${WANTED} | at the end | strokes | undone | under the brush | answers | steps | s |`,
  );
  console.log(`| --- ${'| --- '.repeat(TOLD.length)}| --- | --- | --- | --- | --- | --- | --- | --- | --- |`);
  for (const {
    way,
    until,
    gestures,
    score,
    pictures,
    picturesUntil,
    strokes,
    undone,
    covers,
    answers,
    steps,
    seconds,
  } of outcomes)
    console.log(
      `| ${way} | ${until.map((count) => count ?? '–').join(' | ')} | ${score.toFixed(3)} after ${gestures} ` +
        `| ${picturesUntil ?? '–'} | ${pictures.toFixed(3)} | ${strokes} | ${undone} | ${(100 * covers).toFixed(0)} % | ${answers} | ${steps} | ${seconds.toFixed(0)} |`,
    );
  process.exit(0);
}
