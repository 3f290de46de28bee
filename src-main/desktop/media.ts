/** Which picture a URL below `media/` asks for (contract: mediaPath). */
import { mediaKinds } from '#contract/studio';
import type { MediaKind } from '#contract/studio';

export interface MediaRequest {
  readonly kind: MediaKind;
  readonly photo: string;
  readonly side: number;
}

const DEFAULT_SIDE = 512;
const NAME_LIMIT = 1024;

/** Null for what names no picture. The name is one of the capture's, never a path: the session looks it up in its list. */
export function mediaRequest({ pathname, searchParams }: URL): MediaRequest | null {
  const [, media, kindName, name, ...rest] = pathname.split('/');
  const kind = mediaKinds.find((one) => one === kindName);
  if (media !== 'media' || kind === undefined || !name || rest.length > 0) return null;
  const asked = searchParams.get('side');
  const side = asked === null ? DEFAULT_SIDE : Number(asked);
  if (!Number.isInteger(side) || side < 1 || side > 65_535) return null;
  try {
    const photo = decodeURIComponent(name);
    return photo.length <= NAME_LIMIT ? { kind, photo, side } : null;
  } catch {
    return null;
  }
}
