/**
 * From an answer to a segmented mesh, as a person goes: open, train, ask, accept, correct with a brush, look at what is uncertain, export
 * while it trains, undo everything, redo everything, and find it all again after the server was killed. One story; what is new on the
 * way is photographed in both lights and held to axe.
 */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { photograph } from './startSpec';
import { faults, violations } from './studioSpec';

export interface LabelDoor {
  /** of the demo room */
  readonly capture: () => string;
  /** a fresh page of a studio with nothing open */
  readonly open: () => Promise<{ page: Page; complaints: string[] }>;
  /** ends the server as a crash would, starts another and leads the page there */
  readonly killAndReopen: (page: Page) => Promise<void>;
}

const rows = (page: Page) => page.getByTestId('label-row');
const undo = (page: Page) => page.getByTestId('labels').getByRole('button', { name: /undo/i });
const redo = (page: Page) => page.getByTestId('labels').getByRole('button', { name: /redo/i });
const unfocus = (page: Page) => page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());

/** Splats of a class, as its row says. */
async function splatsOf(page: Page, name: string): Promise<number> {
  const said = await rows(page).filter({ hasText: name }).locator('.figure').first().getAttribute('title');
  return Number((said ?? '0').replace(/[^\d]/g, ''));
}

const namesOf = (page: Page) => rows(page).locator('button.name .ellipsis').allInnerTexts();

/** Presses until nothing is left to do. @returns how often */
async function exhaust(page: Page, keys: string, words: string): Promise<number> {
  const end = page.getByTestId('labels').getByRole('button', { name: words });
  for (let presses = 0; presses < 50; presses++) {
    if ((await end.count()) > 0) return presses;
    const before = await page.getByTestId('labels').locator('.history').innerText();
    await page.keyboard.press(keys);
    await expect.poll(() => page.getByTestId('labels').locator('.history').innerText()).not.toBe(before);
  }
  throw new Error(`${keys} did not come to an end`);
}

export function describeLabelPath(door: LabelDoor): void {
  it('goes from an answer to a segmented mesh, and back', { timeout: 1_500_000 }, async () => {
    const { page, complaints } = await door.open();
    page.setDefaultTimeout(600_000);
    const look = async (state: string) => {
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await photograph(page, `label-${state}-${scheme}`);
        expect(await violations(page), `${state}, ${scheme}`).toEqual([]);
      }
    };
    const training = () => page.getByTestId('life').getByText('training', { exact: true }).waitFor();

    // ---- open and train; no end of its own
    await page.getByLabel('Path').fill(door.capture());
    await page.keyboard.press('Enter');
    const set = async (name: string, value: string) => {
      await page.getByRole('searchbox', { name: 'Search settings' }).fill(name);
      await page.getByRole('textbox', { name, exact: true }).fill(value);
      await page.keyboard.press('Enter');
    };
    await page.getByTestId('preview').waitFor();
    await set('Semantic steps', '2000000');
    await set('Max splats', '5000');
    await page.getByTestId('create').click();
    await training();

    // ---- the empty state says how to begin
    await page.getByRole('tab', { name: 'Labels' }).click();
    await page.getByText('Nothing is labelled yet').waitFor();

    // ---- ask, and accept with the same key
    const ask = page.getByRole('combobox', { name: 'Ask in words' });
    await ask.waitFor();
    await ask.fill('chair, table');
    await page.keyboard.press('Enter');
    // A young scene may know the one long before the other.
    const answers = page.getByTestId('key').locator('.splats');
    const without = async () => (await answers.allInnerTexts()).filter((text) => !/[1-9]/.test(text)).length;
    await expect.poll(() => answers.count(), { timeout: 600_000 }).toBe(2);
    await expect.poll(without, { timeout: 600_000 }).toBe(0);
    await ask.press('Enter');
    await rows(page).filter({ hasText: 'chair' }).waitFor();
    await rows(page).filter({ hasText: 'table' }).waitFor();
    await expect.poll(() => splatsOf(page, 'chair')).toBeGreaterThan(0);
    expect(await page.getByRole('button', { name: /^Labels/ }).getAttribute('aria-pressed')).toBe('true');

    // ---- a class of one's own, by hand
    await page.getByLabel('New class').fill('thing / 东西');
    await page.keyboard.press('Enter');
    await rows(page).filter({ hasText: '东西' }).waitFor();
    await unfocus(page);
    await page.keyboard.press('3');
    await page.keyboard.press('b');
    for (let i = 0; i < 4; i++) await page.keyboard.press(']');
    const box = await page.getByRole('application').boundingBox();
    if (!box) throw new Error('no picture');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x - 60, y);
    await page.mouse.down();
    await page.mouse.move(x, y + 20, { steps: 5 });
    await page.mouse.move(x + 60, y, { steps: 5 });
    await look('brush');
    await page.mouse.up();
    await expect.poll(() => splatsOf(page, '东西'), { timeout: 60_000 }).toBeGreaterThan(0);
    expect(await undo(page).innerText()).toContain('Undo: brush');
    const brushed = await splatsOf(page, '东西');
    await page.keyboard.down('Control');
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Control');
    await expect.poll(() => undo(page).innerText(), { timeout: 60_000 }).toContain('taking away');
    await expect.poll(() => splatsOf(page, '东西')).toBeLessThan(brushed);
    await page.keyboard.press('Escape');

    // ---- rectangle and lasso, one gesture each
    const drag = async (key: string, path: readonly (readonly [number, number])[], name: string) => {
      await page.keyboard.press(key);
      const before = await splatsOf(page, '东西');
      const [[fromX, fromY], ...rest] = path;
      await page.mouse.move(x + fromX, y + fromY);
      await page.mouse.down();
      for (const [dx, dy] of rest) await page.mouse.move(x + dx, y + dy, { steps: 4 });
      await page.mouse.up();
      await expect.poll(() => undo(page).innerText(), { timeout: 60_000 }).toContain(`Undo: ${name}`);
      await expect.poll(() => splatsOf(page, '东西'), { timeout: 60_000 }).toBeGreaterThan(before);
      await page.keyboard.press('Escape');
    };
    await drag(
      'r',
      [
        [-260, -120],
        [-120, 20],
      ],
      'rectangle',
    );
    await drag(
      'l',
      [
        [140, -120],
        [260, -110],
        [230, 30],
        [150, 20],
      ],
      'lasso',
    );

    // ---- what is uncertain: one key each
    await page.keyboard.press('n');
    const card = page.getByTestId('uncertain');
    await card.waitFor();
    await look('uncertain');
    const first = await card.innerText();
    await page.keyboard.press('1');
    await expect.poll(() => undo(page).innerText(), { timeout: 60_000 }).toContain('region');
    await expect
      .poll(async () => ((await card.count()) === 0 ? '' : card.innerText()), { timeout: 60_000 })
      .not.toBe(first);
    if ((await card.count()) > 0) {
      await page.keyboard.press('Enter');
      await expect.poll(() => undo(page).innerText(), { timeout: 60_000 }).toContain('review');
      await page.keyboard.press('Escape');
    }

    // ---- the mesh before it is written, while it trains: its nodes can be switched, and the picture follows
    await page.keyboard.press('ControlOrMeta+e');
    const preview = page.getByTestId('mesh-preview');
    await expect.poll(() => preview.getAttribute('data-state'), { timeout: 400_000 }).toBe('done');
    const parts = preview.getByTestId('mesh-part');
    await parts.filter({ hasText: 'chair' }).waitFor();
    await parts.filter({ hasText: 'unlabelled' }).waitFor();
    expect(await preview.getByTestId('preview-figures').innerText()).toMatch(/voxels of [\d.]+ c?m.*about [\d.]+ c?m/);
    const mesh = preview.locator('canvas');
    await expect.poll(() => mesh.getAttribute('data-parts')).toBe(String(await parts.count()));
    const seen = async () => (await mesh.screenshot()).toString('base64');
    const whole = await seen();
    await preview.getByRole('button', { name: 'Hide unlabelled' }).click();
    await expect.poll(seen).not.toBe(whole);
    await preview.getByRole('button', { name: 'Show unlabelled' }).click();
    const at = await mesh.boundingBox();
    if (!at) throw new Error('no mesh');
    await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
    await page.mouse.down();
    await page.mouse.move(at.x + at.width / 2 + 80, at.y + at.height / 2, { steps: 4 });
    await page.mouse.up();
    await expect.poll(seen).not.toBe(whole);
    await training();
    await look('preview');

    // ---- the mesh, while it trains
    await page.getByRole('button', { name: 'Export Mesh, GLB' }).click();
    const state = page.getByTestId('export-state');
    await state.waitFor();
    await expect.poll(() => state.getAttribute('data-state'), { timeout: 400_000 }).toBe('done');
    await training();
    await look('export');
    const glb = readFileSync(await page.getByTestId('export-file').innerText());
    expect(glb.toString('latin1', 0, 4)).toBe('glTF');
    const json = glb.toString('utf8', 20, 20 + glb.readUInt32LE(12));
    const nodes = (JSON.parse(json) as { nodes: { name?: string }[] }).nodes.map(({ name }) => name);
    expect(nodes).toEqual(expect.arrayContaining(['chair']));
    await page.keyboard.press('Escape');

    // ---- all of it back, and all of it again
    await unfocus(page);
    const names = await namesOf(page);
    expect(names).toEqual(['chair', 'table', 'thing / 东西']);
    const edits = await exhaust(page, 'ControlOrMeta+z', 'Nothing to undo');
    expect(edits).toBeGreaterThanOrEqual(8);
    await page.getByText('Nothing is labelled yet').waitFor();
    expect(await exhaust(page, 'ControlOrMeta+Shift+z', 'Nothing to redo')).toBe(edits);
    expect(await namesOf(page)).toEqual(names);
    await expect.poll(() => splatsOf(page, 'chair')).toBeGreaterThan(0);
    await page.keyboard.press('ControlOrMeta+z');
    await expect.poll(() => redo(page).innerText()).toContain('Redo:');
    const history = [await undo(page).innerText(), await redo(page).innerText()];
    await training();
    expect(faults(complaints)).toEqual([]);

    // ---- a killed server loses nothing
    await door.killAndReopen(page);
    await page.getByRole('tab', { name: 'Labels' }).click();
    await expect.poll(() => namesOf(page)).toEqual(names);
    expect([await undo(page).innerText(), await redo(page).innerText()]).toEqual(history);
    await expect.poll(() => splatsOf(page, 'chair')).toBeGreaterThan(0);
    await look('reopened');
  });
}
