/** What the page knows of the studio, and how well it is connected to it. */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { SessionInfo } from '#contract/session';
import { LinkExpired, openGateway } from '../gateway';

/**
 *   opening → ready ⇄ lost       the studio answered; later its connection broke, and is being tried again
 *          ↘ expired | failed    it let us not in; it answered nothing that we understand
 */
export type Connection = 'opening' | 'ready' | 'lost' | 'expired' | 'failed';

export const useSession = defineStore('session', () => {
  const gateway = openGateway();
  const session = shallowRef<SessionInfo | null>(null);
  const connection = ref<Connection>('opening');
  const problem = ref('');
  let stop: (() => void) | undefined;

  async function refresh(): Promise<void> {
    try {
      session.value = await gateway.session();
      connection.value = 'ready';
    } catch (error) {
      connection.value = error instanceof LinkExpired ? 'expired' : session.value === null ? 'failed' : 'lost';
      problem.value = error instanceof Error ? error.message : String(error);
    }
  }

  /** Asks once, then listens. */
  async function open(): Promise<void> {
    await refresh();
    if (connection.value !== 'ready') return;
    let wasLost = false;
    stop?.();
    stop = gateway.follow(
      (next) => {
        session.value = next;
      },
      (connected) => {
        if (!connected) connection.value = 'lost';
        else if (wasLost) void refresh();
        wasLost = !connected;
      },
    );
  }

  const recent = computed(() => session.value?.recent ?? []);
  return { session, connection, problem, recent, open, pathOf: gateway.pathOf };
});
