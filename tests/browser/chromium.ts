/** The browser that the page is tried in: Debian's or the one that CHROMIUM_PATH names. Never downloaded. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

function find(): string | null {
  const named = process.env.CHROMIUM_PATH;
  if (named) return existsSync(named) ? named : null;
  if (process.platform === 'win32') return null;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      continue;
    }
  }
  return null;
}

export const chromiumPath = find();

/** CI promises a browser; elsewhere its absence is said aloud. */
export const browserWanted = chromiumPath !== null || process.env.CI === 'true';

if (chromiumPath === null) {
  const remedy = 'install chromium or set CHROMIUM_PATH';
  console.warn(
    `\n  ${browserWanted ? 'FAILING' : 'SKIPPED'}: no Chromium found; ${remedy} to try the page in a browser.\n`,
  );
}

/** @param extra  switches of Chromium */
export function launchChromium(extra: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === null) throw new Error('CI=true demands Chromium: install chromium or set CHROMIUM_PATH');
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--headless=new', ...extra] });
}

/**
 * A browser that draws with WebGL: on a screen (Xvfb will do) by the system's GL, without one by Chromium's own software renderer,
 * which is several times slower.
 */
export function launchDrawingChromium(): Promise<Browser> {
  if (chromiumPath === null) throw new Error('CI=true demands Chromium: install chromium or set CHROMIUM_PATH');
  const screen = Boolean(process.env.DISPLAY) || process.platform !== 'linux';
  const args = screen
    ? ['--use-angle=gl', '--disable-gpu-watchdog', '--ignore-gpu-blocklist']
    : ['--headless=new', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
  return chromium.launch({
    executablePath: chromiumPath,
    headless: false,
    args: ['--no-sandbox', '--enable-precise-memory-info', '--js-flags=--expose-gc', ...args],
  });
}
