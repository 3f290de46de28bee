/** Model folders that people bring, and finding models by name, folder or choice. */
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../../src-main/language/errors';
import {
  addModel,
  builtInModelsFolder,
  knownModels,
  listModels,
  loadTransformers,
  modelDigest,
  modelsFolder,
  openModelFolder,
  resolveModel,
  verifyModel,
} from '../../../../src-main/language/models/index';
import type { ModelKind } from '../../../../src-main/language/models/index';
import { isModelName, isSafePath } from '../../../../src-main/language/models/layout';
import { repositoryPath } from '../../../shared';
import { temporaryFolder } from '../../base/temporaryFolder';

const fixture = (name: string): string => repositoryPath('tests', 'fixtures', 'models', name);

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ModelError);
  return (error as ModelError).message;
}

async function brought(name = 'tiny-clip'): Promise<{ folder: string; models: string }> {
  const root = await temporaryFolder();
  const folder = join(root, 'brought', name);
  await cp(fixture(name), folder, { recursive: true });
  return { folder, models: join(root, 'models') };
}

describe('adding a folder', () => {
  it('keeps its place and its sums', async () => {
    const { folder, models } = await brought();
    const added = await addModel(folder, { models, name: 'mine' });
    expect(added).toMatchObject({ name: 'mine', folder, kind: 'clip', width: 8, copied: false });
    expect(await readdir(join(models, 'mine'))).toEqual(['legato-model.json']);
    const found = await resolveModel('mine', 'clip', { demo: false, models });
    expect(found.path).toBe(folder);
    expect(await resolveModel('auto', 'clip', { demo: false, models })).toEqual(found);
    expect(await verifyModel('mine', { models })).toMatchObject({ ok: true, origin: 'added', remark: null });

    const digest = await modelDigest(found);
    await writeFile(join(folder, 'config.json'), '{"model_type": "clip" }');
    expect(await modelDigest(found)).not.toBe(digest);
    const verified = await verifyModel('mine', { models });
    expect(verified).toMatchObject({
      ok: false,
      remark: 'config.json (wrong size); copy the whole folder again, then add it again',
    });
    expect((await listModels(models)).find(({ name }) => name === 'mine')).toMatchObject({ state: 'damaged' });
    await addModel(folder, { models, name: 'mine' });
    expect((await verifyModel('mine', { models })).ok).toBe(true);

    await rename(folder, `${folder}-moved`);
    expect(await messageOf(resolveModel('mine', 'clip', { demo: false, models }))).toMatch(/is no longer there/);
  });

  it('or copies it', async () => {
    const { folder, models } = await brought('tiny-dino');
    expect(await addModel(folder, { models, copy: true })).toMatchObject({
      folder: join(models, 'tiny-dino'),
      copied: true,
    });
    const found = await openModelFolder('tiny-dino', folder);
    const digest = await modelDigest(found);
    await rm(folder, { recursive: true });
    const copied = await resolveModel('tiny-dino', 'dino', { demo: false, models });
    expect(await modelDigest(copied)).toBe(digest);
    expect(copied.files).toMatchObject({
      text: null,
      tokenizer: null,
      vision: join(models, 'tiny-dino', 'onnx', 'model.onnx'),
    });
    await writeFile(copied.files.vision, Buffer.alloc(599));
    expect(await verifyModel('tiny-dino', { models })).toMatchObject({
      ok: false,
      remark: 'onnx/model.onnx (wrong content); copy the whole folder again, then add it again',
    });
  });

  it('refuses what is no model, and says why', async () => {
    const { folder, models } = await brought();
    const refusal = async (change: () => Promise<unknown>): Promise<string> => {
      await change();
      const message = await messageOf(addModel(folder, { models }));
      await rm(folder, { recursive: true });
      await cp(fixture('tiny-clip'), folder, { recursive: true });
      return message;
    };
    const graph = join(folder, 'onnx', 'text_model.onnx');
    expect(await refusal(() => rm(join(folder, 'config.json')))).toMatch(/is no model folder: it has no config\.json/);
    expect(await refusal(() => writeFile(join(folder, 'config.json'), '{}'))).toMatch(
      /config\.json: has no model_type/,
    );
    expect(await refusal(() => writeFile(join(folder, 'config.json'), '{"model_type": "bert"}'))).toMatch(
      /model_type "bert" is neither CLIP nor DINO; expected one of clip, vit, dinov2/,
    );
    expect(await refusal(() => rm(graph))).toMatch(/incomplete, without onnx\/text_model\.onnx/);
    expect(await refusal(() => writeFile(graph, ''))).toMatch(/incomplete, without onnx\/text_model\.onnx/);
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 254\n';
    expect(await refusal(() => writeFile(graph, pointer))).toMatch(
      /is a git-lfs pointer, not the model; run `git lfs pull`/,
    );
    expect(await refusal(() => writeFile(graph, 'x'))).toMatch(/text_model\.onnx: does not open in onnxruntime/);
    expect(await refusal(() => writeFile(join(folder, 'preprocessor_config.json'), '['))).toMatch(
      /preprocessor_config\.json: cannot be read as JSON/,
    );
    expect(await refusal(() => cp(join(folder, 'onnx', 'vision_model.onnx'), graph))).toMatch(
      /expected input_ids and text_embeds/,
    );
    expect(await messageOf(addModel(folder, { models, name: '../up' }))).toMatch(/cannot be a model’s name/);
    expect(await messageOf(addModel(folder, { models, name: 'toy-clip' }))).toMatch(
      /is the name of a model that Legato knows/,
    );
    await mkdir(join(models, 'taken'), { recursive: true });
    expect(await messageOf(addModel(folder, { models, name: 'taken' }))).toMatch(/is another model/);
    expect(await readdir(models)).toEqual(['taken']);
  });
});

describe('finding a model', () => {
  it('in a folder that was filled by hand, under any of its names', async () => {
    const { folder, models } = await brought();
    for (const place of ['mobileclip-s2', 'mobileclip_s2', join('Xenova', 'mobileclip_s2')]) {
      await cp(folder, join(models, place), { recursive: true });
      for (const name of ['mobileclip-s2', 'Xenova/mobileclip_s2', 'auto']) {
        expect(await resolveModel(name, 'clip', { demo: false, models })).toMatchObject({
          name: 'mobileclip-s2',
          path: join(models, place),
        });
      }
      expect(await verifyModel('mobileclip-s2', { models })).toMatchObject({
        ok: true,
        origin: 'folder',
        remark: expect.stringMatching(/no manifest/) as string,
      });
      await rm(models, { recursive: true });
    }
  });

  it('prefers known models in the order of the table, then others by name', async () => {
    const { folder, models } = await brought();
    const chosen = async (): Promise<string> => (await resolveModel('auto', 'clip', { demo: false, models })).name;
    for (const name of ['zoo', 'alpha', 'clip-vit-b16', 'mobileclip-s0', 'mobileclip-s2'])
      await cp(folder, join(models, name), { recursive: true });
    await mkdir(join(models, 'aaa-notes'));
    expect(await chosen()).toBe('mobileclip-s2');
    await rm(join(models, 'mobileclip-s2'), { recursive: true });
    expect(await chosen()).toBe('mobileclip-s0');
    await rm(join(models, 'mobileclip-s0'), { recursive: true });
    await rm(join(models, 'clip-vit-b16', 'onnx'), { recursive: true });
    expect(await messageOf(chosen())).toMatch(/incomplete, without .*; run `legato models pull clip-vit-b16`/);
    await rm(join(models, 'clip-vit-b16'), { recursive: true });
    expect(await chosen()).toBe('alpha');
  });

  it('by its folder, and says what to run when there is none', async () => {
    const { folder, models } = await brought();
    const context = { demo: false, models };
    expect(await resolveModel(folder, 'clip', context)).toMatchObject({
      name: 'tiny-clip',
      path: folder,
      kind: 'clip',
    });
    expect(await messageOf(resolveModel(folder, 'dino', context))).toMatch(
      /is a CLIP model where a DINO model is needed/,
    );
    expect(await messageOf(resolveModel(`${folder}${sep}nowhere`, 'clip', context))).toMatch(
      /nowhere: no such model folder/,
    );
    expect(await messageOf(resolveModel('auto', 'clip', context))).toMatch(
      /no CLIP model is installed; run `legato models pull mobileclip-s2` .*or `--clip-model toy-clip --dino-model toy-dino` to try/,
    );
    expect(await messageOf(resolveModel('dinov3-vits16', 'dino', context))).toMatch(
      /is not installed; run `legato models pull dinov3-vits16` \(≈ 87 MB, DINOv3 License \(Meta’s own\)\)/,
    );
    expect(await messageOf(resolveModel('nonsense', 'dino', context))).toMatch(
      /no model is called "nonsense"; known are toy-dino, dinov2-small/,
    );
    expect(await messageOf(resolveModel('../models', 'dino', context))).toMatch(/no such model folder/);
  });

  it('knows where models live', () => {
    expect(modelsFolder({}, 'linux')).toBe(join(homedir(), '.local', 'share', 'legato', 'models'));
    expect(modelsFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe(join('/data', 'legato', 'models'));
    expect(modelsFolder({}, 'darwin')).toBe(join(homedir(), 'Library', 'Application Support', 'Legato', 'models'));
    expect(modelsFolder({ LOCALAPPDATA: join('/app', 'local') }, 'win32')).toBe(
      join('/app', 'local', 'Legato', 'models'),
    );
    expect(modelsFolder({ LEGATO_MODELS: '/offline' }, 'win32')).toMatch(/offline$/);
    expect(builtInModelsFolder()).toBe(repositoryPath('resources', 'models'));
  });

  it('a damaged manifest is said to be one, and hides no other model', async () => {
    const { folder, models } = await brought();
    await addModel(folder, { models, name: 'good' });
    await cp(folder, join(models, 'mobileclip-s1'), { recursive: true });
    for (const text of ['{', '{"version": 2}', JSON.stringify({ version: 1, files: [{ path: '../../etc/passwd' }] })]) {
      await writeFile(join(models, 'mobileclip-s1', 'legato-model.json'), text);
      expect(await messageOf(resolveModel('mobileclip-s1', 'clip', { demo: false, models }))).toMatch(
        /legato-model\.json: .*pull or add the model again/s,
      );
      const states = new Map((await listModels(models)).map(({ name, state }) => [name, state]));
      expect([states.get('good'), states.get('mobileclip-s1')]).toEqual(['installed', 'damaged']);
      expect(await resolveModel('good', 'clip', { demo: false, models })).toMatchObject({ path: folder });
    }
  });
});

describe('the table', () => {
  it('names every model once, with licence and source', () => {
    expect(new Set(knownModels.map(({ name }) => name)).size).toBe(knownModels.length);
    for (const { name, repository, licence, width, kind } of knownModels) {
      expect(isModelName(name), name).toBe(true);
      expect(repository).toMatch(/^[\w-]+\/[\w.-]+$/);
      expect(licence).not.toBe('');
      expect(width).toBe(({ clip: 512, dino: 384 } satisfies Record<ModelKind, number>)[kind]);
    }
  });

  it('paths stay inside', () => {
    for (const path of ['a', 'onnx/model.onnx', 'model.onnx_data', 'a b/c']) expect(isSafePath(path), path).toBe(true);
    for (const path of [
      '',
      '.',
      '..',
      '/a',
      'a/',
      'a//b',
      'a/../b',
      'a\\b',
      'C:',
      'con',
      'nul.txt',
      'a.',
      'a\n',
      'x'.repeat(513),
    ]) {
      expect(isSafePath(path), path).toBe(false);
    }
  });
});

it('transformers.js may load nothing from elsewhere', async () => {
  const { env, AutoTokenizer } = await loadTransformers();
  expect(env.allowRemoteModels).toBe(false);
  await expect(env.fetch('https://huggingface.co/x')).rejects.toThrow(
    /nothing is downloaded here; use `legato models pull`/,
  );
  await expect(AutoTokenizer.from_pretrained('Xenova/clip-vit-base-patch16')).rejects.toThrow();
});
