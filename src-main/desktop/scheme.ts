/** `legato://app/…`: the built page under its own origin, instead of file:// (which would see the whole disk). */
import type { Session } from 'electron';
import { pageFile, securityHeaders } from '../server/page';

export const scheme = 'legato';
export const pageOrigin = `${scheme}://app`;

export function servePage(session: Session, folder: string): void {
  session.protocol.handle(scheme, async (request) => {
    const url = new URL(request.url);
    const file = url.host === 'app' && request.method === 'GET' ? await pageFile(url.pathname, folder) : null;
    if (file === null) return new Response('No such page.\n', { status: 404, headers: securityHeaders });
    return new Response(file.body, { headers: file.headers });
  });
}
