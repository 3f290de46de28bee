/**
 * Pictures of what is open (contract: mediaPath): reduced photos and index maps, by the names of the capture. What a name means
 * is the studio's to say: here it is never part of a path.
 *
 *   /media/photo/NAME?side=N&r=REVISION
 *   /media/map/NAME?r=REVISION
 */
import { createHash } from 'node:crypto';
import { mediaKinds } from '#contract/studio';
import type { MediaKind } from '#contract/studio';
import type { StudioDoor } from '../studio/session/door';

const SIDE_LIMIT = 8192;
const STANDARD_SIDE = 512;
const NAME_LIMIT = 1024;
/** A page that names a revision asks for another one when the picture is another one. */
const KEPT_SECONDS = 3600;

export interface PictureRequest {
  readonly kind: MediaKind;
  readonly photo: string;
  /** long side in pixels, at most */
  readonly side: number;
  /** whether the request says which revision it wants (0 and none do not), so that the picture may be kept unasked */
  readonly keep: boolean;
}

/** What a URL asks for; 404 for what is no picture, 400 for a side or a revision that is not one. */
export function pictureRequest(path: string, query: URLSearchParams): PictureRequest | 400 | 404 {
  const found = /^\/media\/([a-z]+)\/([^/]+)$/.exec(path);
  const kind = mediaKinds.find((known) => known === found?.[1]);
  const photo = decoded(found?.[2] ?? '');
  if (!kind || photo === null || photo.length > NAME_LIMIT) return 404;
  const side = wholeNumber(query.get('side') ?? String(STANDARD_SIDE));
  const revision = query.get('r');
  if (side === null || side > SIDE_LIMIT) return 400;
  if (revision !== null && wholeNumber(revision) === null) return 400;
  return { kind, photo, side, keep: revision !== null && Number(revision) > 0 };
}

export interface MediaAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer | string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The answer to a GET below /media/.
 *
 * @param known  the tag of the picture that the page has (If-None-Match): two projects may use one name for different photos
 */
export async function mediaAnswer(
  studio: StudioDoor,
  path: string,
  query: URLSearchParams,
  known?: string,
): Promise<MediaAnswer> {
  const request = pictureRequest(path, query);
  if (request === 400) return words(400, 'side is 0 to 8192, r a whole number.\n');
  const picture = request === 404 ? null : await studio.picture(request.kind, request.photo, request.side);
  if (request === 404 || !picture) return words(404, 'No such picture.\n');
  const { type, bytes } = picture;
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const headers = { ETag: tag, 'Cache-Control': `private, ${request.keep ? `max-age=${KEPT_SECONDS}` : 'no-cache'}` };
  return known === tag ? { status: 304, type, body: '', headers } : { status: 200, type, body: bytes, headers };
}

function words(status: number, body: string): MediaAnswer {
  return { status, type: 'text/plain; charset=utf-8', body, headers: {} };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text) || null;
  } catch {
    return null;
  }
}

function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
