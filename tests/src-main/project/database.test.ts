import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src-main/project/connection';
import { ProjectDatabase } from '../../../src-main/project/database';
import { ProjectError } from '../../../src-main/project/errors';
import { temporaryFolder } from '../base/temporaryFolder';

async function open() {
  const path = join(await temporaryFolder(), 'a b#c?d%20.db');
  return { path, database: new ProjectDatabase(path, 'write') };
}

const codeOf = (work: () => unknown): string | null => {
  try {
    work();
  } catch (error) {
    return error instanceof ProjectError ? error.code : 'not a ProjectError';
  }
  return null;
};

/** What goes in comes out, a second reader sees it, and files that are not ours are refused untouched. */
describe('ProjectDatabase', () => {
  it('keeps runs, metrics, events, evaluations, views and queries across reopening', async () => {
    const { path, database } = await open();
    const run = database.startRun({ settings: { steps: 5 }, backend: 'native', firstStep: 1 });
    database.recordMetrics(run, 1, { loss: 0.5, splats: 10 });
    database.recordMetrics(run, 2, { loss: NaN, splats: 11 });
    database.recordMetrics(run, 1, { loss: 0.25 });
    database.recordEvent(run, 2, 'density', { cloned: 1 });
    database.recordEvaluation(run, 2, [{ photo: 'a.jpg', name: 'psnr', value: 27.5 }]);
    database.saveView('front', { fx: 1 });
    database.saveView('front', { fx: 2 });
    database.recordQuery('red mug', { threshold: 0.5 });
    database.updateRun(run, 'finished', 2);
    database.close();

    const again = new ProjectDatabase(path, 'read');
    expect(again.version).toBe(SCHEMA_VERSION);
    expect(again.runs()).toMatchObject([
      { id: run, status: 'finished', settings: { steps: 5 }, backend: 'native', firstStep: 1, lastStep: 2 },
    ]);
    expect(again.runs()[0].endedAt).not.toBeNull();
    expect(again.metrics(run, 'loss')).toEqual([
      { step: 1, value: 0.25 },
      { step: 2, value: null },
    ]);
    expect(again.metrics(run, 'splats', 2)).toEqual([{ step: 2, value: 11 }]);
    expect(again.events(run)).toMatchObject([{ step: 2, kind: 'density', data: { cloned: 1 } }]);
    expect(again.evaluations(run)).toEqual([{ step: 2, photo: 'a.jpg', name: 'psnr', value: 27.5 }]);
    expect(again.views()).toEqual([{ name: 'front', camera: { fx: 2 } }]);
    expect(again.queries()).toMatchObject([{ text: 'red mug', options: { threshold: 0.5 } }]);
    again.close();
  });

  it('lets a reader look on while a writer works', async () => {
    const { path, database } = await open();
    const reader = new ProjectDatabase(path, 'read');
    const run = database.startRun({ settings: {}, backend: 'native', firstStep: 1 });
    database.recordMetrics(run, 1, { loss: 1 });
    expect(reader.metrics(run, 'loss')).toEqual([{ step: 1, value: 1 }]);
    expect(() => reader.setMeta('a', 'b')).toThrow();
    reader.close();
    database.close();
  });

  it('undoes a transaction that fails', async () => {
    const { database } = await open();
    expect(() =>
      database.transaction(() => {
        database.setMeta('a', 'b');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(database.getMeta('a')).toBeNull();
    database.close();
  });

  it('refuses a newer schema, a foreign database and a file that is none, in both modes', async () => {
    const { path, database } = await open();
    database.close();
    const newer = new Database(path);
    newer.exec('PRAGMA user_version = 999');
    newer.close();
    const folder = await temporaryFolder();
    const foreign = join(folder, 'foreign.db');
    const other = new Database(foreign);
    other.exec('CREATE TABLE songs (title TEXT)');
    other.close();
    const text = join(folder, 'text.db');
    await writeFile(text, 'this is no database '.repeat(500));
    for (const mode of ['read', 'write'] as const) {
      expect(codeOf(() => new ProjectDatabase(path, mode))).toBe('newer-version');
      expect(codeOf(() => new ProjectDatabase(foreign, mode))).toBe('not-a-project');
      expect(codeOf(() => new ProjectDatabase(text, mode))).toBe('corrupt');
    }
    const check = new Database(foreign);
    expect(check.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'songs' }]);
    check.close();
  });
});
