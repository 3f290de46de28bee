/** `pull` against a real server on this machine that lies, corrupts, refuses and redirects: no model comes of it, no token leaks. */
import { createServer } from 'node:http';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listModels } from '../../../../src-main/language/models/index';
import { COMMIT, listen, listing, reply, serve } from './hubServer';
import { CARD, expectWhole, isFor, NAME, setUp } from './pullSetup';

describe('a hub that lies', () => {
  it('about the length of an answer, or sends more than it lists', async () => {
    const { hub, refusal } = await setUp();
    const bytes = hub.files.get(CARD)!;
    hub.misbehave = (_request, response, path) => {
      if (!isFor(path, CARD)) return false;
      response.writeHead(200, { 'content-length': 500_000 }).end(Buffer.alloc(500_000));
      return true;
    };
    expect(await refusal({ tries: 2 })).toMatch(
      /README\.md announces 500000 bytes where the hub lists 400000 bytes; try another/,
    );
    hub.misbehave = (_request, response, path) => {
      if (!isFor(path, CARD)) return false;
      // Without a length, in chunks, for ever.
      response.writeHead(200);
      const more = (): void => void (response.destroyed || response.write(Buffer.alloc(64_000), more));
      more();
      return true;
    };
    expect(await refusal({ tries: 2 })).toMatch(/sends more than the 400000 bytes that the hub lists/);
    hub.misbehave = (_request, response, path) => {
      if (!isFor(path, CARD)) return false;
      response.writeHead(200).end(bytes.subarray(0, 1000));
      return true;
    };
    expect(await refusal({ tries: 2 })).toMatch(/ends after 1000 of 400000 bytes/);
  });

  it('about the size in its listing', async () => {
    const { hub, refusal } = await setUp();
    const changed = (size: number): unknown => {
      const entries = listing(hub.files);
      return entries.map((entry) => (entry.path === CARD ? { ...entry, size, lfs: { ...entry.lfs, size } } : entry));
    };
    hub.tree = changed(399_999);
    expect(await refusal({ tries: 2 })).toMatch(/announces 400000 bytes where the hub lists 399999/);
    hub.tree = changed(400_001);
    expect(await refusal({ tries: 2 })).toMatch(/announces 400000 bytes where the hub lists 400001/);
    hub.tree = changed(2 ** 40);
    expect(await refusal()).toMatch(/malformed .*is larger than any model/s);
    hub.tree = changed(2 ** 35);
    expect(await refusal()).toMatch(/more than any such model has/);
    expect(hub.seen.filter(({ path }) => path.includes('/resolve/') && !path.endsWith(CARD)).length).toBeLessThan(20);
  });

  it('about the bytes: corrupt once is fetched again, corrupt always is refused', async () => {
    const { hub, models, pull, refusal } = await setUp();
    const corrupt = Buffer.from(hub.files.get(CARD)!);
    corrupt[200_000] ^= 1;
    let times = Infinity;
    hub.misbehave = (request, response, path) => {
      if (!isFor(path, CARD) || times-- <= 0) return false;
      serve(request, response, corrupt);
      return true;
    };
    expect(await refusal()).toMatch(/what arrives is not what the hub lists \(checksum\)/);
    expect(hub.requestsOf(CARD)).toHaveLength(2);
    times = 1;
    await pull();
    await expectWhole(hub, models);
  });

  it('about paths, or is no hub at all', async () => {
    const { hub, models, refusal } = await setUp();
    for (const path of [
      '../../evil',
      '/etc/passwd',
      'onnx/../../evil',
      'C:\\evil',
      'onnx\\..\\evil',
      'a:stream',
      'nul',
      'x/',
      '',
    ]) {
      hub.tree = [...listing(hub.files), { type: 'file', path, size: 1, oid: 'a'.repeat(40) }];
      expect(await refusal(), path).toMatch(/which leaves the model’s folder/);
    }
    hub.tree = listing(hub.files).filter(({ path }) => path !== 'onnx/text_model.onnx');
    expect(await refusal()).toMatch(/has no onnx\/text_model\.onnx; Legato needs a CLIP repository with ONNX graphs/);
    hub.tree = { error: 'nonsense' };
    expect(await refusal()).toMatch(/the list of files is malformed/);
    hub.misbehave = (_request, response) => reply(response, 200, {}, '<html>Please log in</html>');
    expect(await refusal()).toMatch(/does not answer with JSON; is the mirror a model hub\?/);
    hub.misbehave = (_request, response) => reply(response, 200, {}, Buffer.alloc(9_000_000, 32));
    expect(await refusal()).toMatch(/answers with more than 8388608 bytes/);
    expect(await readdir(models)).toEqual([]);
  });

  it('about what the graphs are', async () => {
    const { hub, refusal } = await setUp();
    hub.files.set('onnx/text_model.onnx', Buffer.alloc(3000, 7));
    expect(await refusal()).toMatch(/text_model\.onnx: does not open in onnxruntime/);
    hub.files.set('onnx/text_model.onnx', hub.files.get('onnx/vision_model.onnx')!);
    expect(await refusal()).toMatch(/takes pixel_values and gives image_embeds; expected input_ids and text_embeds/);
  });
});

describe('a hub that refuses', () => {
  it.each([
    [401, /is not there, or needs a login at http.*set HF_TOKEN to a token/, 1],
    [403, /is not open to you; accept the model’s licence on its page/, 1],
    [404, /is not there; check the name and the mirror/, 1],
    [410, /refuses the request \(HTTP 410\)/, 1],
    [429, /asks to wait: too many requests/, 3],
    [500, /has a problem of its own; try again later \(HTTP 500\)/, 3],
    [503, /has a problem of its own/, 3],
  ])('with %i', async (status, message, requests) => {
    const { hub, refusal } = await setUp();
    hub.misbehave = (_request, response, path) => isFor(path, CARD) && reply(response, status);
    expect(await refusal({ tries: 3 })).toMatch(message);
    expect(hub.requestsOf(CARD)).toHaveLength(requests);
    hub.misbehave = (_request, response, path) => path.includes('/tree/') && reply(response, status);
    expect(await refusal({ tries: 3 })).toMatch(message);
    expect(hub.seen.filter(({ path }) => path.includes('/tree/'))).toHaveLength(1 + requests);
  });

  it('for a while is asked again, after as long as it says', async () => {
    const { hub, models, pull } = await setUp();
    const answers: [number, Record<string, string>][] = [
      [429, { 'retry-after': '0' }],
      [500, {}],
      [503, { 'retry-after': new Date(Date.now() - 5000).toUTCString() }],
    ];
    hub.misbehave = (_request, response, path) => {
      const next = isFor(path, CARD) ? answers.shift() : undefined;
      return next !== undefined && reply(response, ...next);
    };
    const waits: number[] = [];
    await pull({ firstWait: 4, onRetry: (_failure, wait) => waits.push(wait) });
    expect(waits).toEqual([0, 8, 0]);
    await expectWhole(hub, models);
  });

  it('is not there at all', async () => {
    const { refusal } = await setUp();
    expect(await refusal({ mirror: 'http://127.0.0.1:9', tries: 1 })).toMatch(
      /127\.0\.0\.1:9\/api.*: the connection failed \(.*ECONNREFUSED.*\); check the network and HTTPS_PROXY, or name another --mirror/,
    );
    expect(await refusal({ mirror: 'ftp://example.com' })).toMatch(/must begin with https/);
    expect(await refusal({ mirror: 'nowhere' })).toMatch(/is no address/);
    expect(await refusal({ mirror: 'https://me:secret@example.com' })).not.toMatch(/secret/);
    expect(await refusal({}, 'nothing like it')).toMatch(
      /no model is called "nothing like it"; known are mobileclip-s2/,
    );
    expect(await refusal({}, '../x/y')).toMatch(/no model is called/);
  });
});

describe('redirects and tokens', () => {
  const environment = { HF_TOKEN: 'hf_secret' };

  it('a token goes to the hub and not to where it redirects', async () => {
    const { hub, models, pull } = await setUp();
    const store: (string | undefined)[] = [];
    const elsewhere = await listen(
      createServer((request, response) => {
        store.push(request.headers.authorization);
        serve(request, response, hub.files.get(CARD)!);
      }),
    );
    hub.misbehave = (_request, response, path) =>
      isFor(path, CARD) && reply(response, 302, { location: `${elsewhere}/store/card?signature=x` });
    await pull({ environment });
    expect(store).toEqual([undefined]);
    hub.seen.forEach(({ headers }) => expect(headers.authorization).toBe('Bearer hf_secret'));
    await expectWhole(hub, models);
  });

  it('a refusal behind a redirect keeps signed addresses to itself', async () => {
    const { hub, refusal } = await setUp();
    const elsewhere = await listen(createServer((_request, response) => void response.writeHead(403).end()));
    hub.misbehave = (_request, response, path) =>
      isFor(path, CARD) && reply(response, 302, { location: `${elsewhere}/store?signature=x` });
    const message = await refusal({ environment });
    expect(message).toMatch(/README\.md is not open to you.*the hub refuses the token in HF_TOKEN \(HTTP 403\)/);
    expect(message).not.toMatch(/signature|hf_secret/);
  });

  it('end somewhere, and on the web', async () => {
    const { hub, refusal } = await setUp();
    const to = (location: string): void => {
      hub.misbehave = (_request, response, path) => isFor(path, CARD) && reply(response, 307, { location });
    };
    to(`/Xenova/mobileclip_s2/resolve/${COMMIT}/${CARD}`);
    expect(await refusal()).toMatch(/redirects more than 5 times/);
    to('file:///etc/passwd');
    expect(await refusal()).toMatch(/redirects to no web address/);
  });
});

describe('around a pull', () => {
  it('there must be room', async () => {
    const { hub, models, refusal } = await setUp();
    const message = await refusal({ free: () => Promise.resolve(64 * 1024 * 1024) });
    expect(message).toMatch(/^FileError: .*1 MB are needed and 68 MB are free; free some space, or set LEGATO_MODELS/);
    expect(hub.seen.some(({ path }) => path.includes('/resolve/'))).toBe(false);
    expect((await listModels(models)).find(({ name }) => name === NAME)).toMatchObject({ state: 'absent' });
  });

  it('there is one at a time; a lock that nobody holds is taken over', async () => {
    const { hub, models, pull } = await setUp();
    const [first, second] = await Promise.allSettled([pull(), pull()]);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
    const rejected = [first, second].find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect((rejected.reason as Error).message).toMatch(/is being fetched by another Legato/);
    await writeFile(join(models, `.${NAME}.lock`), '999999999 1');
    await pull({ force: true });
    await writeFile(join(models, `.${NAME}.lock`), 'rubbish');
    await pull({ force: true });
    await expectWhole(hub, models);
  });

  it('the endpoint may be set by the environment, and may have a path', async () => {
    const { hub, pull } = await setUp();
    hub.misbehave = (request) => {
      expect(request.url).toMatch(/^\/hf\//);
      return false;
    };
    await expect(pull({ mirror: null, environment: { HF_ENDPOINT: `${hub.url}/hf/` } })).rejects.toThrow(/HTTP 404/);
    expect(hub.seen.length).toBeGreaterThan(0);
  });
});
