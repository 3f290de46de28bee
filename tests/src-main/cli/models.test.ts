/** `legato models` as a person or a script meets it, against a hub on this machine. */
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCommandLine } from '../../../src-main/cli/program';
import { repositoryPath } from '../../shared';
import { temporaryFolder } from '../base/temporaryFolder';
import { drop, reply, startHub } from '../language/models/hubServer';
import { CARD, isFor } from '../language/models/pullSetup';

const fixture = (name: string): string => repositoryPath('tests', 'fixtures', 'models', name);

async function legato(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const collect = (stream: 'out' | 'err') => (chunk: string | Uint8Array) => {
    text[stream] += String(chunk);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(collect('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(collect('err')),
  ];
  try {
    return { code: await runCommandLine(['models', ...args]), ...text };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** No proxy, token or folder of the machine that the tests run on. */
async function setUp(): Promise<{ models: string }> {
  for (const name of [
    'HTTP_PROXY',
    'http_proxy',
    'HTTPS_PROXY',
    'https_proxy',
    'HF_TOKEN',
    'HF_ENDPOINT',
    'LEGATO_MODELS',
  ]) {
    vi.stubEnv(name, undefined);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
  return { models: join(await temporaryFolder(), 'models') };
}

describe('legato models', () => {
  it('pulls, lists and verifies', async () => {
    const { models } = await setUp();
    const hub = await startHub();
    let dropped = false;
    hub.misbehave = (request, response, path) => {
      if (!isFor(path, CARD) || dropped) return false;
      dropped = true;
      drop(request, response, hub.files.get(CARD)!, 100_000);
      return true;
    };
    const pulled = await legato('pull', 'mobileclip-s2', '--models', models, '--mirror', hub.url);
    expect(pulled).toMatchObject({ code: 0, out: `${join(models, 'mobileclip-s2')}: 0.4 MB, checksums right\n` });
    expect(pulled.err).toMatch(/MobileCLIP-S2 \(Xenova\/mobileclip_s2, ≈ 399 MB\) into .*; licence: Apple’s own/);
    expect(pulled.err).toMatch(/the connection failed .*; again in [01] s/);
    expect(pulled.err).toMatch(/0\.4 MB of 0\.4 MB · left 0 s · .*\/s/);
    expect(await legato('pull', 'mobileclip-s2', '--models', models)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is there already, whole/) as string,
    });

    const listed = await legato('list', '--models', models, '--json');
    const { folder, models: found } = jsonLines(listed.out)[0];
    expect(folder).toBe(models);
    expect(found).toContainEqual(
      expect.objectContaining({ name: 'mobileclip-s2', state: 'installed', origin: 'pulled' }),
    );
    expect(found).toContainEqual(
      expect.objectContaining({ name: 'dinov3-vits16', state: 'absent', licence: 'DINOv3 License (Meta’s own)' }),
    );
    expect((await legato('list', '--models', models)).out).toMatch(
      /^mobileclip-s2 +clip +installed \(pulled\) +0\.4 MB on disk/m,
    );

    expect((await legato('verify', 'mobileclip-s2', '--models', models)).out).toBe('ok       mobileclip-s2, 7 files\n');
    await writeFile(join(models, 'mobileclip-s2', 'config.json'), '{}');
    const damaged = await legato('verify', '--models', models, '--json');
    expect(damaged.code).toBe(3);
    expect(jsonLines(damaged.out)[0]).toMatchObject({ ok: false });
    expect((await legato('verify', '--models', models)).out).toMatch(
      /^damaged {2}mobileclip-s2, 7 files: config\.json \(wrong size\); run `legato models pull mobileclip-s2`$/m,
    );
    const mended = await legato('pull', 'mobileclip-s2', '--models', models, '--mirror', hub.url, '--json');
    expect(jsonLines(mended.out).at(-1)).toMatchObject({ type: 'result', name: 'mobileclip-s2', alreadyThere: false });
    expect(jsonLines(mended.out)[0]).toMatchObject({ type: 'progress', file: 'config.json', files: 7 });
  });

  it('keeps what came when it is interrupted', async () => {
    const { models } = await setUp();
    const hub = await startHub();
    hub.misbehave = (_request, response, path) => {
      if (!isFor(path, CARD)) return false;
      response.writeHead(200, { 'content-length': 400_000 });
      // As Ctrl-C does, once something has arrived.
      response.write(hub.files.get(CARD)!.subarray(0, 100_000), () => setTimeout(() => process.emit('SIGINT'), 100));
      return true;
    };
    const stopped = await legato('pull', 'mobileclip-s2', '--models', models, '--mirror', hub.url);
    expect(stopped).toMatchObject({ code: 130, out: '' });
    expect(stopped.err).toMatch(/stopped; what came is kept, and `legato models pull mobileclip-s2` continues there/);
    expect(await readdir(models)).toEqual(['.mobileclip-s2.pull']);
    expect((await legato('list', '--models', models)).out).toMatch(
      /^mobileclip-s2 +clip +partial +0\.1 MB on disk +run `legato models pull/m,
    );
  });

  it('adds a folder', async () => {
    const { models } = await setUp();
    const folder = join(await temporaryFolder(), 'mine');
    await cp(fixture('tiny-dino'), folder, { recursive: true });
    expect(await legato('add', folder, '--models', models)).toMatchObject({
      ...{ code: 0, out: `mine: DINO, 8 values, 0.0 MB, used where it lies, ${folder}\n` },
    });
    expect((await legato('list', '--models', models)).out).toMatch(/^mine +dino +installed \(added\)/m);
    expect(
      jsonLines((await legato('add', folder, '--name', 'other', '--copy', '--models', models, '--json')).out)[0],
    ).toEqual({
      ...{ name: 'other', folder: join(models, 'other'), kind: 'dino', width: 8, copied: true },
      bytes: expect.any(Number) as number,
    });
  });

  it('says what is wrong, with the code for it', async () => {
    const { models } = await setUp();
    const hub = await startHub();
    await mkdir(models);
    expect(await legato('pull', 'what', '--models', models)).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^legato: no model is called "what"/) as string,
    });
    hub.misbehave = (_request, response) => reply(response, 403);
    const refused = await legato('pull', 'dinov3-vits16', '--models', models, '--mirror', hub.url, '--json');
    expect(refused.code).toBe(3);
    expect(jsonLines(refused.out)).toEqual([
      expect.objectContaining({ type: 'error', kind: 'ModelError', fault: 'input' }),
    ]);
    expect((await legato('verify', 'dino-vits8', '--models', models)).err).toMatch(
      /is not installed; run `legato models pull dino-vits8`/,
    );
    expect((await legato('add', models, '--models', models)).err).toMatch(/is no model folder/);
    expect((await legato('pull')).code).toBe(2);
    expect((await legato('dance')).code).toBe(2);
  });
});
