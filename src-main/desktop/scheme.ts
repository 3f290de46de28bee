/**
 * `legato://app/…`: the built page and the pictures of what is open under an origin of their own, instead of file:// (which would
 * see the whole disk). Files, pictures and policy are the server's.
 */
import type { Session } from 'electron';
import { mediaAnswer } from '../server/media';
import { pageFile, securityHeaders } from '../server/page';
import type { StudioDoor } from '../studio/session/door';

export const scheme = 'legato';
export const pageOrigin = `${scheme}://app`;

export function servePage(session: Session, folder: string, studio: StudioDoor): void {
  session.protocol.handle(scheme, (request) => answer(request, folder, studio));
}

async function answer(request: Request, folder: string, studio: StudioDoor): Promise<Response> {
  const url = new URL(request.url);
  if (url.host !== 'app' || request.method !== 'GET') return notFound();
  if (url.pathname.startsWith('/media/')) return picture(request, url, studio);
  const file = await pageFile(url.pathname, folder);
  return file === null ? notFound() : new Response(file.body, { headers: file.headers });
}

async function picture(request: Request, url: URL, studio: StudioDoor): Promise<Response> {
  try {
    const known = request.headers.get('if-none-match') ?? undefined;
    const { status, type, body, headers } = await mediaAnswer(studio, url.pathname, url.searchParams, known);
    // "Not modified" carries no body, not even an empty one.
    const content = status === 304 ? null : new Uint8Array(Buffer.from(body));
    return new Response(content, { status, headers: { ...securityHeaders, 'Content-Type': type, ...headers } });
  } catch {
    // A damaged photo is no reason to fail the page: the broken picture says it.
    return notFound();
  }
}

function notFound(): Response {
  return new Response('No such page.\n', { status: 404, headers: securityHeaders });
}
