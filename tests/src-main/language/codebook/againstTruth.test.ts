/** Maps against a demo's truth, on two photos small enough to count by hand. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEMO_VERSION } from '../../../../src-main/capture/demo/truth';
import { againstTruth } from '../../../../src-main/language/codebook/againstTruth';
import { encodeIndexMap } from '../../../../src-main/language/codebook/indexMap';
import { temporaryFolder } from '../../base/temporaryFolder';
import { ListSource } from './listSource';

const names = ['wall', 'red mug', 'floor'];
//  truth  1 1 2 2      map  1 1 2 2
//         1 1 2 2           1 2 2 2
const truth = Uint8Array.of(1, 1, 2, 2, 1, 1, 2, 2);
const map = Uint8Array.of(1, 1, 2, 2, 1, 2, 2, 2);

/** A cell of class c points along axis c − 1 in its CLIP half. */
const cells = Float32Array.from(
  [...truth].flatMap((label) => [0, 1, 2, 3].map((k) => (k === label - 1 || k === 3 ? 1 : 0))),
);

async function demo() {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'truth/class'), { recursive: true });
  await mkdir(join(folder, 'maps'));
  const made = { version: DEMO_VERSION, seed: 1, objects: 1, views: 2, heldOut: 0, width: 4, height: 2 };
  const classes = names.map((name, i) => ({ id: i + 1, name, colour: [0, 0, 0] }));
  const described = { ...made, unit: 'metre', up: [0, 0, 1], voxel: 0.02, classes, instances: [] };
  await writeFile(join(folder, 'truth/demo.json'), JSON.stringify(described));
  for (const photo of ['a', 'b']) {
    await writeFile(join(folder, `truth/class/${photo}.png`), encodeIndexMap(truth, 4, 2, ''));
    await writeFile(join(folder, `maps/${photo}.png`), encodeIndexMap(map, 4, 2, ''));
  }
  const photo = { rows: 2, columns: 4, cells };
  const source = new ListSource(3, 1, [
    { name: 'a.jpg', ...photo },
    { name: 'b.jpg', ...photo },
  ]);
  const shape = { clipWidth: 3, dinoWidth: 1, dinoWeight: 0.5 };
  // Entries of wall, red mug, and one that no pixel has.
  const entries = Float32Array.of(2, 0.1, 0, 1, 0, 1, 0, 1, 0, 0, 5, 1);
  return { capture: folder, source, codebook: { entries, shape, size: 3 }, maps: join(folder, 'maps'), leftOut: [] };
}

const axes = new Map(names.map((name, axis) => [name, Float32Array.from([0, 1, 2], (k) => (k === axis ? 1 : 0))]));
const encoder = {
  encode: (texts: readonly string[]) =>
    Promise.resolve(Float32Array.from(texts.flatMap((text) => [...(axes.get(text) ?? [])]))),
};

it('counts purity, mIoU, the band at edges, the oracle and the names that find their entry', async () => {
  const report = await againstTruth({ ...(await demo()), encoder });
  // One pixel of eight has the other index: 7/8; IoU wall 3/4, mug 4/5. The floor is not shown and counts nowhere.
  // One pixel from an edge lie columns 1 and 2: three of four right; IoU wall 1/2, mug 2/3.
  expect(report).toEqual({
    classes: 2,
    purity: 7 / 8,
    meanIoU: expect.closeTo((3 / 4 + 4 / 5) / 2, 12) as number,
    band: { radius: 1, purity: 3 / 4, meanIoU: expect.closeTo((1 / 2 + 2 / 3) / 2, 12) as number },
    oracle: { photo: 1, capture: 1 },
    found: 2,
    missed: [],
  });
});

it('names what words do not find, and goes without an encoder', async () => {
  const inputs = await demo();
  const turned = { encode: () => Promise.resolve(Float32Array.of(0, 1, 0, 0, 1, 0)) };
  expect(await againstTruth({ ...inputs, encoder: turned })).toMatchObject({
    found: 1,
    missed: ['wall'],
    oracle: { photo: 0.25, capture: 0.25 },
  });
  expect(await againstTruth({ ...inputs, encoder: null })).toMatchObject({ found: null, oracle: null, purity: 7 / 8 });
  expect(await againstTruth({ ...inputs, encoder: null, leftOut: ['a.jpg'] })).toMatchObject({ purity: 7 / 8 });
});

it('averages the oracle over a photo, and over all of them', async () => {
  const inputs = await demo();
  // In the second photo the wall looks more like the mug, over both like the wall.
  const doubtful = cells.slice();
  for (const [cell, label] of truth.entries()) if (label === 1) doubtful.set([0.6, 0.8, 0], 4 * cell);
  const source = new ListSource(3, 1, [
    { name: 'a.jpg', rows: 2, columns: 4, cells },
    { name: 'b.jpg', rows: 2, columns: 4, cells: doubtful },
  ]);
  const report = await againstTruth({ ...inputs, source, encoder });
  // A photo's: IoU wall 4/8, mug 8/12.
  expect(report?.oracle).toEqual({ photo: expect.closeTo((1 / 2 + 2 / 3) / 2, 12) as number, capture: 1 });
});

it('says nothing about a capture without truth', async () => {
  const inputs = await demo();
  expect(await againstTruth({ ...inputs, capture: inputs.maps, encoder })).toBeNull();
});
