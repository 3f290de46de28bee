/**
 * Keeps a checkout's out/ as new as its sources: whoever runs `legato` right after `npm ci`, or after an edit, gets
 * what the sources say. An installed Legato has no sources and is taken as it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

const bundleSources = [
  'src-main',
  'src-preload',
  'src-renderer',
  'resources/locales',
  'electron.vite.config.ts',
  'package.json',
];
const kernelSources = ['native/cpu', 'native/build.mjs'];
/** When the compiler last succeeded (native/build.mjs writes it), and when it last had its chance from here. */
const kernelStamps = ['native/build/fingerprints.json', 'native/build/tried'];
const bundles = ['out/main/server.js', 'out/preload/bridge.cjs', 'out/renderer/index.html'];

/** Modification time of the newest file below, ms; 0 when there is none. */
function newest(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  // A folder's own time counts as well: it tells of deleted files.
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), entry.mtimeMs);
}

const times = (paths) => paths.map((path) => newest(join(root, path)));
const bundlesStale = () => Math.min(...times(bundles)) < Math.max(...times(bundleSources));
const kernelsStale = () => Math.max(...times(kernelStamps)) < Math.max(...times(kernelSources));

/** What needs building, in words; null when nothing does. */
export function staleness() {
  if (!existsSync(join(root, 'electron.vite.config.ts'))) return null;
  const parts = [];
  if (kernelsStale()) parts.push('native kernels, which takes a minute');
  if (bundlesStale()) parts.push('bundles');
  return parts.length > 0 ? parts.join(' and ') : null;
}

/** Builds when needed, one process at a time; prints one line. Throws when the build fails. */
export function ensureBuilt(log = console.error) {
  if (staleness() === null) return;
  withLock(join(root, 'node_modules/.legato-build'), () => {
    const reason = staleness();
    if (reason === null) return;
    log(`legato: building ${reason} …`);
    if (kernelsStale()) buildKernels(log);
    if (bundlesStale()) {
      run(join(root, 'node_modules/electron-vite/bin/electron-vite.js'), ['build', '--logLevel', 'warn']);
      sweep(join(root, 'out/main'));
    }
  });
}

/** Without a compiler this says so and succeeds; the stamp keeps it from being tried on every command. */
function buildKernels(log) {
  const words = run(join(root, 'native/build.mjs'), ['--soft']).trim();
  if (words !== '') log(words);
  mkdirSync(join(root, 'native/build'), { recursive: true });
  writeFileSync(join(root, kernelStamps[1]), '');
}

/** Removes chunks of earlier builds, once no run that started from them can still be loading any. */
function sweep(folder) {
  const dayAgo = Date.now() - 86_400_000;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (statSync(file).mtimeMs < dayAgo) rmSync(file, { force: true });
  }
}

function run(script, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`legato: the build failed; run \`npm ci\`, then \`npm run build\`\n\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** A folder is the lock: making one is atomic everywhere. A lock older than ten minutes belongs to nobody. */
function withLock(path, action) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') return action();
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > 600_000) rmSync(path, { recursive: true, force: true });
      else Atomics.wait(pause, 0, 0, 200);
    }
  }
  try {
    action();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
