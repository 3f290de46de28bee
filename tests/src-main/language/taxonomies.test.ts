/** The word lists: ids as in the originals (sparse where they are), spot checks against what the originals say. */
import { describe, expect, it } from 'vitest';
import { loadTaxonomy, taxonomyNames, taxonomyWords } from '../../../src-main/language/taxonomies';

describe.each(taxonomyNames)('%s', (name) => {
  it('has unique ids above the background, in order, and says where it comes from', async () => {
    const { background, classes, source, licence } = await loadTaxonomy(name);
    const ids = classes.map(({ id }) => id);
    expect(background).toBe(0);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort((a, b) => a - b)).toEqual(ids);
    expect(new Set(classes.map((entry) => entry.name)).size).toBe(classes.length);
    expect(source).toMatch(/^https:\/\/github\.com\//);
    expect(licence.length).toBeGreaterThan(10);
  });
});

const idsOf = async (name: (typeof taxonomyNames)[number]) => {
  const { classes } = await loadTaxonomy(name);
  return { count: classes.length, id: (word: string) => classes.find((entry) => entry.name === word)?.id };
};

describe('the classes', () => {
  it('of NYU40', async () => {
    const { count, id } = await idsOf('nyu40');
    expect([count, id('wall'), id('floor'), id('refridgerator'), id('otherprop')]).toEqual([40, 1, 2, 24, 40]);
  });

  it('of ScanNet200, whose ids are sparse', async () => {
    const { count, id } = await idsOf('scannet200');
    expect([count, id('wall'), id('pillow'), id('curtain'), id('mattress'), id('potted plant')]).toEqual([
      200, 1, 13, 21, 1191, 1189,
    ]);
  });

  it('of ADE20K', async () => {
    const { count, id } = await idsOf('ade20k-150');
    expect([count, id('wall'), id('sky'), id('flag')]).toEqual([150, 1, 3, 150]);
  });

  it('of COCO: 80 things with sparse ids, 53 stuff', async () => {
    const { classes } = await loadTaxonomy('coco');
    const { count, id } = await idsOf('coco');
    expect([count, classes.filter(({ thing }) => thing).length]).toEqual([133, 80]);
    expect([id('person'), id('stop sign'), id('toothbrush'), id('banner'), id('rug-merged')]).toEqual([
      1, 13, 90, 92, 200,
    ]);
  });
});

it('gives one word a class, in plain English, none for classes that name nothing', async () => {
  const coco = taxonomyWords(await loadTaxonomy('coco'));
  expect(coco).toContain('brick wall');
  expect(coco).toContain('sky');
  expect(coco.filter((word) => word.includes('-') || word.includes('merged'))).toEqual([]);
  expect(new Set(coco).size).toBe(coco.length);
  const nyu = taxonomyWords(await loadTaxonomy('nyu40'));
  expect(nyu).toContain('refrigerator');
  expect(nyu).toHaveLength(37);
});
