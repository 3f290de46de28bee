/** The window's half of `legato doctor --desktop`. Electron is started hidden, examines itself and ends (desktop/examine.ts). */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { examinePage, pageFolder } from '../server/index';
import { examineParts } from '../studio/desktopExamination';
import { electronBinary } from '../studio/electronBinary';
import type { ElectronBinary } from '../studio/electronBinary';
import { findingSchema, root } from '../studio/examination';
import type { Finding } from '../studio/examination';

const LIMIT_MS = 120_000;
const examination = z.object({ findings: z.array(findingSchema).max(100) });

export async function examineDesktop(): Promise<Finding[]> {
  return [...(await examineParts()), ...(await examinePage(pageFolder)), ...(await examineInElectron())];
}

/** Why no window can open here; null when one can. */
function obstacle(): string | null {
  if (electronBinary() === null) return 'the Electron binary is not here (npx install-electron)';
  if (process.platform !== 'linux') return null;
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'there is no display';
  return process.getuid?.() === 0 ? 'Electron does not run its sandbox as root' : null;
}

async function examineInElectron(): Promise<Finding[]> {
  const electron = electronBinary();
  const why = obstacle();
  if (electron === null || why !== null) {
    const unchecked = { ok: null, needed: false, detail: `not checked: ${why}` };
    return ['bridge', 'WebGL 2', 'parts in Electron'].map((name) => ({ name, ...unchecked }));
  }
  const folder = await mkdtemp(join(tmpdir(), 'legato-doctor-'));
  try {
    return await askElectron(electron, folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ name: 'Electron window', ok: false, needed: false, detail: reason.slice(0, 2000) }];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * @param folder  for its user data, so that a Legato that is open is left alone
 * @returns what it found; rejects when it ends without an answer
 */
export function askElectron({ path }: ElectronBinary, folder: string): Promise<Finding[]> {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  const child = spawn(path, [root, '--examine', `--user-data-dir=${folder}`], { env, timeout: LIMIT_MS });
  let [said, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-100_000)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained = (complained + text).slice(-1000)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      // Electron's own words come before it, on lines of their own.
      const line = said.split('\n').find((one) => one.startsWith('{"findings"'));
      const parsed = examination.safeParse(json(line));
      if (parsed.success) resolve(parsed.data.findings);
      else reject(new Error(`Electron ended (${signal ?? `code ${code}`}) without an answer: ${complained.trim()}`));
    });
  });
}

/** Undefined for what is none. */
function json(line: string | undefined): unknown {
  try {
    return line === undefined ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
