/** Labels as they are drawn: a slot for every class and every instance, in colours that keep a class's hue. */
import type { LabelsState } from '#contract/labels';
import { LABEL_NUMBERS } from './viewport/interface';
import type { Category } from './viewport/interface';

/** Slots of a picture; 0 is none. */
const SLOTS = 255;

/** Shares of white (above 0) or black (below) that tell neighbours apart, in the order of instances. */
const SHADES = [0.22, -0.24, 0.42, -0.42, 0.1, -0.12, 0.56] as const;

/** @param number of the instance, 1 … @returns #rrggbb: the class's hue, lighter or darker */
export function instanceColour(colour: string, number: number): string {
  const shade = SHADES[(number - 1) % SHADES.length];
  const end = shade > 0 ? 255 : 0;
  const mixed = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16);
    return Math.round(value + (end - value) * Math.abs(shade))
      .toString(16)
      .padStart(2, '0');
  });
  return `#${mixed.join('')}`;
}

export interface LabelPalette {
  /** slot k is `categories[k - 1]` */
  readonly categories: readonly Category[];
  /** by label number */
  readonly slots: Uint8Array<ArrayBuffer>;
}

/** What no slot is left for is drawn as its class, then as the last one's. */
export function labelPalette(classes: LabelsState['classes']): LabelPalette {
  const categories: Category[] = [];
  const slots = new Uint8Array(LABEL_NUMBERS);
  for (const { class: group, label, name, colour, hidden } of classes) {
    if (categories.length < SLOTS) categories.push({ name, colour, hidden, group });
    slots[label] = categories.length;
  }
  for (const { class: group, label, name, colour, hidden, instances } of classes) {
    for (const instance of instances) {
      if (categories.length < SLOTS) {
        const shown = instanceColour(colour, instance.number);
        categories.push({ name: `${name} ${instance.number}`, colour: shown, hidden, group });
        slots[instance.label] = categories.length;
      } else slots[instance.label] = slots[label];
    }
  }
  return { categories, slots };
}
