/** What is on the screen, as the page says it. */
import type { Look, ViewportState } from './interface';
import { neededOverlays } from './needs';
import type { Viewport } from './viewport';

/** @param photo  in whose exact place the camera stands */
export function stateOf(viewport: Viewport, look: Look, photo: string | null): ViewportState {
  const { snapshot } = viewport;
  const header = snapshot?.frame.header;
  const needed = neededOverlays(look);
  const overlaySteps = [...(snapshot?.overlays ?? [])]
    .filter(([name]) => needed.includes(name))
    .map(([, { step }]) => step);
  const exact = viewport.picture === 'exact' ? viewport.exactPicture(look.channel) : null;
  return {
    picture: viewport.picture,
    splats: header?.count ?? 0,
    step: exact?.step ?? header?.step ?? -1,
    overlayStep: overlaySteps.length > 0 ? Math.min(...overlaySteps) : -1,
    overlays: [...viewport.availableOverlays],
    depthRange: viewport.depthRange,
    exactCost: exact?.cost ?? null,
    photo,
  };
}
