/** The start page as `legato serve` serves it, in a real browser. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionInfo } from '#contract/session';
import { ensureBuilt } from '../../resources/bin/build.mjs';
import { serve } from '../../src-main/server';
import type { Serving } from '../../src-main/server';
import { rememberProject } from '../../src-main/studio/recent';
import { browserWanted, chromiumPath, launchChromium } from './chromium';
import { describeStartPage, listen, photograph } from './startSpec';

describe.runIf(browserWanted)('the start page in Chromium', () => {
  let browser: Browser;
  let home: string;
  let serving: Serving;

  beforeAll(async () => {
    ensureBuilt(console.warn);
    browser = await launchChromium();
    console.warn(`\n  Start page: server door in ${chromiumPath} ${browser.version()}\n`);
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'legato-page-'));
    process.env.LEGATO_HOME = home;
    serving = await serve();
    return async () => {
      await serving.close();
      await rm(home, { recursive: true, force: true });
    };
  });
  afterAll(async () => {
    delete process.env.LEGATO_HOME;
    await browser?.close();
  });

  async function visit(context: BrowserContext): Promise<{ page: Page; complaints: string[] }> {
    const page = await context.newPage();
    const complaints = listen(page);
    await page.goto(serving.url);
    await page.waitForURL((url) => url.search === '');
    return { page, complaints };
  }

  const context = (scheme: 'light' | 'dark', width = 1440) =>
    browser.newContext({
      colorScheme: scheme,
      viewport: { width, height: 900 },
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
    });

  describeStartPage({
    name: 'browser',
    async open(scheme) {
      const own = await context(scheme);
      return { ...(await visit(own)), close: () => own.close() };
    },
    async remember(name) {
      const path = join(home, `${name}.legato`);
      await mkdir(path);
      await rememberProject({ path, splats: 24_296, steps: 1000, psnr: 26.9 });
    },
  });

  it('needs the link, and says so', async () => {
    const own = await context('light');
    const page = await own.newPage();
    const { origin } = new URL(serving.url);
    expect((await page.goto(origin))?.status()).toBe(401);
    expect(await page.innerText('h1')).toBe('This Legato needs its link');
    await own.close();
  });

  it('obeys its policy: no inline script, no eval, no other server', async () => {
    const own = await context('light');
    const { page } = await visit(own);
    const outcome = await page.evaluate(async () => {
      // While it runs a debugger's own expression, Chromium lets eval through whatever the policy says.
      await new Promise((done) => setTimeout(done));
      const inline = document.createElement('script');
      inline.textContent = 'window.injected = true';
      document.body.append(inline);
      const blocked = async (action: () => unknown) => {
        try {
          await action();
          return false;
        } catch {
          return true;
        }
      };
      return {
        inline: !('injected' in window),
        eval: await blocked(() => (Reflect.get(window, 'eval') as (code: string) => unknown)('1')),
        elsewhere: await blocked(() => fetch('http://127.0.0.1:9/')),
        // Both are needed by the splat viewer.
        wasm: !(await blocked(() => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])))),
        worker: await new Promise<boolean>((done) => {
          const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
          worker.onmessage = () => done(true);
          worker.onerror = () => done(false);
        }),
      };
    });
    expect(outcome).toEqual({ inline: true, eval: true, elsewhere: true, wasm: true, worker: true });
    await own.close();
  });

  it('fits a narrow window', async () => {
    const own = await context('dark', 720);
    const { page } = await visit(own);
    await page.getByText('No project yet').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(720);
    await photograph(page, 'start-browser-narrow');
    await own.close();
  });

  it('says what survived when the server stops, and asks for the new link when another takes its place', async () => {
    const own = await context('dark');
    const { page } = await visit(own);
    await page.getByText('No project yet').waitFor();
    const port = Number(new URL(serving.url).port);
    await serving.close();
    await page.getByText('The server does not answer.').waitFor();
    expect(await page.getByRole('button', { name: 'Open the demo room' }).isDisabled()).toBe(true);
    await photograph(page, 'start-browser-lost');
    serving = await serve({ port });
    await page.getByText('This link is from an earlier run.').waitFor();
    expect(await page.getByTestId('door').innerText()).toBe('not let in');
    await own.close();
  });

  it('says so when there are no kernels', async () => {
    await serving.close();
    const session: SessionInfo = {
      version: '0.0.0',
      door: 'server',
      folder: '/legato',
      shell: 'posix',
      backend: null,
      backendProblem: 'legato.node: wrong ELF class',
      recent: [],
      demo: { state: 'absent' },
    };
    serving = await serve({ session: async () => session });
    const own = await context('light');
    const { page } = await visit(own);
    await page.getByText('legato.node: wrong ELF class').first().waitFor();
    expect((await page.getByTestId('kernels').innerText()).trim()).toBe('no kernels');
    expect(await page.getByRole('alert').innerText()).toContain('npx legato doctor');
    expect(await page.getByRole('button', { name: 'Open the demo room' }).isDisabled()).toBe(true);
    await photograph(page, 'start-browser-no-kernels');
    await own.close();
  });
});
