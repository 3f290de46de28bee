/** The recent list: order, limit, and that no damage to it ever stops anybody. */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RECENT_LIMIT } from '#contract/session';
import {
  personalFolder,
  recentPath,
  recentProjects,
  rememberProject,
  watchRecent,
} from '../../../src-main/studio/recent';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-recent-'));
  process.env.LEGATO_HOME = folder;
});
afterEach(async () => {
  delete process.env.LEGATO_HOME;
  await rm(folder, { recursive: true, force: true });
});

describe('recent projects', () => {
  it('come newest first, once each, and keep figures that a later mention leaves out', async () => {
    const day = (n: number) => new Date(Date.UTC(2026, 0, n));
    await mkdir(join(folder, 'a.legato'));
    await rememberProject({ path: join(folder, 'a.legato'), capture: '/captures/a', splats: 10, psnr: 20.5 }, day(1));
    await rememberProject({ path: join(folder, 'b.legato') }, day(2));
    await rememberProject({ path: join(folder, 'a.legato'), steps: 7, splats: 12 }, day(3));
    expect(await recentProjects()).toEqual([
      {
        path: join(folder, 'a.legato'),
        name: 'a',
        capture: resolve('/captures/a'),
        openedAt: '2026-01-03T00:00:00.000Z',
        splats: 12,
        steps: 7,
        psnr: 20.5,
        missing: false,
      },
      expect.objectContaining({ name: 'b', capture: null, splats: null, steps: null, psnr: null, missing: true }),
    ]);
    expect(await readdir(folder)).toEqual(['a.legato', 'recent.json']);
  });

  it('are limited', async () => {
    for (let i = 0; i < RECENT_LIMIT + 3; i++) await rememberProject({ path: join(folder, `${i}.legato`) });
    const names = (await recentProjects()).map((project) => project.name);
    expect(names).toHaveLength(RECENT_LIMIT);
    expect(names[0]).toBe(String(RECENT_LIMIT + 2));
  });

  it.each(['', '{', '[]', '{"version":2,"projects":[]}', '{"version":1,"projects":[{"path":7}]}'])(
    'are none where the file holds %s, and start afresh',
    async (text) => {
      await writeFile(recentPath(), text);
      expect(await recentProjects()).toEqual([]);
      expect(await rememberProject({ path: join(folder, 'a.legato') })).toBe(true);
      expect(await recentProjects()).toHaveLength(1);
    },
  );

  it('cannot fail a run where the home is not writable', async () => {
    await writeFile(join(folder, 'file'), '');
    process.env.LEGATO_HOME = join(folder, 'file', 'below');
    expect(await rememberProject({ path: '/a.legato' })).toBe(false);
    expect(() => watchRecent(() => undefined)()).not.toThrow();
  });

  it.skipIf(process.platform === 'win32')('are readable by their owner alone', async () => {
    await rememberProject({ path: '/a.legato' });
    expect((await stat(recentPath())).mode & 0o777).toBe(0o600);
  });

  it('tell a watcher', async () => {
    const changed = new Promise<void>((done) => {
      const stop = watchRecent(() => {
        stop();
        done();
      });
    });
    await rememberProject({ path: '/a.legato' });
    await changed;
  });
});

describe('the personal folder', () => {
  it('follows each system', () => {
    expect(personalFolder({ XDG_CONFIG_HOME: '/x' }, 'linux')).toBe(join('/x', 'legato'));
    expect(personalFolder({}, 'linux')).toMatch(/\.config[/\\]legato$/);
    expect(personalFolder({}, 'darwin')).toMatch(/Library[/\\]Application Support[/\\]Legato$/);
    expect(personalFolder({ APPDATA: '/roaming' }, 'win32')).toBe(join('/roaming', 'Legato'));
    expect(personalFolder({ LEGATO_HOME: '/l' }, 'linux')).toBe(resolve('/l'));
  });
});
