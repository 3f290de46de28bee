/**
 * The language process as its owner meets it: a job crosses the boundary, a crash is an event, and nothing computes unwatched.
 *
 * Needs the built process (out/main/language.js, `npm run build`); without it the tests are skipped, said aloud.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageEvent } from '#contract/languageMessages';
import { FeatureSource } from '../../../src-main/language/features/index';
import { createProject, openProject, projectPaths } from '../../../src-main/project/index';
import { startFeatures, type FeaturesRequest } from '../../../src-main/studio/languageJobs';
import { forkLanguage, LanguageMissingError, type LanguageHost } from '../../../src-main/studio/languageHost';
import { repositoryPath } from '../../shared';
import { command, freshFolder, halves, jobSettings, tiny, writeCapture } from '../language/features/helpers';

const entry = repositoryPath('out', 'main', 'language.js');
const built = existsSync(entry);
if (!built)
  console.warn(
    '\n  SKIPPED: out/main/language.js is not built; the language process is not tested here (npm run build)\n',
  );

const request: FeaturesRequest = {
  settings: { ...jobSettings, clipModel: tiny('clip'), dinoModel: tiny('dino') },
  all: false,
  provider: 'cpu',
  memoryBytes: null,
  acceptCost: false,
  planOnly: false,
  firstMaps: null,
  pictures: null,
};

let capture: string;
beforeAll(async () => {
  const photos = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`${i + 10}.png`, halves([100, 51, 20 * i], [0, 102, 255])]),
  );
  capture = await writeCapture(await freshFolder(), photos);
});

describe('without a build', () => {
  it('says what to run', () => {
    expect(() => forkLanguage(() => undefined, '/nowhere/language.js')).toThrow(LanguageMissingError);
    expect(() => forkLanguage(() => undefined, '/nowhere/language.js')).toThrow(/npm run build/);
  });
});

describe('the project of a job', () => {
  it('is refused when it belongs to another capture, or when there is none', async () => {
    const path = join(await freshFolder(), 'a.legato');
    await (await createProject(path, join(capture, 'elsewhere'))).close();
    await expect(startFeatures(capture, path, request, () => undefined)).rejects.toThrow(/was made from .*elsewhere/);
    await expect(startFeatures('/no/such/capture', path, request, () => undefined)).rejects.toThrow(/no such capture/);
  });
});

describe.runIf(built)('the language process', { timeout: 60_000 }, () => {
  it('makes a project for a capture, encodes, and goes on in it', async () => {
    const path = join(await freshFolder(), 'b.legato');
    const events: LanguageEvent[] = [];
    const run = await startFeatures(capture, path, request, (event) => events.push(event));
    expect(await run.ended).toMatchObject({ type: 'finished', complete: true, photos: 12, cached: 0 });
    await run.host.close();
    expect(run.project).toBe(path);
    for (const type of ['plan', 'progress', 'photoDone']) expect(events.map((event) => event.type)).toContain(type);
    expect((await FeatureSource.open(projectPaths(path).features)).photos).toHaveLength(12);
    // Beside somebody who works in the project: the cache needs no lock.
    const owner = await openProject(path, 'write');
    const again = await startFeatures(path, '', { ...request, settings: request.settings }, () => undefined);
    expect(await again.ended).toMatchObject({ type: 'finished', cached: 12, crops: 0 });
    await again.host.close();
    await owner.close();
  });

  it('a crash is an event with a message, and the next job continues', async () => {
    const path = join(await freshFolder(), 'c.legato');
    let host: LanguageHost | null = null;
    let killed = false;
    const run = await startFeatures(
      capture,
      path,
      request,
      (event) => {
        if (!killed && event.type === 'photoDone' && event.stage === 'crops')
          killed = process.kill(host!.pid!, 'SIGKILL');
      },
      (listener) => (host = forkLanguage(listener)),
    );
    const end = await run.ended;
    expect(end).toMatchObject({ type: 'failed', failure: { kind: 'crash', fault: 'internal' } });
    expect(end.type === 'failed' && end.failure.message).toMatch(
      /ended \(killed by SIGKILL\); finished photos are safe/,
    );
    await run.host.close();
    const next = await startFeatures(path, '', request, () => undefined);
    const finished = await next.ended;
    expect(finished).toMatchObject({ type: 'finished', complete: true, photos: 12 });
    expect(finished.type === 'finished' && finished.cached).toBeGreaterThan(0);
    await next.host.close();
  });

  it('cancels between batches', async () => {
    const path = join(await freshFolder(), 'd.legato');
    const run = await startFeatures(capture, path, request, (event) => {
      if (event.type === 'photoDone') run.host.send({ type: 'cancel' });
    });
    const end = await run.ended;
    expect(end).toMatchObject({ type: 'finished', complete: false });
    expect(end.type === 'finished' && end.photos).toBeLessThan(12);
    await run.host.close();
  });

  it('a command that is none fails; errors carry whose fault it is', async () => {
    const failures: LanguageEvent[] = [];
    const run = await startFeatures(
      capture,
      join(await freshFolder(), 'e.legato'),
      { ...request, settings: { ...request.settings, clipModel: '/no/such/model' } },
      (event) => failures.push(event),
    );
    const end = await run.ended;
    expect(end).toMatchObject({ type: 'failed', failure: { kind: 'ModelError', fault: 'input' } });
    run.host.send(JSON.parse('{"type":"dance"}') as never);
    await expect.poll(() => failures.at(-1)).toMatchObject({ type: 'failed', failure: { kind: 'TypeError' } });
    await run.host.close();
  });

  it('ends when its owner goes away in the middle of a job', async () => {
    const features = join(await freshFolder(), 'features');
    await mkdir(features);
    const child = fork(entry, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.send(command(capture, features));
    await once(child, 'message');
    const exited = once(child, 'exit');
    child.disconnect();
    expect((await exited)[0]).toBe(0);
  });
});
