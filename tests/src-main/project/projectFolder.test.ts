import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { processStartTime } from '../../../src-main/base/processes';
import { createProject, isProject, openProject } from '../../../src-main/project/projectFolder';
import { repositoryPath } from '../../shared';
import { smallDisk } from '../../smallDisk';
import { temporaryFolder } from '../base/temporaryFolder';

const lockOf = (lock: { pid: number; host?: string; processStart?: string | null }) =>
  JSON.stringify({
    host: hostname(),
    processStart: processStartTime(lock.pid),
    since: '2026-01-01T00:00:00Z',
    ...lock,
  });

async function closedProject(): Promise<string> {
  const path = join(await temporaryFolder(), 'room.legato');
  await (await createProject(path, '/captures/room')).close();
  return path;
}

/** A project is made once, opened by one writer at a time, and never mistaken for something else. */
describe('project folder', () => {
  it('is created with its layout and opens again', async () => {
    const path = join(await temporaryFolder(), 'deep', 'room.legato');
    const project = await createProject(path, '/captures/room');
    expect(project.name).toBe('room');
    await project.close();
    const entries = (await readdir(path)).filter((name) => !name.startsWith('project.db-'));
    expect(entries.sort()).toEqual(['checkpoints', 'exports', 'features', 'maps', 'project.db']);
    expect(await isProject(path)).toBe(true);
    const again = await openProject(path, 'read');
    expect(again.capturePath).toBe('/captures/room');
    await again.close();
  });

  it('refuses to create over something', async () => {
    await expect(createProject(await closedProject(), '/c')).rejects.toMatchObject({ code: 'exists' });
  });

  it('refuses what is not a project', async () => {
    const folder = await temporaryFolder();
    await expect(openProject(folder, 'write')).rejects.toMatchObject({ code: 'not-a-project' });
    await expect(openProject(join(folder, 'missing'), 'read')).rejects.toMatchObject({ code: 'not-a-project' });
    await writeFile(join(folder, 'project.db'), '');
    await expect(openProject(folder, 'read')).rejects.toMatchObject({ code: 'not-a-project' });
  });

  it('has one writer and any number of readers', async () => {
    const path = await closedProject();
    const writer = await openProject(path, 'write');
    await expect(openProject(path, 'write')).rejects.toMatchObject({ code: 'locked' });
    await (await openProject(path, 'read')).close();
    await writer.close();
    await (await openProject(path, 'write')).close();
  });

  it('is locked while another process lives and free once it has died', async () => {
    const path = await closedProject();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(other, 'spawn');
    await writeFile(join(path, 'lock'), lockOf({ pid: other.pid! }));
    await expect(openProject(path, 'write')).rejects.toMatchObject({ code: 'locked' });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (await openProject(path, 'write')).close();
  });

  it('takes over a lock whose process id now belongs to a different process, and a damaged lock', async () => {
    const path = await closedProject();
    for (const lock of [lockOf({ pid: process.ppid, processStart: '1' }), '{"pid":', '']) {
      await writeFile(join(path, 'lock'), lock);
      await (await openProject(path, 'write')).close();
    }
  });

  it('respects a lock of another machine', async () => {
    const path = await closedProject();
    await writeFile(join(path, 'lock'), lockOf({ pid: 1, host: 'elsewhere' }));
    await expect(openProject(path, 'write')).rejects.toThrow(/elsewhere.*delete this file/);
  });

  it(
    'is open in one of many processes that open it at the same moment, over a stale lock',
    { timeout: 120_000 },
    async () => {
      const path = await closedProject();
      const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
      await writeFile(join(path, 'lock'), lockOf({ pid: dead }));
      const lock = JSON.stringify(pathToFileURL(repositoryPath('src-main', 'project', 'lock.ts')).href);
      // All try at a moment that they are given, then hold what they got until the end.
      const script = `import(${lock}).then(async ({ ProjectLock }) => {
      process.send('ready');
      await new Promise((go) => process.once('message', go));
      const said = await ProjectLock.acquire(${JSON.stringify(join(path, 'lock'))}).then(() => 'open', (error) => error.message);
      process.send(said);
      // One that ended would leave its lock to the others.
      setInterval(() => undefined, 1000);
    })`;
      const options = { execArgv: ['--import', 'tsx'], cwd: repositoryPath(), silent: true };
      const file = join(path, '..', 'open.mts');
      await writeFile(file, script);
      const children = Array.from({ length: 4 }, () => fork(file, options));
      try {
        await Promise.all(children.map((child) => once(child, 'message')));
        const answers = children.map((child) => once(child, 'message') as Promise<[string]>);
        for (const child of children) child.send('go');
        const said = (await Promise.all(answers)).map(([text]) => text);
        expect(said.filter((text) => text === 'open')).toHaveLength(1);
        const winner = children[said.indexOf('open')].pid;
        for (const text of said.filter((one) => one !== 'open'))
          expect(text).toMatch(/open in process \d+ on .*; close it there|at the same moment; try again/);
        expect(JSON.parse(await readFile(join(path, 'lock'), 'utf8'))).toMatchObject({ pid: winner });
      } finally {
        for (const child of children) child.kill();
      }
    },
  );

  it('is made where an attempt was broken off, and nowhere else', async () => {
    const path = join(await temporaryFolder(), 'room.legato');
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    await mkdir(join(path, 'maps'), { recursive: true });
    await mkdir(join(path, `.project.db.${dead}-0.tmp`));
    await writeFile(join(path, 'lock'), lockOf({ pid: dead }));
    await (await createProject(path, '/captures/room')).close();
    expect(await isProject(path)).toBe(true);
    const other = join(path, '..', 'other.legato');
    await mkdir(join(other, 'maps'), { recursive: true });
    await writeFile(join(other, 'maps', 'a.png'), '');
    await expect(createProject(other, '/c')).rejects.toMatchObject({ code: 'exists' });
  });

  it('is read where nothing can be written', async ({ skip }) => {
    const own = await smallDisk(join(await temporaryFolder(), 'disk'), 8);
    if (!own?.freeze) return skip();
    try {
      const path = join(own.path, 'room.legato');
      // Copied, since a disk with an open file cannot be frozen, and SQLite's binding is slow to let go.
      const closed = await closedProject();
      const copy = () => cp(closed, path, { recursive: true });
      // Its log goes when the binding does, perhaps while it is copied.
      await copy().catch(copy);
      own.freeze();
      await expect(openProject(path, 'write')).rejects.toThrow(/no permission to write here; choose another folder/);
      await expect(createProject(join(own.path, 'new.legato'), '/c')).rejects.toThrow(/no permission to write here/);
      const opened = await openProject(path, 'read');
      expect(opened.capturePath).toBe('/captures/room');
      await opened.close();
    } finally {
      own.close();
    }
  });

  it('sweeps away what a crashed writer left', async () => {
    const path = await closedProject();
    const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
    await mkdir(join(path, 'checkpoints', `.100.${dead}-0.tmp`));
    await (await openProject(path, 'write')).close();
    expect(await readdir(join(path, 'checkpoints'))).toEqual([]);
  });
});
