/**
 * Words beside a run, through the session, with the real trainer and the real language process: when they begin, by which settings,
 * and what they are said to hold of the machine.
 */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StudioState } from '#contract/studio';
import { ensureBuilt } from '../../../../resources/bin/build.mjs';
import { modelsFolder } from '../../../../src-main/language/models/index';
import { begin } from '../../../../src-main/server/begin';
import type { PageLink } from '../../../../src-main/studio/session/door';
import { StudioSession } from '../../../../src-main/studio/session/studioSession';
import { freshFolder, halves, jobSettings, tiny, writeCapture } from '../../language/features/helpers';

const MEBIBYTE = 2 ** 20;
const settings = {
  ...{ ...jobSettings, clipModel: tiny('clip'), dinoModel: tiny('dino'), codebookSize: 32, codebookEpochs: 2 },
  ...{ randomPoints: 200, steps: 100_000, maxSplats: 200 },
};

let home: string;
let capture: string;
let session: StudioSession;
let page: PageLink;
/** what every state said that the studio's children hold: all of it less this process, which is measured as it is told */
let children: { features: string; codebook: string; bytes: number; trainer: number }[];

beforeAll(() => ensureBuilt(console.warn), 600_000);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'legato-words-'));
  process.env.LEGATO_HOME = home;
  // Of this test alone: what a person has installed neither helps nor is added to.
  process.env.LEGATO_MODELS = join(home, 'models');
  const names = Array.from({ length: 12 }, (_, i) => `${i + 10}.png`);
  const photos = Object.fromEntries(names.map((name, i) => [name, halves([100, 51, 20 * i], [0, 102, 255])] as const));
  capture = await writeCapture(await freshFolder(), photos);
  session = new StudioSession();
  children = [];
  page = session.join({
    event: (event) => {
      if (event.type !== 'state') return;
      const { stages, memoryBytes, trainer } = event.state;
      const bytes = memoryBytes - process.memoryUsage.rss();
      const [features, codebook] = [stages.features.state, stages.codebook.state];
      children.push({ features, codebook, bytes, trainer: trainer?.memoryBytes ?? 0 });
    },
    frame: () => undefined,
  });
});
afterEach(async () => {
  await session.close();
  delete process.env.LEGATO_HOME;
  delete process.env.LEGATO_MODELS;
  await rm(home, { recursive: true, force: true });
});

const until = (holds: (state: StudioState) => boolean) =>
  expect.poll(() => holds(session.state), { timeout: 60_000, interval: 20 }).toBe(true);
const paused = () => until(({ trainer }) => trainer?.state === 'paused');

describe('words beside a run', { timeout: 120_000 }, () => {
  it('wait with a capture that is served until somebody trains', async () => {
    await begin(page, { path: capture });
    await paused();
    expect(session.state.project).toMatchObject({ kind: 'project', capture });
    expect(session.state.stages.features).toMatchObject({ state: 'off', reason: '' });
    expect(session.state.warnings.filter(({ message }) => /model/.test(message))).toEqual([]);
    await page.perform({ type: 'resume' });
    // Nobody installed encoders in this home: that they are missed now shows that they are asked for.
    await until(({ words }) => words.missing.length === 2);
  });

  it('are made by the settings of the run that waited, and count in the memory while they are', async () => {
    const project = join(home, 'words.legato');
    await page.perform({ type: 'create', capture, project, settings, paused: true });
    await paused();
    expect(session.state.stages.features.state).toBe('off');
    await page.perform({ type: 'resume' });
    await until(({ stages }) => stages.codebook.state === 'done');
    expect(session.state.features).toMatchObject({ clip: 'clip', dino: 'dino' });
    expect(session.state.codebook?.entries).toHaveLength(32);
    await page.perform({ type: 'pause' });
    await paused();
    // onnxruntime alone is tens of MiB; this process's own memory moves by a few between telling and looking.
    const beside = children.map(({ bytes, trainer, ...stages }) => ({
      ...stages,
      mebibytes: (bytes - trainer) / MEBIBYTE,
    }));
    const most = (stage: 'features' | 'codebook') =>
      Math.max(...beside.filter((row) => row[stage] === 'running').map(({ mebibytes }) => mebibytes));
    expect(most('features')).toBeGreaterThan(40);
    expect(most('codebook')).toBeGreaterThan(40);
    await expect.poll(() => Math.abs(children.at(-1)!.bytes - children.at(-1)!.trainer) / MEBIBYTE).toBeLessThan(20);
  });

  it('show first maps while crops are to come, which the codebook replaces and nothing learns from', async () => {
    const project = join(home, 'first.legato');
    const told: { features: string; codebook: string; provisional: boolean; names: number; semantics: boolean }[] = [];
    const other = session.join({
      event: (event) => {
        if (event.type !== 'state' || !event.state.codebook) return;
        const { stages, codebook, semantics } = event.state;
        told.push({
          ...{ features: stages.features.state, codebook: stages.codebook.state, semantics: semantics !== null },
          ...{ provisional: codebook.provisional, names: codebook.entries.length },
        });
      },
      frame: () => undefined,
    });
    await page.perform({ type: 'create', capture, project, settings, paused: false });
    await until(({ stages }) => stages.codebook.state === 'done');
    await until(({ codebook }) => codebook?.provisional === false);
    const first = told.filter(({ codebook }) => codebook === 'off' || codebook === 'waiting');
    expect(first.length).toBeGreaterThan(0);
    expect(first.every(({ provisional, semantics, names }) => provisional && !semantics && names === 32)).toBe(true);
    // They go when the pipeline has ended, which is a moment after it was heard of.
    await expect.poll(async () => (await readdir(project)).filter((name) => name.includes('first-maps'))).toEqual([]);
    other.leave();
  });

  it('say which encoders are missing, and can be learned as soon as they are there', async () => {
    const project = join(home, 'missing.legato');
    const auto = { ...settings, threads: 2, clipModel: 'auto', dinoModel: tiny('dino') };
    await page.perform({ type: 'create', capture, project, settings: auto, paused: false });
    await until(({ words }) => words.missing.length > 0);
    expect(session.state.words).toMatchObject({ ready: false, missing: ['clip'] });
    // Geometry alone is no failure, and has the whole machine.
    expect(session.state.stages).toMatchObject({ features: { state: 'off' }, semantics: { state: 'off' } });
    await until(({ trainer }) => trainer?.threads === 2);
    // In the terminal's words for the terminal; the page has its own.
    expect(session.state.stages.features.reason).toContain('legato models pull');
    await page.perform({ type: 'models' });
    expect(session.state.words.missing).toEqual(['clip']);
    await cp(tiny('clip'), join(modelsFolder(), 'by-hand'), { recursive: true });
    await page.perform({ type: 'models' });
    expect(session.state.words.missing).toEqual([]);
    expect(session.state.stages.features).toMatchObject({ state: 'off', reason: '' });
    await page.perform({ type: 'learnWords', settings: {}, acceptCost: false });
    await until(({ stages }) => stages.codebook.state === 'done');
  });

  it('are waited for by steps of semantics alone, which go on by themselves', async () => {
    const project = join(home, 'alone.legato');
    const short = { ...settings, steps: 20, semanticSteps: 30, semanticFrom: 0 };
    await page.perform({ type: 'create', capture, project, settings: short, paused: false });
    await until(({ trainer }) => trainer?.state === 'paused' && trainer.awaitsMaps);
    expect(session.state.trainer).toMatchObject({ step: 20, steps: 50 });
    await until(({ stages }) => stages.semantics.state === 'done');
    expect(session.state).toMatchObject({ trainer: { step: 50, awaitsMaps: false }, semantics: { joinedAt: 21 } });
  });

  it('join a run that ended before them, on its geometry', async () => {
    const project = join(home, 'late.legato');
    const short = { ...settings, steps: 20, semanticFrom: 0 };
    await page.perform({ type: 'create', capture, project, settings: short, paused: false });
    await until(({ stages }) => stages.geometry.state === 'done');
    expect(session.state).toMatchObject({ semantics: null, trainer: { step: 20, steps: 20 } });
    await until(({ stages }) => stages.semantics.state === 'done');
    expect(session.state).toMatchObject({
      ...{
        trainer: { state: 'idle', step: 40 },
        semantics: { joinedAt: 21 },
        settings: { steps: 20, semanticSteps: 20 },
      },
    });
  });
});
