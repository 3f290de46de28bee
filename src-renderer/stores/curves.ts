/** The curves: they only grow. A page that missed a piece asks for all of it by connecting anew. */
import { shallowRef, triggerRef } from 'vue';
import { defineStore } from 'pinia';
import type { CurvePoint } from '#contract/studio';
import { useGateway } from '../gateway/shared';

export const useCurves = defineStore('curves', () => {
  const gateway = useGateway();
  const points = shallowRef<CurvePoint[]>([]);

  /** @param from  place of the first point in the whole curve */
  function hear(from: number, more: readonly CurvePoint[]): void {
    const have = points.value;
    if (from > have.length) return gateway.refresh();
    if (from === 0) {
      points.value = [...more];
      return;
    }
    // What overlaps was sent twice: the newer word counts.
    have.length = from;
    for (const point of more) have.push(point);
    triggerRef(points);
  }

  return { points, hear };
});
