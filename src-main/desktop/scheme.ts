/**
 * `legato://app/…`: the built page and the pictures of what is open under an origin of their own, instead of file:// (which would
 * see the whole disk).
 */
import type { Session } from 'electron';
import { pageFile, securityHeaders } from '../server/page';
import type { StudioDoor } from '../studio/session/door';
import { mediaRequest } from './media';

export const scheme = 'legato';
export const pageOrigin = `${scheme}://app`;

export function servePage(session: Session, folder: string, studio: Pick<StudioDoor, 'picture'>): void {
  session.protocol.handle(scheme, (request) => answer(request, folder, studio));
}

async function answer(request: Request, folder: string, studio: Pick<StudioDoor, 'picture'>): Promise<Response> {
  const url = new URL(request.url);
  if (url.host !== 'app' || request.method !== 'GET') return notFound();
  if (url.pathname.startsWith('/media/')) return picture(url, studio);
  const file = await pageFile(url.pathname, folder);
  return file === null ? notFound() : new Response(file.body, { headers: file.headers });
}

async function picture(url: URL, studio: Pick<StudioDoor, 'picture'>): Promise<Response> {
  const wanted = mediaRequest(url);
  if (wanted === null) return notFound();
  const { kind, photo, side } = wanted;
  // A damaged photo is no reason to fail the page: the broken picture says it.
  const found = await studio.picture(kind, photo, side).catch(() => null);
  if (found === null) return notFound();
  // The address changes with the picture (`r`), so it may be kept as long as the window is open.
  const headers = { ...securityHeaders, 'Content-Type': found.type, 'Cache-Control': 'private, max-age=3600' };
  return new Response(new Uint8Array(found.bytes), { headers });
}

function notFound(): Response {
  return new Response('No such page.\n', { status: 404, headers: securityHeaders });
}
