/** What the window decides without Electron: places, what to open, whether to quit, what a crash leads to, the menu. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MenuAction } from '#contract/session';
import { menuTemplate } from '../../../src-main/desktop/menu';
import { handedOver, opensDemo, requestedPath } from '../../../src-main/desktop/openRequest';
import { QuitGuard } from '../../../src-main/desktop/quitGuard';
import type { QuitChoice } from '../../../src-main/desktop/quitGuard';
import { CrashCounter, describeGone } from '../../../src-main/desktop/recovery';
import { placeWindow, readPlace, smallest, writePlace } from '../../../src-main/desktop/windowPlace';
import { wordsFor } from '../../../src-main/desktop/words';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'legato-window-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the place of the window', () => {
  const screen = { x: 0, y: 25, width: 1920, height: 1055 };
  const right = { x: 1920, y: 0, width: 1280, height: 1024 };
  const saved = { x: 2000, y: 100, width: 1000, height: 700, maximized: true };

  it('is kept in a file, whole or not at all', () => {
    const file = join(folder, 'deep', 'window.json');
    expect(readPlace(file)).toBeNull();
    writePlace(file, saved);
    expect(readPlace(file)).toEqual(saved);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['window.json']);
    writeFileSync(file, '{"x": 1');
    expect(readPlace(file)).toBeNull();
    writeFileSync(file, JSON.stringify({ ...saved, width: 1e9 }));
    expect(readPlace(file)).toBeNull();
    expect(() => writePlace(join(file, 'below-a-file'), saved)).not.toThrow();
  });

  it('is used again while its display is there, and left to the system when it is not', () => {
    expect(placeWindow(saved, [screen, right])).toEqual({ x: 2000, y: 100, width: 1000, height: 700 });
    expect(placeWindow(saved, [screen])).toEqual({ width: 1000, height: 700 });
    expect(placeWindow(null, [screen])).toEqual({ width: 1440, height: 900 });
    expect(placeWindow({ ...saved, x: 0, y: 25, width: 5000, height: 5000 }, [screen])).toEqual({
      x: 0,
      y: 25,
      width: 1920,
      height: 1055,
    });
  });

  it('always shows the title bar, on any display', () => {
    const area = fc.record({
      x: fc.integer({ min: -4000, max: 4000 }),
      y: fc.integer({ min: -4000, max: 4000 }),
      width: fc.integer({ min: 800, max: 4000 }),
      height: fc.integer({ min: 600, max: 3000 }),
    });
    const place = fc.tuple(area, fc.boolean()).map(([bounds, maximized]) => ({ ...bounds, maximized }));
    fc.assert(
      fc.property(place, fc.array(area, { minLength: 1, maxLength: 3 }), (before, displays) => {
        const { x, y, width, height } = placeWindow(before, displays);
        expect(width).toBeGreaterThanOrEqual(smallest.width);
        expect(height).toBeGreaterThanOrEqual(smallest.height);
        if (x === undefined || y === undefined) return;
        const seen = displays.some(
          (display) =>
            Math.min(x + before.width, display.x + display.width) - Math.max(x, display.x) >= 120 &&
            y + 12 >= display.y &&
            y < display.y + display.height,
        );
        expect(seen).toBe(true);
      }),
      { seed: 7 },
    );
  });
});

describe('what is asked to open', () => {
  it('is the first thing on the command line that can be opened', () => {
    const project = join(folder, 'room.legato');
    mkdirSync(project);
    writeFileSync(join(folder, 'splats.PLY'), '');
    writeFileSync(join(folder, 'notes.txt'), '');
    const of = (...argv: string[]) => requestedPath(['/usr/bin/legato', ...argv], folder, '/app');
    expect(of()).toBeNull();
    expect(of('room.legato')).toBe(project);
    expect(of('--inspect', '/app', project)).toBe(project);
    expect(of('notes.txt', 'missing', 'splats.PLY')).toBe(join(folder, 'splats.PLY'));
    expect(of(pathToFileURL(project).href)).toBe(project);
    expect(of('file://elsewhere/share/room.legato', 'file:///missing', 'file:///a%2fb')).toBeNull();
    expect(requestedPath([folder], folder, '/app')).toBeNull();
    expect(requestedPath(['x', '.'], folder, folder)).toBeNull();
  });

  it('crosses to the first instance checked', () => {
    expect(handedOver.safeParse({ path: null, demo: true }).success).toBe(true);
    expect(handedOver.safeParse({ path: '', demo: false }).success).toBe(false);
    expect(handedOver.safeParse({ path: null }).success).toBe(false);
    expect(handedOver.safeParse('/x').success).toBe(false);
  });

  it('is the demo room only when nothing ever was, or when it is asked for', () => {
    expect(opensDemo(null, 0, ['legato'])).toBe(true);
    expect(opensDemo('/x', 0, ['legato'])).toBe(false);
    expect(opensDemo(null, 1, ['legato'])).toBe(false);
    expect(opensDemo(null, 0, ['legato', '--no-demo'])).toBe(false);
    expect(opensDemo(null, 5, ['legato', '--demo'])).toBe(true);
    expect(opensDemo('/x', 5, ['legato', '--demo', '/x'])).toBe(false);
  });
});

describe('quitting', () => {
  function guard(training: string | null, choice: QuitChoice, save: () => Promise<void> = () => Promise.resolve()) {
    const ports = {
      training: () => training,
      ask: vi.fn(() => Promise.resolve(choice)),
      keep: vi.fn(),
      save: vi.fn(save),
      giveUp: vi.fn(() => Promise.resolve(false)),
      quit: vi.fn(),
    };
    return { ports, guard: new QuitGuard(ports) };
  }
  const settled = () => new Promise((done) => setImmediate(done));

  it('saves first without asking when nothing trains, and quits once', async () => {
    const { ports, guard: one } = guard(null, 'cancel');
    expect(one.mayQuit()).toBe(false);
    expect(one.mayQuit()).toBe(false);
    await settled();
    expect(ports.ask).not.toHaveBeenCalled();
    expect(ports.save).toHaveBeenCalledTimes(1);
    expect(ports.quit).toHaveBeenCalledTimes(1);
    expect(one.mayQuit()).toBe(true);
  });

  it.each(['keep', 'cancel'] as const)('is called off by "%s", and asked about again the next time', async (choice) => {
    const { ports, guard: one } = guard('room', choice);
    expect(one.mayQuit()).toBe(false);
    await settled();
    expect(ports.save).not.toHaveBeenCalled();
    expect(ports.quit).not.toHaveBeenCalled();
    expect(ports.keep).toHaveBeenCalledTimes(choice === 'keep' ? 1 : 0);
    expect(one.mayQuit()).toBe(false);
    await settled();
    expect(ports.ask).toHaveBeenCalledTimes(2);
    expect(ports.ask).toHaveBeenCalledWith('room');
  });

  it('says when saving failed, and stays unless told otherwise', async () => {
    const full = new Error('disk is full');
    const { ports, guard: one } = guard('room', 'save', () => Promise.reject(full));
    one.mayQuit();
    await settled();
    expect(ports.giveUp).toHaveBeenCalledWith(full);
    expect(ports.quit).not.toHaveBeenCalled();
    ports.giveUp.mockResolvedValue(true);
    one.mayQuit();
    await settled();
    expect(ports.quit).toHaveBeenCalledTimes(1);
  });
});

describe('a crash', () => {
  it('loads the page again, asks when it crashes again and again, and forgets after a minute', () => {
    const counter = new CrashCounter();
    expect(counter.next('clean-exit', 0)).toBe('ignore');
    expect([0, 1, 2, 3].map((at) => counter.next('crashed', at))).toEqual(['reload', 'reload', 'reload', 'ask']);
    expect(counter.next('oom', 61_000)).toBe('reload');
  });

  it('of a helper is told in words', () => {
    expect(describeGone({ type: 'GPU', reason: 'clean-exit', exitCode: 0 })).toBeNull();
    expect(describeGone({ type: 'Utility', name: 'Audio', reason: 'killed', exitCode: 9 })).toContain(
      'Utility, Audio: killed, code 9',
    );
  });
});

describe('the menu bar', () => {
  const action = (menu: MenuAction['menu'], id: string): MenuAction => ({
    ...{ id, menu, words: id.toUpperCase(), accelerator: 'CmdOrCtrl+K', enabled: true },
  });
  const roles = (lines: ReturnType<typeof menuTemplate>): string[] =>
    lines.flatMap(({ role, submenu }) => [...(role ? [role] : []), ...(Array.isArray(submenu) ? roles(submenu) : [])]);

  it('has what each system expects', () => {
    const words = wordsFor('en-GB');
    const of = (platform: NodeJS.Platform) => roles(menuTemplate([], { platform, words, choose: () => undefined }));
    expect(of('darwin')).toEqual(expect.arrayContaining(['appMenu', 'windowMenu', 'recentDocuments', 'close', 'copy']));
    expect(of('darwin')).not.toContain('quit');
    for (const platform of ['linux', 'win32'] as const) {
      expect(of(platform)).toEqual(expect.arrayContaining(['quit', 'copy', 'togglefullscreen']));
      expect(of(platform)).not.toContain('appMenu');
    }
  });

  it('shows the actions of the page under their menus, and says which was chosen', () => {
    const chosen: string[] = [];
    const words = wordsFor('zh-CN');
    const lines = menuTemplate([action('training', 'pause'), action('file', 'open')], {
      ...{ platform: 'linux', words, choose: (id: string) => void chosen.push(id) },
    });
    expect(lines.map(({ label }) => label)).toEqual(['文件', '编辑', '视图', '训练']);
    const file = lines[0].submenu;
    if (!Array.isArray(file)) throw new Error('a menu without lines');
    expect(file.map(({ label, role, type }) => label ?? role ?? type)).toEqual(['OPEN', 'separator', 'quit']);
    expect(file[0]).toMatchObject({ accelerator: 'CmdOrCtrl+K', registerAccelerator: false, enabled: true });
    Reflect.apply(Reflect.get(file[0], 'click') as () => void, undefined, []);
    expect(chosen).toEqual(['open']);
  });
});
