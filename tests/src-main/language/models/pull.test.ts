/** `pull` against a real server on this machine: whole models, and connections that drop, stall, trickle or start again. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { listModels, resolveModel, verifyModel } from '../../../../src-main/language/models/index';
import type { PullProgress } from '../../../../src-main/language/models/index';
import { COMMIT, drop, etagOf, listing, serve } from './hubServer';
import { CARD, expectWhole, isFor, NAME, setUp } from './pullSetup';

describe('a pull', () => {
  it('fetches what the hub lists, keeps its sums, and says how far it is', async () => {
    const { hub, models, pull } = await setUp();
    const told: PullProgress[] = [];
    const result = await pull({ onProgress: (progress) => told.push(progress) });
    const bytes = [...hub.files.values()].reduce((sum, { length }) => sum + length, 0);
    expect(result).toEqual({
      ...{
        name: NAME,
        folder: join(models, NAME),
        kind: 'clip',
        commit: COMMIT,
        bytes,
        fetchedBytes: bytes,
        alreadyThere: false,
      },
    });
    await expectWhole(hub, models);
    expect(told.at(-1)).toMatchObject({ receivedBytes: bytes, totalBytes: bytes, etaSeconds: 0 });
    told.forEach((progress, k) =>
      expect(progress.receivedBytes).toBeGreaterThanOrEqual(told[k - 1]?.receivedBytes ?? 0),
    );
    const manifest = JSON.parse(await readFile(join(models, NAME, 'legato-model.json'), 'utf8')) as {
      files: { path: string; checked: string }[];
    };
    expect(manifest).toMatchObject({
      version: 1,
      name: NAME,
      repository: 'Xenova/mobileclip_s2',
      revision: 'main',
      commit: COMMIT,
    });
    expect(manifest.files.map(({ path, checked }) => `${path} ${checked}`).sort()).toEqual([
      ...['README.md sha256', 'config.json git', 'onnx/text_model.onnx git', 'onnx/vision_model.onnx git'],
      ...['preprocessor_config.json git', 'tokenizer.json sha256', 'tokenizer_config.json git'],
    ]);
    expect(await verifyModel(NAME, { models })).toMatchObject({ ok: true, remark: null, origin: 'pulled' });
    expect(await resolveModel('auto', 'clip', { demo: false, models })).toMatchObject({
      name: NAME,
      path: join(models, NAME),
    });
  });

  it('does not fetch again what is whole, and mends what is not', async () => {
    const { hub, models, pull } = await setUp();
    await pull();
    hub.seen.length = 0;
    expect(await pull()).toMatchObject({ alreadyThere: true, fetchedBytes: 0 });
    expect(hub.seen).toEqual([]);
    const card = join(models, NAME, CARD);
    const bytes = await readFile(card);
    await writeFile(card, bytes.fill(0, 10, 20));
    expect(await verifyModel(NAME, { models })).toMatchObject({
      ok: false,
      remark: 'README.md (wrong content); run `legato models pull mobileclip-s2`',
    });
    expect(await pull()).toMatchObject({ alreadyThere: false, fetchedBytes: bytes.length });
    expect(
      hub.seen.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path.split(`/${COMMIT}/`)[1]),
    ).toEqual([CARD]);
    await expectWhole(hub, models);
    expect(await pull({ force: true })).toMatchObject({ alreadyThere: false });
    await expectWhole(hub, models);
  });

  it('takes DINO models, other repositories of the layout, and listings in pages', async () => {
    const { hub, models, pull } = await setUp('tiny-dino', 'someone/their-dino');
    const entries = listing(hub.files);
    hub.misbehave = (request, response, path) => {
      if (!path.includes('/tree/')) return false;
      const page = Number(new URL(request.url!, 'http://hub').searchParams.get('cursor') ?? 0);
      const next = `<${hub.url}/api/models/someone/their-dino/tree/${COMMIT}?recursive=true&cursor=${page + 1}>; rel="next"`;
      response.writeHead(200, page + 1 < entries.length ? { link: next } : {}).end(JSON.stringify([entries[page]]));
      return true;
    };
    expect(await pull({}, 'someone/their-dino')).toMatchObject({ name: 'their-dino', kind: 'dino' });
    await expectWhole(hub, models, 'their-dino');
    expect(await resolveModel('their-dino', 'dino', { demo: false, models })).toMatchObject({ kind: 'dino' });
    expect(await resolveModel('auto', 'dino', { demo: false, models })).toMatchObject({ name: 'their-dino' });
    await expect(resolveModel('their-dino', 'clip', { demo: false, models })).rejects.toThrow(
      /is a DINO model where a CLIP model/,
    );
  });
});

describe('a connection that', () => {
  it('drops is continued at the byte where it broke', async () => {
    const { hub, models, pull } = await setUp();
    let drops = 0;
    hub.misbehave = (request, response, path) => {
      if (!isFor(path, CARD) || drops === 3) return false;
      drops++;
      drop(request, response, hub.files.get(CARD)!, 100_000);
      return true;
    };
    const retries: string[] = [];
    await pull({ onRetry: (failure) => retries.push(failure.message) });
    const requests = hub.requestsOf(CARD);
    expect(requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=100000-',
      'bytes=200000-',
      'bytes=300000-',
    ]);
    expect(requests[1].headers['if-range']).toBe(etagOf(hub.files.get(CARD)!));
    expect(requests.reduce((sum, { sent }) => sum + sent, 0)).toBe(400_000);
    expect(retries).toHaveLength(3);
    expect(retries[0]).toMatch(/README\.md: the connection failed \(.+\); check the network and HTTPS_PROXY/);
    await expectWhole(hub, models);
  });

  it('drops with every try is given up, and what came is used next time', async () => {
    const { hub, models, pull, refusal } = await setUp();
    let first = true;
    hub.misbehave = (request, response, path) => {
      if (!isFor(path, CARD)) return false;
      drop(request, response, hub.files.get(CARD)!, first ? 150_000 : 0);
      first = false;
      return true;
    };
    expect(await refusal({ tries: 3 })).toMatch(/connection failed/);
    expect(hub.requestsOf(CARD)).toHaveLength(3);
    const listed = (await listModels(models)).find(({ name }) => name === NAME);
    expect(listed).toMatchObject({ state: 'partial', remark: { message: 'run `legato models pull mobileclip-s2`' } });
    hub.misbehave = null;
    expect((await pull()).fetchedBytes).toBe(250_000);
    expect(hub.requestsOf(CARD).at(-1)!.headers.range).toBe('bytes=150000-');
    await expectWhole(hub, models);
  });

  it('ignores ranges, or changed its file, starts again', async () => {
    const { hub, models, pull } = await setUp();
    let requests = 0;
    hub.misbehave = (request, response, path) => {
      if (!isFor(path, CARD)) return false;
      const bytes = hub.files.get(CARD)!;
      if (requests++ === 0) drop(request, response, bytes, 100_000);
      else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      return true;
    };
    await pull();
    await expectWhole(hub, models);
    // An ETag that does not match any more makes a server answer with the whole file (If-Range).
    requests = 0;
    hub.misbehave = (request, response, path) => {
      if (!isFor(path, CARD)) return false;
      const bytes = hub.files.get(CARD)!;
      if (requests++ === 0) drop(request, response, bytes, 100_000);
      else serve({ headers: { ...request.headers, 'if-range': '"other"' } }, response, bytes);
      return true;
    };
    await pull({ force: true });
    expect(requests).toBe(2);
    await expectWhole(hub, models);
  });

  it('falls silent counts as dropped', async () => {
    const { hub, models, pull } = await setUp();
    let silent = true;
    hub.misbehave = (_request, response, path) => {
      if (!isFor(path, CARD) || !silent) return false;
      silent = false;
      const bytes = hub.files.get(CARD)!;
      response.writeHead(200, { 'content-length': bytes.length, etag: etagOf(bytes) });
      response.write(bytes.subarray(0, 50_000));
      return true;
    };
    const retries: string[] = [];
    await pull({ silence: 1000, onRetry: (failure) => retries.push(failure.message) });
    expect(retries).toEqual([expect.stringMatching(/no answer in time/)]);
    expect(hub.requestsOf(CARD)[1].headers.range).toBe('bytes=50000-');
    await expectWhole(hub, models);
  });

  it('trickles can be cancelled; the rest is fetched next time', async () => {
    const { hub, models, pull, refusal } = await setUp();
    hub.misbehave = async (_request, response, path) => {
      if (!isFor(path, CARD)) return false;
      const bytes = hub.files.get(CARD)!;
      response.writeHead(200, { 'content-length': bytes.length, etag: etagOf(bytes) });
      for (let at = 0; at < bytes.length && !response.destroyed; at += 500) {
        response.write(bytes.subarray(at, at + 500));
        await sleep(10);
      }
      return true;
    };
    const cancel = new AbortController();
    const onProgress = ({ file, receivedBytes }: PullProgress): void => {
      if (file === CARD && receivedBytes > 20_000) cancel.abort();
    };
    const began = performance.now();
    expect(await refusal({ signal: cancel.signal, onProgress })).toMatch(/^AbortError/);
    // All of it would take eight seconds.
    expect(performance.now() - began).toBeLessThan(5000);
    const part = await stat(join(models, `.${NAME}.pull`, `${CARD}.part`));
    expect(part.size).toBeGreaterThanOrEqual(10_000);
    hub.misbehave = null;
    await pull();
    expect(hub.requestsOf(CARD).at(-1)!.headers.range).toMatch(/^bytes=\d{5}-$/);
    await expectWhole(hub, models);
  });
});
