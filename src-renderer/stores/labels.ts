/** The project's labels as the studio tells them, and how they are drawn. What a person does to them: stores/labelling.ts. */
import { computed } from 'vue';
import { defineStore } from 'pinia';
import { labelPalette } from '../labelColours';
import type { LabelPalette } from '../labelColours';
import type { Category } from '../viewport/interface';
import { useStudio } from './studio';

export const useLabels = defineStore('labels', () => {
  const studio = useStudio();
  /** null where nothing can be labelled */
  const state = computed(() => studio.state?.labels ?? null);
  const classes = computed(() => state.value?.classes ?? []);

  let said = '';
  const palette = computed<LabelPalette>((before) => {
    // The studio tells its whole state four times a second: what draws the same stays the same.
    const drawn = classes.value.map(({ class: number, label, name, colour, hidden, instances }) => [
      ...[number, label, name, colour, hidden],
      instances.map((instance) => [instance.label, instance.number]),
    ]);
    const now = JSON.stringify(drawn);
    if (before !== undefined && now === said) return before;
    said = now;
    return labelPalette(classes.value);
  });
  const categories = computed(() => palette.value.categories);
  const slots = computed(() => palette.value.slots);
  /** splats by category: of the class as such, and of each instance */
  const counts = computed(() => {
    const splats = new Map(
      classes.value.flatMap((one) => [one, ...one.instances].map((labelled) => [labelled.label, labelled.splats])),
    );
    const found = categories.value.map(() => 0);
    for (const [label, count] of splats) {
      const slot = slots.value[label];
      if (slot > 0) found[slot - 1] += count;
    }
    return found;
  });
  /** of a label number, as it is drawn; null for none */
  const categoryOf = (label: number): Category | null =>
    slots.value[label] === 0 ? null : (categories.value.at(slots.value[label] - 1) ?? null);

  return { state, classes, categories, slots, counts, categoryOf };
});
