/**
 * What Legato stands on, thing by thing: there or missing, and what to do. Training needs some of it; the rest switches
 * features off.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { electronBinary } from './electronBinary';

/** One line of it. Checked, since a window's examination comes from another process. */
export const findingSchema = z.object({
  name: z.string().max(100),
  /** null where it could not be checked; the detail then says why */
  ok: z.boolean().nullable(),
  /** training does not work without it */
  needed: z.boolean(),
  /** version or what was found; when missing, what to do */
  detail: z.string().max(2000),
});
export type Finding = z.infer<typeof findingSchema>;

export const root = fileURLToPath(new URL('../../', import.meta.url));
const messageOf = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0] : String(error));

export type Outcome = Pick<Finding, 'ok' | 'detail'>;
export type Check = () => Promise<Outcome> | Outcome;

/** A check that fails by throwing is a finding, not a crash. */
export async function finding(name: string, needed: boolean, check: Check): Promise<Finding> {
  try {
    const { ok, detail } = await check();
    return { name, needed, ok, detail };
  } catch (error) {
    return { name, needed, ok: false, detail: messageOf(error) };
  }
}

function node(): ReturnType<Check> {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { ok, detail: ok ? process.versions.node : `${process.versions.node}; install Node 20.19 or newer` };
}

function machine(): ReturnType<Check> {
  return { ok: true, detail: `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB` };
}

function compiler(): ReturnType<Check> {
  for (const name of [process.env.CXX, 'c++', 'g++', 'clang++', 'cl'].filter((one) => one !== undefined)) {
    const { status, stdout } = spawnSync(name, [name === 'cl' ? '/?' : '--version'], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (status === 0) return { ok: true, detail: stdout.split('\n')[0] || name };
  }
  return { ok: false, detail: 'no C++20 compiler; install g++, clang++ or MSVC to build the fast kernels' };
}

async function addon(): Promise<Outcome> {
  const { loadAddon } = await import('../kernels/addon');
  const { version, instructionSet, available } = loadAddon().info();
  return { ok: true, detail: `${version}, ${instructionSet} (of ${available.join(', ')})` };
}

async function tfjs(): Promise<Outcome> {
  const tf = await import('@tensorflow/tfjs');
  return { ok: true, detail: tf.version_core };
}

async function libsql(): Promise<Outcome> {
  const { default: Database } = await import('libsql');
  const database = new Database(':memory:');
  const row = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  database.close();
  return { ok: true, detail: `SQLite ${row.version}` };
}

async function images(): Promise<Outcome> {
  const { default: sharp } = await import('sharp');
  return { ok: true, detail: `libvips ${sharp.versions.vips}` };
}

async function onnx(): Promise<Outcome> {
  const runtime = await import('onnxruntime-node');
  return {
    ok: true,
    detail: `${runtime.env.versions.node ?? 'present'}, ${runtime
      .listSupportedBackends()
      .map((one) => one.name)
      .join(', ')}`,
  };
}

function trainer(): ReturnType<Check> {
  const path = join(root, 'out', 'main', 'trainer.js');
  return existsSync(path) ? { ok: true, detail: path } : { ok: false, detail: 'not built; run: npm run build' };
}

function electron(): ReturnType<Check> {
  const found = electronBinary();
  return found
    ? { ok: true, detail: `${found.version}, ${found.path}` }
    : { ok: false, detail: 'the binary is not downloaded; run: npx install-electron (or use legato serve)' };
}

function display(): ReturnType<Check> {
  if (process.platform !== 'linux') return { ok: true, detail: process.platform };
  const name = process.env.WAYLAND_DISPLAY ?? process.env.DISPLAY;
  return name ? { ok: true, detail: name } : { ok: false, detail: 'no screen here; use legato serve and a browser' };
}

async function models(): Promise<Outcome> {
  const { builtInModelsFolder } = await import('../language/models/folders');
  const path = builtInModelsFolder();
  return path
    ? { ok: true, detail: path }
    : { ok: false, detail: 'no language models; colour and geometry train without them' };
}

/** Everything, in the order in which a person should mend it. */
export function examine(): Promise<Finding[]> {
  return Promise.all([
    finding('node', true, node),
    finding('machine', true, machine),
    finding('trainer', true, trainer),
    finding('tfjs', true, tfjs),
    finding('native kernels', false, addon),
    finding('compiler', false, compiler),
    finding('sharp', true, images),
    finding('libsql', true, libsql),
    finding('onnxruntime', false, onnx),
    finding('electron', false, electron),
    finding('display', false, display),
    finding('models', false, models),
  ]);
}
