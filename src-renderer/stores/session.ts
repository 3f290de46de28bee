/** What the page knows of its Legato, and how well it is connected to it. Hands what the studio says to the stores that keep it. */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { SessionInfo } from '#contract/session';
import { LinkExpired } from '../gateway';
import type { Link } from '../gateway';
import { useGateway } from '../gateway/shared';
import { useCurves } from './curves';
import { useFrames } from './frames';
import { useStudio } from './studio';

/**
 *   opening → ready ⇄ lost → expired    the studio answers; its connection broke, and is being tried again; see Link
 *          ↘ failed                     it answered nothing that we understand
 */
export type Connection = Link | 'opening' | 'failed';

export const useSession = defineStore('session', () => {
  const gateway = useGateway();
  const session = shallowRef<SessionInfo | null>(null);
  const connection = ref<Connection>('opening');
  const problem = ref('');

  /** Asks once, then listens. */
  async function open(): Promise<void> {
    const studio = useStudio();
    const curves = useCurves();
    const frames = useFrames();
    try {
      session.value = await gateway.session();
    } catch (error) {
      connection.value = error instanceof LinkExpired ? 'expired' : 'failed';
      problem.value = error instanceof Error ? error.message : String(error);
      return;
    }
    gateway.follow({
      session: (next) => {
        session.value = next;
      },
      event: (event) => {
        if (event.type === 'state') studio.hear(event.state);
        else curves.hear(event.from, event.points);
      },
      frame: frames.hear,
      link: (link) => {
        connection.value = link;
        if (link === 'ready') frames.connected();
      },
    });
  }

  const recent = computed(() => session.value?.recent ?? []);
  const desktop = computed(() => session.value?.door === 'desktop');
  return { session, connection, problem, recent, desktop, open, pathOf: gateway.pathOf };
});
