/**
 * Queries and scores on a project whose answers are known: files, figures, and everything that can be wrong with a question or a
 * project. Labels differ from the truth only where a pixel's second splat shows through, so 2D scores are held to bounds.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSafetensors } from '../../../src-main/base/index';
import { parsePly } from '../../../src-main/capture/index';
import { runCommandLine } from '../../../src-main/cli/program';
import { evaluateProject } from '../../../src-main/studio/evaluateProject';
import { queryProject } from '../../../src-main/studio/queryProject';
import type { QueryRequest, QueryResult } from '../../../src-main/studio/queryProject';
import { NAMES, SIZE, writeSemanticProject } from './semanticProject';
import type { SemanticProject } from './semanticProject';

let folder: string;
let made: SemanticProject;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-answers-'));
  made = await writeSemanticProject(join(folder, 'right'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const scene = { backend: 'auto', threads: 1, resolution: null } as const;
const usual: QueryRequest = {
  ...scene,
  ...{ queries: [], like: null, negatives: ['object', 'things', 'stuff', 'texture'], threshold: 0.5 },
  ...{ order: 'relevancies', views: null, blended: false, splats: false, out: null },
};
const fail = (message: string): never => expect.fail(message);

async function query(request: Partial<QueryRequest>, project = made.project): Promise<QueryResult[]> {
  const results: QueryResult[] = [];
  for await (const result of queryProject(project, { ...usual, ...request }, fail)) results.push(result);
  return results;
}

const grey = async (file: string): Promise<Buffer> => sharp(file).toColourspace('b-w').raw().toBuffer();
const shareOf = (a: ArrayLike<number>, agrees: (value: number, i: number) => boolean): number =>
  Array.from(a).filter(agrees).length / a.length;

describe('a query', () => {
  it.each([false, true])('of a text: relevancy and mask where the thing is, blended: %s', async (blended) => {
    const out = join(folder, `mug-${blended}`);
    const views = { kind: 'photo', name: '1' } as const;
    const [words, view] = await query({ queries: ['red mug'], views, blended, out });
    expect(words).toMatchObject({ type: 'words', step: 7, texts: ['red mug'], order: 'relevancies' });
    if (view.type !== 'view') return fail('a view comes second');
    expect(view.files).toEqual([join(out, '1.relevancy.png'), join(out, '1.mask.png')]);
    const mask = await grey(view.files[1]);
    expect(shareOf(mask, (value, i) => value === (made.labels[1][i] === 2 ? 255 : 0))).toBeGreaterThan(0.95);
    const [{ range, share }] = view.answers;
    expect(share).toBeCloseTo(
      shareOf(mask, (value) => value === 255),
      6,
    );
    expect(range[0]).toBeLessThan(0.3);
    expect(range[1]).toBeGreaterThan(0.6);
    expect(range[1]).toBeLessThan(1);
    const relevancy = await sharp(view.files[0]).metadata();
    expect([relevancy.width, relevancy.height, relevancy.channels]).toEqual([SIZE.width, SIZE.height, 3]);
  });

  it('of several texts: each pixel takes the best, and none below the threshold', async () => {
    const out = join(folder, 'several');
    const request = { queries: [...NAMES], views: { kind: 'heldOut' }, out } as const;
    const results = await query(request);
    expect(results.map(({ type }) => type)).toEqual(['words', 'view', 'view']);
    const view = results[1];
    if (view.type !== 'view') return fail('a view');
    const labels = await grey(view.files.find((file) => file.endsWith('.labels.png')) ?? '');
    expect(shareOf(labels, (value, i) => value === made.labels[1][i])).toBeGreaterThan(0.93);
    expect(view.files.map((file) => file.replace(/^.*\/1\./, ''))).toEqual([
      'relevancy.png',
      'labels.png',
      'classes.png',
    ]);
    const [, strict] = await query({ ...request, threshold: 1 });
    if (strict.type !== 'view') return fail('a view');
    expect(strict.answers.map(({ share }) => share)).toEqual([0, 0, 0, 0]);
  });

  it('of splats, into a table and into tensors, compound and with scalars', async () => {
    const file = join(folder, 'mugs.ply');
    const queries = ['(red mug OR green plant) AND uncertainty < 0.5'];
    const [, splats] = await query({ queries, splats: true, out: file });
    if (splats.type !== 'splats') return fail('splats come second');
    expect(splats).toMatchObject({ splats: 3, file });
    const [{ columns, count }] = parsePly(await readFile(file), file).elements;
    expect(count).toBe(3);
    expect([...(columns.get('class') ?? [])]).toEqual([0, 1, 0]);
    expect(columns.get('relevancy')?.[2]).toBe(0);
    expect([...(columns.get('id') ?? [])]).toEqual([1, 2, 3]);
    expect(columns.get('z')?.[0]).toBe(4);

    const tensors = join(folder, 'both.safetensors');
    await query({ queries: ['red mug', 'wall AND uncertainty < 0.5 AND opacity > 0.9'], splats: true, out: tensors });
    const { tensors: found } = await readSafetensors(tensors, { maxBytes: 10_000 });
    expect(found.get('relevancies')?.shape).toEqual([3, 2]);
    expect([...(found.get('classes')?.data ?? [])]).toEqual([2, 1, 0]);
  });

  it('in the published order agrees where splats are sure', async () => {
    const [mixed, published] = await Promise.all(
      (['relevancies', 'features'] as const).map((order) =>
        query({ queries: ['green plant'], splats: true, order, out: join(folder, order) }),
      ),
    );
    const ranges = [mixed[1], published[1]].map((one) => (one.type === 'splats' ? one.answers[0].range : []));
    expect(ranges[1][1]).toBeCloseTo(ranges[0][1], 2);
  });

  it('for more like a splat or a pixel', async () => {
    const file = join(folder, 'like.ply');
    const classes = async () => [...(parsePly(await readFile(file), file).elements[0].columns.get('class') ?? [])];
    const [said] = await query({ like: { kind: 'splat', id: 3 }, splats: true, out: file });
    expect(said).toMatchObject({ queries: ['like splat 3'], texts: [] });
    expect(await classes()).toEqual([0, 0, 1]);
    const pixel = made.labels[1].indexOf(2);
    const at = { x: pixel % SIZE.width, y: Math.floor(pixel / SIZE.width) };
    // A border pixel is a mixture: like the ball more than like the wall.
    await query({ like: { kind: 'pixel', photo: '1.png', ...at }, splats: true, out: file });
    expect((await classes())[1]).toBe(1);
  });
});

describe('a question that cannot be answered', () => {
  const ask = (request: Partial<QueryRequest>) => query({ splats: true, out: join(folder, 'never.ply'), ...request });
  it.each([
    [{ queries: [''] }, 'column 1: empty'],
    [{ queries: ['mug NOT'] }, 'column 8: ends where a text is expected'],
    [
      { queries: ['mug', 'weight < 1'] },
      'column 1: "weight" cannot be compared; known are uncertainty, opacity (in "weight < 1")',
    ],
    [{ queries: ['zebra'] }, '"zebra" is not in the toy vocabulary'],
    [{ queries: ['mug '.repeat(90)] }, 'token'],
    [{ queries: ['mug'], negatives: [] }, 'at least one negative'],
    [{ queries: ['mug'], negatives: ['zebra'] }, 'zebra'],
    [{ like: { kind: 'splat', id: 99 } }, 'no splat 99'],
    [{ like: { kind: 'pixel', photo: '9', x: 0, y: 0 } }, 'no photo "9"'],
    [{ like: { kind: 'pixel', photo: '1', x: SIZE.width, y: 0 } }, `lies outside ${SIZE.width} × ${SIZE.height}`],
  ] as [Partial<QueryRequest>, string][])('%o: %s', async (request, message) => {
    await expect(ask(request)).rejects.toThrow(message);
  });

  it.each([
    ['codebook', 'no codebook'],
    ['semantics', 'trained without semantics'],
  ] as const)('of a project without %s', async (without, message) => {
    const { project } = await writeSemanticProject(join(folder, without), { without });
    await expect(query({ queries: ['mug'], splats: true }, project)).rejects.toThrow(message);
    const scores = await evaluateProject(project, scene, fail);
    expect(scores.semantics).toBeNull();
    expect(scores.withoutSemantics).toContain(message);
  });

  it('of a decoder of another codebook', async () => {
    const options = { decoderHash: 'f'.repeat(32) };
    const { project } = await writeSemanticProject(join(folder, 'other'), options);
    await expect(query({ queries: ['mug'], splats: true }, project)).rejects.toThrow('belongs to codebook ffffffff');
    await expect(evaluateProject(project, scene, fail)).rejects.toThrow('belongs to codebook ffffffff');
  });
});

describe('scores of answers', () => {
  it('are near 1 where every splat is right, in 2D and 3D, trained and lifted', async () => {
    const { semantics, lifted, withoutSemantics } = await evaluateProject(
      made.project,
      { ...scene, lifted: true },
      fail,
    );
    expect(withoutSemantics).toBeNull();
    for (const scores of [semantics ?? fail('scores'), lifted ?? fail('scores')]) {
      // A ball has 58 pixels in all, and half of its border pixels are decoded as the wall behind them.
      expect(scores.pixels.meanIoU).toBeGreaterThan(0.75);
      expect(scores.pixels.meanAccuracy).toBeGreaterThan(0.95);
      expect(scores.pixels.meanAveragePrecision).toBeGreaterThan(0.85);
      expect(scores.pixels.everyName.meanIoU).toBeGreaterThanOrEqual(scores.pixels.meanIoU);
      expect(scores.surface.meanIoU).toBeGreaterThan(0.95);
      expect(scores.pixels).toMatchObject({ views: 2, pixels: 2 * SIZE.width * SIZE.height, unanswered: 0 });
      expect(scores.surface).toMatchObject({ points: 6 * SIZE.width * SIZE.height, invisible: 0, none: 0 });
      // A class that no photo shows has no score, rather than a perfect one.
      expect(scores.byClass[3]).toEqual({
        name: 'floor',
        iou: null,
        views: 0,
        pooledIoU: null,
        surfaceIoU: null,
        points: 0,
      });
      expect(scores.byClass.map(({ views }) => views)).toEqual([2, 2, 2, 0]);
    }
  });

  it('fall for the classes whose splats are wrong, and only for those that they take pixels from', async () => {
    // The plant takes itself for a floor: none of it is found, and the mug is as before.
    const { project } = await writeSemanticProject(join(folder, 'wrong'), { decodes: [1, 2, 4] });
    const { semantics, lifted } = await evaluateProject(project, { ...scene, lifted: true }, fail);
    const [wall, mug, plant] = semantics?.byClass ?? [];
    expect([plant.iou, plant.pooledIoU, plant.surfaceIoU]).toEqual([0, 0, 0]);
    expect(mug.surfaceIoU).toBeGreaterThan(0.95);
    expect(wall.pooledIoU).toBeGreaterThan(0.9);
    expect(semantics?.surface.meanIoU).toBeCloseTo(((wall.surfaceIoU ?? 0) + (mug.surfaceIoU ?? 0)) / 3, 6);
    // Lifted labels come from the maps, which are right.
    expect(lifted?.surface.meanIoU).toBeGreaterThan(0.95);
  });

  it('count what belongs to no class', async () => {
    const { semantics } = await evaluateProject(made.project, { ...scene, threshold: 1 }, fail);
    expect(semantics?.pixels).toMatchObject({ none: 2 * SIZE.width * SIZE.height, meanIoU: 0, meanPrecision: 0 });
    expect(semantics?.surface.meanIoU).toBe(0);
    expect((semantics?.surface.none ?? 0) + (semantics?.surface.withoutSplat ?? 0)).toBe(6 * SIZE.width * SIZE.height);
  });

  it('are not given without a truth', async () => {
    const { project } = await writeSemanticProject(join(folder, 'plain'), { without: 'truth' });
    const scores = await evaluateProject(project, scene, fail);
    expect(scores).toMatchObject({ semantics: null, lifted: null });
    expect(scores.withoutSemantics).toContain('no truth/');
    expect(scores.psnr).toBeGreaterThan(20);
    await expect(evaluateProject(project, { ...scene, lifted: true }, fail)).rejects.toThrow('no truth/');
  });
});

describe('on the command line', () => {
  async function legato(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const [out, err]: string[][] = [[], []];
    const written = (to: string[]) => (text: unknown) => {
      to.push(String(text));
      return true;
    };
    const spies = [
      vi.spyOn(process.stdout, 'write').mockImplementation(written(out)),
      vi.spyOn(process.stderr, 'write').mockImplementation(written(err)),
    ];
    try {
      return { code: await runCommandLine([...args, '--threads', '1']), out: out.join(''), err: err.join('') };
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }

  it('query prints ranges and files, or JSON lines', async () => {
    const out = join(folder, 'cli');
    const said = await legato('query', made.project, 'red mug', '--view', '1', '--3d', '--out', out);
    expect([said.code, said.err]).toEqual([0, '']);
    expect(said.out).toMatch(/^"red mug" against object, things, stuff, texture: \d+ ms to embed\n3 splats: /);
    expect(said.out).toMatch(
      /1\.png, 48 × 36: \d+ ms\n {2}red mug: scores 0\.\d{3} … [01]\.\d{3}, \d+\.\d % of pixels ≥ 0\.5\n/,
    );
    expect(said.out).toContain(join(out, '1.mask.png'));
    const json = await legato('query', made.project, 'wall', 'red mug', '--heldout', '--out', out, '--json');
    const types = json.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['words', 'view', 'view']);
  });

  it.each([
    [[], 'say what to look for'],
    [['mug'], 'say where to look'],
    [['mug', '--all', '--heldout'], 'one of --view'],
    [['mug', '--3d', '--threshold', '2'], '--threshold 2: expected a number 0 … 1'],
    [['mug', '--3d', '--order', 'x'], 'expected one of relevancies, features'],
    [['mug', '--3d', '--like-splat', '1'], 'not both'],
    [['--3d', '--like-pixel', 'a'], 'expected PHOTO:x,y'],
    [['--3d', '--like-splat', '1', '--like-pixel', 'a:1,1'], 'exclude each other'],
  ])('%o is a mistake in the command line', async (args, message) => {
    const { code, err } = await legato('query', made.project, ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('a question that cannot be read is a mistake in the input, with its column', async () => {
    const { code, err } = await legato('query', made.project, 'mug AND', '--3d');
    expect([code, err]).toEqual([3, 'legato: query, column 8: ends where a text is expected\n']);
    const json = await legato('query', made.project, 'zebra', '--3d', '--json');
    expect(json.code).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({ type: 'error', kind: 'TextError' });
  });

  it('eval prints tables, or one JSON object', async () => {
    const said = await legato('eval', made.project, '--lifted');
    expect(said.code).toBe(0);
    expect(said.out).toContain('trained semantics: 4 names, threshold 0.5');
    expect(said.out).toContain('lifted labels, no training: 4 names');
    expect(said.out).toMatch(/2D, 2 held-out views: mIoU 0\.\d{3} · mPA/);
    expect(said.out).toMatch(/none: \d+ of 3,456 pixels/);
    const json = await legato('eval', made.project, '--json');
    expect(JSON.parse(json.out)).toMatchObject({ step: 7, splats: 3, lifted: null, semantics: { threshold: 0.5 } });
  });
});
