/**
 * What the studio must do with a real session, trainer and room, whichever door it is opened by: open the demo, train, ask while
 * it trains, pause, reload, finish. One story; every state on the way is photographed in both lights and held to axe.
 */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { repositoryPath } from '../shared';
import { photograph } from './startSpec';

export interface StudioPageDoor {
  name: 'browser' | 'desktop';
  /** a fresh page of a studio with nothing open */
  open: (scheme: 'light' | 'dark') => Promise<{ page: Page; complaints: string[]; close: () => Promise<void> }>;
}

const axe = readFileSync(repositoryPath('node_modules/axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

/** Serious and critical violations of WCAG 2.1 A and AA. axe comes in as a debugger's script, which no policy of the page forbids. */
export async function violations(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  await session.detach();
  const found = await page.evaluate(async () => {
    const { axe: checker } = window as unknown as {
      axe: { run: (root: Document, options: object) => Promise<{ violations: AxeViolation[] }> };
    };
    return (await checker.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })).violations;
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`);
}

/** WebGL on a processor tells of its own slowness; that is no fault of the page. */
export const faults = (complaints: readonly string[]): string[] =>
  complaints.filter((text) => !/GL Driver Message|GPU stall/.test(text));

const life = (page: Page, words: string) => page.getByTestId('life').getByText(words, { exact: true });
/** "60 photos · 4,096 splats" → 4096 */
async function splats(page: Page): Promise<number> {
  const text = await page.getByTestId('figures').innerText();
  return Number((/([\d,]+) splats/.exec(text)?.[1] ?? '0').replaceAll(',', ''));
}

export function describeStudioPage(door: StudioPageDoor): void {
  it('tells the whole story, in both lights', { timeout: 1_800_000 }, async () => {
    const { page, complaints, close } = await door.open('dark');
    page.setDefaultTimeout(600_000);
    const look = async (state: string) => {
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await photograph(page, `studio-${door.name}-${state}-${scheme}`);
        expect(await violations(page), `${state}, ${scheme}`).toEqual([]);
      }
    };

    // ---- one click
    await page.getByRole('button', { name: 'Open the demo room' }).click();
    await life(page, 'training').waitFor();

    // ---- settings while it runs
    await page.keyboard.press('ControlOrMeta+,');
    const settings = page.getByRole('complementary', { name: 'Settings, while it trains' });
    const set = async (name: string, value: string) => {
      await settings.getByRole('searchbox').fill(name);
      const field = settings.getByRole('textbox', { name, exact: true });
      await field.fill(value);
      await page.keyboard.press('Enter');
      await settings.getByRole('button', { name: `Reset ${name}` }).waitFor();
      expect(await field.inputValue()).toBe(value);
    };
    await set('Semantic steps', '2000000');
    await set('Max splats', '6000');
    await expect.poll(() => splats(page), { timeout: 120_000 }).toBeGreaterThan(0);
    await settings.getByRole('searchbox').fill('resolution');
    expect(await settings.getByRole('textbox', { name: 'Resolution', exact: true }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await look('training');

    // ---- words join while it trains, and answer while it trains
    await page.getByRole('combobox', { name: 'Ask in words' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('chair, table');
    await page.keyboard.press('Enter');
    const classes = page.getByTestId('classes');
    await classes.getByRole('row', { name: /^chair/ }).waitFor();
    await expect
      .poll(() => classes.getByRole('row', { name: /^table/ }).innerText(), { timeout: 600_000 })
      .toMatch(/\d/);
    expect(await page.getByTestId('life').innerText()).toBe('training');
    const segmentation = page.getByRole('button', { name: /^Segmentation/ });
    expect(await segmentation.getAttribute('aria-pressed')).toBe('true');

    // ---- pause, look around
    await page.getByRole('button', { name: /^Pause/ }).click();
    await life(page, 'paused').waitFor();
    await page.getByTestId('paused').waitFor();
    await look('asked');
    await page.getByRole('tab', { name: 'Entries' }).click();
    await page.getByTestId('entries').getByRole('listitem').first().waitFor();
    await look('entries');
    await page.getByRole('tab', { name: 'Photos' }).click();
    await page.getByTestId('photos').getByRole('listitem').nth(2).waitFor();
    await look('photos');
    await page.keyboard.press('ControlOrMeta+,');
    await settings.waitFor();
    await look('settings');
    await page.keyboard.press('Escape');

    // ---- a splat, and why it is uncertain
    await page.keyboard.press('Alt+3');
    const canvas = page.getByRole('application');
    await canvas.click({ modifiers: ['Alt'] });
    await page.getByTestId('splat-id').waitFor();
    await page.keyboard.press('y');
    await page
      .getByTestId('why')
      .getByText(/photos see it|no photo/i)
      .waitFor();
    await look('why');

    // ---- a reload loses nothing
    await page.reload();
    await life(page, 'paused').waitFor();
    expect(await page.getByRole('combobox', { name: 'Ask in words' }).inputValue()).toBe('chair, table');
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('Space');
    await life(page, 'training').waitFor();

    // ---- to the end, and the end is there after another reload
    await page.keyboard.press('ControlOrMeta+,');
    await settings.getByRole('searchbox').fill('Semantic steps');
    await settings.getByRole('button', { name: 'Reset Semantic steps' }).click();
    await life(page, 'finished').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('finished').waitFor();
    await look('finished');
    await page.reload();
    await life(page, 'finished').waitFor();
    await expect.poll(() => splats(page), { timeout: 60_000 }).toBeGreaterThan(0);
    expect(faults(complaints)).toEqual([]);
    await close();
  });
}
