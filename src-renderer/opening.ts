/** A path that a person named, picked or dropped: looked at first, opened when there is nothing to decide. */
import type { PickKind } from '#contract/session';
import { useGateway } from './gateway/shared';
import { useStart } from './stores/start';

/** Asks with the desktop's own dialog, then shows what was picked. */
export async function openPath(kind: PickKind): Promise<void> {
  const path = (await useGateway().desktop?.pick(kind)) ?? null;
  if (path !== null) await useStart().look(path);
}
