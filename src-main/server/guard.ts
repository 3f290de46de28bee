/**
 * Who may talk to the server. Three independent locks, since a browser on this machine runs pages from everywhere:
 *
 * - the Host must be one that this server answers to (else a hostile name that resolves to 127.0.0.1 would do);
 * - a request that carries an Origin, or that says it comes from another site, must come from this very server;
 * - the caller shows the cookie that it got for the token in the link.
 *
 * Ports are not compared with ours: behind `ssh -L 9000:localhost:7000` the browser rightly says localhost:9000.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

export class Guard {
  /** goes into the link */
  readonly token = randomBytes(24).toString('base64url');
  private readonly secret = randomBytes(24).toString('base64url');
  private readonly host: string;

  /** @param host the address that the server was told to bind, as the person wrote it */
  constructor(host: string) {
    this.host = host;
  }

  /** Whether the Host header names this server. */
  hostAllowed(request: IncomingMessage): boolean {
    const name = hostName(request.headers.host);
    if (name === null) return false;
    if (loopbackNames.has(name) || name === this.host.toLowerCase() || name === `[${this.host}]`) return true;
    // Bound to every interface: any literal address may be this machine; a name could be anybody's.
    const everywhere = this.host === '0.0.0.0' || this.host === '::';
    return everywhere && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  }

  /** Whether the request comes from our own page, or from no page at all. */
  originAllowed(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    if (origin !== undefined) return origin === `http://${host}`;
    const site = request.headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none') return true;
    // Another site may link to the page, as any mail with the link does; it may not reach anything else.
    return request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
  }

  tokenMatches(token: string | null): boolean {
    return token !== null && same(token, this.token);
  }

  /** Whether the request shows the cookie. Cookies ignore ports, hence the port in the name. */
  cookieMatches(request: IncomingMessage): boolean {
    const name = this.cookieName(request);
    for (const part of (request.headers.cookie ?? '').split(';')) {
      const at = part.indexOf('=');
      if (at > 0 && part.slice(0, at).trim() === name && same(part.slice(at + 1).trim(), this.secret)) return true;
    }
    return false;
  }

  /** The Set-Cookie header for one who showed the token. */
  cookie(request: IncomingMessage): string {
    return `${this.cookieName(request)}=${this.secret}; Path=/; HttpOnly; SameSite=Strict`;
  }

  private cookieName(request: IncomingMessage): string {
    return `legato-${request.socket.localPort ?? 0}`;
  }
}

/** The host without its port, in lower case; null when there is none or it is malformed. */
function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match === null ? null : match[1].toLowerCase();
}

/** Compares digests, so that neither the time nor the length tells anything. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
