/** A hub, an empty models folder, and pulls from the one into the other. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { pullModel, resolveModel } from '../../../../src-main/language/models/index';
import type { PullOptions, PullResult } from '../../../../src-main/language/models/index';
import { temporaryFolder } from '../../base/temporaryFolder';
import { COMMIT, startHub } from './hubServer';
import type { Hub } from './hubServer';

export const NAME = 'mobileclip-s2';
/** The one large file. */
export const CARD = 'README.md';
export const isFor = (path: string, file: string): boolean => path.endsWith(`/${COMMIT}/${file}`);

export async function setUp(fixture?: string, repository?: string) {
  const hub = await startHub(fixture, repository);
  const models = join(await temporaryFolder(), 'models');
  const pull = (options: Partial<PullOptions> = {}, name = NAME): Promise<PullResult> =>
    pullModel(name, { models, mirror: hub.url, environment: {}, firstWait: 2, ...options });
  const refusal = async (options?: Partial<PullOptions>, name?: string): Promise<string> => {
    const error = await pull(options, name).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toBeInstanceOf(Error);
    // Whatever went wrong, no model came of it.
    await expect(resolveModel(NAME, 'clip', { demo: false, models })).rejects.toThrow(
      /is not installed; run `legato models pull/,
    );
    return `${error!.name}: ${error!.message}`;
  };
  return { hub, models, pull, refusal };
}

export async function expectWhole(hub: Hub, models: string, name = NAME): Promise<void> {
  for (const [path, bytes] of hub.files) {
    expect((await readFile(join(models, name, path))).equals(bytes), path).toBe(true);
  }
  expect(await readdir(models)).toEqual([name]);
}
