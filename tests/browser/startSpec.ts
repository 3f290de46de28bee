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
    const buttons = await page.getByRole('button').allInnerTexts();
    expect(buttons.map((text) => text.replace(/\s+/g, ' ').trim()).sort()).toEqual([
      'Copy command C',
      'English',
      'Open the demo room',
      '中文',
    ]);
    expect(await page.locator('a').count()).toBe(0);
    await close();
  });

  it('writes the command that trains, quoted', async () => {
    const { page, close } = await door.open('dark');
    const command = () => page.getByTestId('command').innerText();
    expect(await command()).toBe('npx legato train FOLDER');
    await page.keyboard.press('o');
    await page.keyboard.type("/captures/Ann's room");
    expect(await command()).toBe(
      process.platform === 'win32'
        ? `npx legato train "/captures/Ann's room"`
        : `npx legato train '/captures/Ann'\\''s room'`,
    );
    await page.getByText('Quick look').click();
    expect(await command()).toMatch(/--steps 1000 --resolution 248$/);
    await close();
  });

  it('takes a folder that is dropped anywhere, and says what a browser keeps to itself', async () => {
    const { page, close } = await door.open('dark');
    await page.getByTestId('command').waitFor();
    const kept = await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], 'plush'));
      return !window.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
    });
    expect(kept).toBe(true);
    expect(await page.getByTestId('command').innerText()).toBe('npx legato train plush');
    await page.getByText('put its path in front').waitFor();
    await close();
  });

  it('can be used from the keyboard, with visible focus', async () => {
    const { page, close } = await door.open('dark');
    await page.getByTestId('command').waitFor();
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(() => {
        const focused = document.activeElement;
        if (focused === null) return { name: '', outlined: false };
        const shown = focused instanceof HTMLInputElement && focused.type === 'radio' ? focused.parentElement : focused;
        const outlined = shown !== null && getComputedStyle(shown).outlineStyle !== 'none';
        return { name: `${focused.tagName} ${(focused as HTMLInputElement).type}`, outlined };
      });
      expect(focus.outlined, focus.name).toBe(true);
      seen.push(focus.name);
    }
    expect(seen).toEqual(['BUTTON button', 'BUTTON button', 'INPUT text', 'INPUT radio', 'BUTTON button']);
    await close();
  });

  it('copies with C and says so', async () => {
    const { page, close } = await door.open('dark');
    await page.getByTestId('command').waitFor();
    await page.keyboard.press('c');
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText().catch(() => null))).toSatisfy(
      (text: string | null) => text === null || text === 'npx legato train FOLDER',
    );
    await close();
  });

  it('speaks Chinese in the same layout, and remembers it', async () => {
    const { page, complaints, close } = await door.open('light');
    await page.getByText('中文').click();
    await page.getByText('最近的项目').waitFor();
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

  it('makes the demo room on demand, shows how it goes, and stops when told', async () => {
    const { page, complaints, close } = await door.open('dark');
    const card = page.getByTestId('demo');
    await card.getByRole('button', { name: 'Open the demo room' }).click();
    await card.getByRole('progressbar').waitFor();
    await photograph(page, `start-${door.name}-demo-making`);
    await card.getByRole('button', { name: 'Cancel' }).click();
    await card.getByRole('button', { name: 'Open the demo room' }).waitFor();
    expect(await page.getByTestId('command').innerText()).toBe('npx legato train FOLDER');
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
