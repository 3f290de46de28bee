/** What the page knows of the studio, and how well it is connected to it. */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { DemoCommand, SessionInfo } from '#contract/session';
import { LinkExpired, openGateway } from '../gateway';
import type { Link } from '../gateway';

/**
 *   opening → ready ⇄ lost → expired    the studio answers; its connection broke, and is being tried again; see Link
 *          ↘ failed                     it answered nothing that we understand
 */
export type Connection = Link | 'opening' | 'failed';

export const useSession = defineStore('session', () => {
  const gateway = openGateway();
  const session = shallowRef<SessionInfo | null>(null);
  const connection = ref<Connection>('opening');
  const problem = ref('');

  /** Asks once, then listens. */
  async function open(): Promise<void> {
    try {
      session.value = await gateway.session();
      connection.value = 'ready';
    } catch (error) {
      connection.value = error instanceof LinkExpired ? 'expired' : 'failed';
      problem.value = error instanceof Error ? error.message : String(error);
      return;
    }
    gateway.follow(
      (next) => {
        session.value = next;
      },
      (link) => {
        connection.value = link;
      },
    );
  }

  const demoProblem = ref('');
  async function askDemo(command: DemoCommand): Promise<void> {
    demoProblem.value = '';
    try {
      await gateway.demo(command);
    } catch (error) {
      demoProblem.value = error instanceof Error ? error.message : String(error);
    }
  }

  const recent = computed(() => session.value?.recent ?? []);
  return { session, connection, problem, recent, demoProblem, askDemo, open, pathOf: gateway.pathOf };
});
