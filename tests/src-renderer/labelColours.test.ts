import { describe, expect, it } from 'vitest';
import { instanceColour, labelPalette } from '../../src-renderer/labelColours';

const chair = {
  ...{
    class: 1,
    name: 'chair',
    colour: '#336699',
    hidden: false,
    locked: false,
    label: 7,
    splats: 3,
    uncertainty: null,
  },
  instances: [
    { label: 9, splats: 2, number: 1 },
    { label: 65_535, splats: 2, number: 2 },
  ],
};

describe('labels as slots of a picture', () => {
  it('gives classes and then instances a slot each, and none to no label', () => {
    const { categories, slots } = labelPalette([chair, { ...chair, class: 2, name: 'mug', label: 8, instances: [] }]);
    expect(categories.map(({ name, group }) => [name, group])).toEqual([
      ['chair', 1],
      ['mug', 2],
      ['chair 1', 1],
      ['chair 2', 1],
    ]);
    expect([0, 7, 8, 9, 65_535, 10].map((label) => slots[label])).toEqual([0, 1, 2, 3, 4, 0]);
  });

  it('draws instances beyond the slots as their class', () => {
    const instances = Array.from({ length: 300 }, (_, i) => ({ label: 100 + i, splats: 0, number: i + 1 }));
    const { categories, slots } = labelPalette([{ ...chair, instances }]);
    expect(categories.length).toBe(255);
    expect(slots[399]).toBe(1);
  });

  it('keeps the hue of the class and tells neighbours apart', () => {
    const colours = [1, 2, 3, 4].map((number) => instanceColour('#336699', number));
    expect(new Set([...colours, '#336699']).size).toBe(5);
    for (const colour of colours) {
      const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
      expect(r < g && g < b).toBe(true);
    }
  });
});
