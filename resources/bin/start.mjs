/**
 * `legato start`: an Electron window when there is a screen and the Electron binary (fetched once, on the first start,
 * when it can be reached), else the same page served to a browser. Says which, and why.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './build.mjs';

/** Exit codes (resources/docs/command-line.md). */
const USAGE = 2;
const ENVIRONMENT = 4;

const options = {
  port: { type: 'string', default: '0' },
  host: { type: 'string', default: '127.0.0.1' },
  /** serve to a browser even where a window would open */
  browser: { type: 'boolean', default: false },
  /** a first run opens the demo room; this one does not */
  'no-demo': { type: 'boolean', default: false },
};

const PROBE_MS = 3_000;
const DOWNLOAD_MS = 180_000;
/** An Electron that ends with an error this soon never showed its window. */
const EARLY_MS = 5_000;

/** @returns {Promise<number>} exit code */
export async function start(args) {
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) throw new Error('--port takes 0 to 65535');
  } catch (error) {
    console.error(`legato: ${error.message}\nusage: legato start [--browser] [--no-demo] [--port N] [--host ADDRESS]`);
    return USAGE;
  }
  const obstacle = values.browser ? 'asked to (--browser)' : (noWindow() ?? (await noElectron()));
  if (obstacle === null) {
    const code = await runElectron(values['no-demo'] ? ['--no-demo'] : []);
    if (code !== null) return code;
    console.log('legato: Electron ended before its window opened; serving the page instead.');
  } else {
    console.log(`legato: no window: ${obstacle}. Serving the same page instead.`);
  }
  const { serveUntilInterrupted } = await import(pathToFileURL(join(root, 'out/main/server.js')).href);
  try {
    return await serveUntilInterrupted({
      port: Number(values.port),
      host: values.host,
      open: hasDisplay(),
      begin: { demo: !values['no-demo'] },
    });
  } catch (error) {
    if (error.name !== 'ServeError') throw error;
    console.error(`legato: ${error.message}`);
    return ENVIRONMENT;
  }
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

function noWindow() {
  if (!hasDisplay()) return 'this machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)';
  if (process.platform === 'linux' && process.getuid() === 0) return 'Electron does not run its sandbox as root';
  return null;
}

function electronFolder() {
  try {
    return dirname(createRequire(join(root, 'package.json')).resolve('electron/package.json'));
  } catch {
    return null;
  }
}

/** Fetches the Electron binary if need be; returns why there is none, or null. */
async function noElectron() {
  const folder = electronFolder();
  if (folder === null) return 'the electron package is not installed (npm ci --omit=dev leaves it out)';
  if (existsSync(join(folder, 'path.txt'))) return null;
  const unreachable = await downloadUnreachable();
  if (unreachable !== null) return `the Electron binary is not here and cannot be fetched (${unreachable})`;
  console.log('legato: fetching Electron, once (about 110 MB) …');
  const { status } = spawnSync(process.execPath, [join(folder, 'install.js')], {
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: DOWNLOAD_MS,
  });
  return status === 0 && existsSync(join(folder, 'path.txt'))
    ? null
    : 'the Electron binary could not be fetched (npx install-electron tells more)';
}

/** A short question before the long download, so that a machine behind a silent firewall starts at once. */
async function downloadUnreachable() {
  // Node's fetch takes no proxy from the environment, but Electron's installer does: it shall try.
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return null;
  const mirror = process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror ?? 'https://github.com';
  try {
    await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) });
    return null;
  } catch (error) {
    const { host } = new URL(mirror);
    return `${host} ${error.name === 'TimeoutError' ? 'does not answer' : 'cannot be reached'}`;
  }
}

/** Runs Electron until it ends; null when it failed before a window can have opened. */
function runElectron(flags) {
  const folder = electronFolder();
  const binary = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'));
  const environment = { ...process.env };
  delete environment.ELECTRON_RUN_AS_NODE;
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(binary, [root, ...flags], { stdio: 'inherit', env: environment });
    child.on('error', () => resolve(null));
    child.on('exit', (code, signal) => {
      const early = Date.now() - started < EARLY_MS;
      if (early && (code !== 0 || signal !== null) && signal !== 'SIGINT' && signal !== 'SIGTERM') resolve(null);
      else resolve(code ?? 1);
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  });
}
