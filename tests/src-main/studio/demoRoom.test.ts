/** The room that a page makes: its life from absent to ready, stopped and failed. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demoState } from '#contract/session';
import { DEMO_VERSION } from '../../../src-main/capture/demo/truth';
import { cacheFolder, DemoRoom } from '../../../src-main/studio/demoRoom';
import { temporaryFolder } from '../base/temporaryFolder';

const small = {
  wanted: { objects: 12, views: 4, width: 32, height: 32 },
  making: { light: 'quick', threads: 2 },
} as const;

let home: string;
beforeEach(async () => {
  home = await temporaryFolder();
  process.env.LEGATO_HOME = home;
});
afterEach(() => {
  delete process.env.LEGATO_HOME;
});

/** Waits for a state, looking at every change. */
function until(room: DemoRoom, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = room.onChange(() => {
      void room.state().then(({ state }) => {
        if (state !== wanted) return;
        stop();
        resolve();
      });
    });
  });
}

describe('DemoRoom', () => {
  it('is made once: progress, then ready, for every door afterwards', async () => {
    const room = new DemoRoom(small);
    expect(await room.state()).toEqual({ state: 'absent' });
    const stages = new Set<string>();
    room.onChange(() => {
      void room.state().then((now) => {
        demoState.parse(now);
        if (now.state === 'making') stages.add(now.stage);
      });
    });
    const done = until(room, 'ready');
    room.make();
    room.make();
    await done;
    expect(stages).toContain('light');
    const path = join(home, 'cache', `demo-v${DEMO_VERSION}-74-12-4-32x32-quick`);
    const ready = { state: 'ready', path, photos: 4, heldOut: 1, classes: 24 };
    expect(await room.state()).toEqual(ready);
    expect(await new DemoRoom(small).state()).toEqual(ready);
    await rm(path, { recursive: true });
    expect(await room.state()).toEqual({ state: 'absent' });
  });

  it('stops when told, leaves nothing, and can begin again', async () => {
    const room = new DemoRoom(small);
    const absent = until(room, 'absent');
    room.make();
    room.cancel();
    await absent;
    expect(await readdir(join(home, 'cache')).catch(() => [])).toEqual([]);
    room.make();
    expect((await room.state()).state).toBe('making');
    await room.close();
    expect(await room.state()).toEqual({ state: 'absent' });
  });

  it('says what went wrong, with the path', async () => {
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'cache'), 'a file');
    const room = new DemoRoom(small);
    const failed = until(room, 'failed');
    room.make();
    await failed;
    const state = await room.state();
    expect(state.state === 'failed' && state.problem).toContain(join(home, 'cache'));
  });
});

describe('cacheFolder', () => {
  it('follows each system', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux')).toBe('/c/legato');
    expect(cacheFolder({}, 'linux')).toMatch(/\.cache.legato$/);
    expect(cacheFolder({}, 'darwin')).toMatch(/Library.Caches.Legato$/);
    expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'Legato', 'Cache'));
  });
});
