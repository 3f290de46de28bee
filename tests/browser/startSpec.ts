/**
 * What the start page must do, whichever door it is opened by: tests/browser runs this against the server in Chromium,
 * tests/desktop against Electron.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { repositoryPath } from '../shared';

export interface StartDoor {
  name: 'browser' | 'desktop';
  /** opens a fresh page; `complaints` collects console errors, page errors and policy violations */
  open: (scheme: 'light' | 'dark') => Promise<{ page: Page; complaints: string[]; close: () => Promise<void> }>;
  /** puts a project into the recent list */
  remember: (name: string) => Promise<void>;
}

/** Collects everything that a person would see in red in the developer tools. */
export function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  return complaints;
}

/** Latin words on a page in Chinese that are neither names, figures, keys nor paths. */
async function untranslated(page: Page): Promise<string[]> {
  // Why a backend was chosen is said by the kernels, which speak English.
  const text = await page.evaluate(() =>
    [...document.querySelectorAll('header, main')].map((part) => (part as HTMLElement).innerText).join(' '),
  );
  const known =
    /^(Legato|English|COLMAP|transforms|json|nerfstudio|instant|ngp|NAME|legato|ply|sparse|Ctrl|native|AVX2?|AVX512|NEON|GENERIC|serve|K|O)$/;
  return [...new Set(text.match(/[A-Za-z]+[0-9]*/g) ?? [])].filter((word) => !known.test(word));
}

export async function photograph(page: Page, name: string): Promise<void> {
  const folder = repositoryPath('test-results');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

export function describeStartPage(door: StartDoor): void {
  it.each(['dark', 'light'] as const)('opens in %s without a complaint', async (scheme) => {
    const { page, complaints, close } = await door.open(scheme);
    await page.getByTestId('kernels').getByText('kernels').waitFor();
    await page.getByText('No project yet').waitFor();
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).toBe(scheme === 'dark' ? 'rgb(18, 18, 18)' : 'rgb(244, 244, 244)');
    await photograph(page, `start-${door.name}-${scheme}`);
    expect(complaints).toEqual([]);
    await close();
  });

  it('offers nothing that does not work', async () => {
    const { page, close } = await door.open('dark');
    await page.getByText('No project yet').waitFor();
    const buttons = await page.getByRole('button').allInnerTexts();
    const names = buttons.map((text) => text.replace(/\s+/g, ' ').trim()).filter(Boolean);
    const ways = door.name === 'browser' ? ['Browse this machine'] : ['Choose a folder …', 'Choose a splat file …'];
    const commands = process.platform === 'darwin' ? 'Commands ⌘K' : 'Commands Ctrl+K';
    expect(names.sort()).toEqual([...ways, commands, 'English', 'Look', 'Open the demo room', '中文'].sort());
    // Nothing is named yet that could be looked at.
    expect(await page.getByRole('button', { name: 'Look' }).isDisabled()).toBe(true);
    expect(await page.locator('a').count()).toBe(0);
    await close();
  });

  it('calls up its commands and its list of keys, and puts them away', async () => {
    const { page, complaints, close } = await door.open('dark');
    await page.getByText('No project yet').waitFor();
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keys' });
    await keys.getByText('Pause or resume training').waitFor();
    await photograph(page, `start-${door.name}-keys`);
    await page.keyboard.press('Escape');
    await keys.waitFor({ state: 'detached' });
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByRole('combobox', { name: 'Commands' }).fill('appear');
    await page.getByRole('option', { name: 'Switch appearance' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    await page.reload();
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    expect(complaints).toEqual([]);
    await close();
  });

  it('takes what is dropped anywhere, and says what a browser keeps to itself', async () => {
    const { page, close } = await door.open('dark');
    await page.getByText('No project yet').waitFor();
    const kept = await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], 'plush'));
      return !window.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
    });
    expect(kept).toBe(true);
    expect(await page.getByLabel('Path').inputValue()).toBe('plush');
    await page.getByText('put its path in front').waitFor();
    await close();
  });

  it('can be used from the keyboard, with visible focus', async () => {
    const { page, close } = await door.open('dark');
    await page.getByText('No project yet').waitFor();
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        if (element === null) return { name: '', outlined: false };
        const name = element.getAttribute('aria-label') ?? (element.textContent.trim() || element.id);
        return { name: name.replace(/\s+/g, ' '), outlined: getComputedStyle(element).outlineStyle !== 'none' };
      });
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab');
      const { name, outlined } = await focused();
      expect(outlined, name).toBe(true);
      seen.push(name);
    }
    expect(seen.slice(1, 5)).toEqual(['English', 'More', 'Open the demo room', 'path']);
    await page.keyboard.press('F6');
    expect((await focused()).name).toMatch(/^Commands/);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('o');
    expect((await focused()).name).toBe('path');
    await close();
  });

  it('speaks Chinese in the same layout, and remembers it', async () => {
    const { page, complaints, close } = await door.open('light');
    await page.getByText('中文').click();
    await page.getByText('最近的项目').waitFor();
    expect(await untranslated(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-CN');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(overflow).toBe(false);
    await photograph(page, `start-${door.name}-chinese`);
    await page.reload();
    await page.getByText('最近的项目').waitFor();
    await page.getByText('English').click();
    await page.getByText('Recent projects').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows a project as soon as it is written, without a reload', async () => {
    const { page, complaints, close } = await door.open('dark');
    await page.getByText('No project yet').waitFor();
    await door.remember('kitchen');
    const row = page.getByTestId('recent').getByRole('listitem');
    await row.getByText('kitchen', { exact: true }).waitFor();
    expect(await row.innerText()).toContain('24,296 splats · 1,000 steps · 26.90 dB held out');
    await photograph(page, `start-${door.name}-recent`);
    expect(complaints).toEqual([]);
    await close();
  });
}
