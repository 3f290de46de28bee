/**
 * Keeps a checkout's out/ as new as its sources: whoever runs `legato` right after `npm ci`, or after an edit, gets
 * what the sources say. An installed Legato has no sources and is taken as it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
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
const products = ['out/main/server.js', 'out/preload/bridge.cjs', 'out/renderer/index.html'];

/** Modification time of the newest file below, ms; 0 when there is none. */
function newest(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return 0;
  if (!entry.isDirectory()) return entry.mtimeMs;
  // A folder's own time counts as well: it tells of deleted files.
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), entry.mtimeMs);
}

/** Why the bundles need building, or null. */
export function staleness() {
  if (!existsSync(join(root, 'electron.vite.config.ts'))) return null;
  const built = products.map((file) => newest(join(root, file)));
  if (built.includes(0)) return 'first run';
  const latest = Math.max(...bundleSources.map((path) => newest(join(root, path))));
  return latest > Math.min(...built) ? 'sources changed' : null;
}

/** Builds when needed, one process at a time; prints one line. Throws when the build fails. */
export function ensureBuilt(log = console.error) {
  if (staleness() === null) return;
  withLock(join(root, 'node_modules/.legato-build'), () => {
    const reason = staleness();
    if (reason === null) return;
    log(`legato: building (${reason}) …`);
    const native = join(root, 'native/build.mjs');
    if (reason === 'first run' && existsSync(native)) run(native, ['--soft']);
    run(join(root, 'node_modules/electron-vite/bin/electron-vite.js'), ['build', '--logLevel', 'warn']);
    sweep(join(root, 'out/main'));
  });
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
}

/** A folder is the lock: making one is atomic everywhere. A lock older than two minutes belongs to nobody. */
function withLock(path, action) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') return action();
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > 120_000) rmSync(path, { recursive: true, force: true });
      else Atomics.wait(pause, 0, 0, 200);
    }
  }
  try {
    action();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
