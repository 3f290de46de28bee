/** The time, for words like "4 s ago". */
import { onBeforeUnmount, onMounted, ref } from 'vue';
import type { Ref } from 'vue';

/** @param interval  milliseconds between looks at the clock */
export function useNow(interval: number): Ref<number> {
  const now = ref(Date.now());
  let timer: ReturnType<typeof setInterval> | undefined;
  onMounted(() => {
    timer = setInterval(() => {
      now.value = Date.now();
    }, interval);
  });
  onBeforeUnmount(() => clearInterval(timer));
  return now;
}
