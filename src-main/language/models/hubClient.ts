/**
 * HTTP to a model hub: redirects by hand, a proxy from the environment, and a token that never leaves its host.
 *
 *   endpoint   --mirror, else HF_ENDPOINT, else https://huggingface.co
 *   proxy      HTTPS_PROXY, HTTP_PROXY, NO_PROXY (undici's EnvHttpProxyAgent)
 *   token      HF_TOKEN, sent to the endpoint's own origin only: large files redirect to a store that must not see it; and not
 *              in the clear, except to this machine
 */
import { EnvHttpProxyAgent, errors, Pool, request } from 'undici';
import type { buildConnector, Dispatcher } from 'undici';
import { said } from '#contract/sayings';
import type { Saying } from '#contract/sayings';
import { ModelError } from '../errors';

export const DEFAULT_ENDPOINT = 'https://huggingface.co';
const MAX_REDIRECTS = 5;

export interface HubOptions {
  /** instead of HF_ENDPOINT */
  mirror?: string | null;
  environment?: NodeJS.ProcessEnv;
  /** ms without an answer, or without a byte of it, that count as a dropped connection */
  silence?: number;
}

/** A request that did not work. */
export class HubFailure extends ModelError {
  /** HTTP status; null when there was no answer */
  readonly status: number | null;
  /** worth another try */
  readonly transient: boolean;
  /** what the server asked to wait, ms */
  readonly retryAfter: number | null;

  constructor(
    said: Saying | string,
    options: { status?: number; transient: boolean; retryAfter?: number | null; cause?: unknown },
  ) {
    super(null, said, options.cause);
    this.status = options.status ?? null;
    this.transient = options.transient;
    this.retryAfter = options.retryAfter ?? null;
  }
}

export interface HubResponse {
  readonly status: number;
  readonly body: Dispatcher.ResponseData['body'];
  header(name: string): string | null;
}

/** A URL as messages show it: signed addresses carry secrets behind the question mark. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** A path with its parts encoded, slashes kept. */
export const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

function endpointOf(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ModelError(null, `mirror "${text}" is no address; expected something like ${DEFAULT_ENDPOINT}`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ModelError(null, `mirror "${text}" must begin with https:// or http://`);
  if (url.username || url.password)
    throw new ModelError(null, `mirror ${shown(url)} must not hold a name or password; a token goes into HF_TOKEN`);
  return url;
}

const isLoopback = (url: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);

/** Seconds, or a date (RFC 9110). @returns ms */
function waitAsked(value: string | null): number | null {
  if (value === null) return null;
  const wait = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}

/**
 * A pool that gives up when a proxy hangs up while a tunnel is being opened: undici takes that error for one to try again at
 * once, and does so thousands of times a second without end.
 */
function poolThatGivesUp(origin: string | URL, options: Pool.Options): Pool {
  const { connect } = options;
  if (typeof connect !== 'function') return new Pool(origin, options);
  const once: buildConnector.connector = (target, callback) =>
    connect(target, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(new Error('the proxy opens no tunnel', { cause: error }), null);
    });
  return new Pool(origin, { ...options, connect: once });
}

export class HubClient {
  readonly endpoint: URL;
  readonly #token: string | null;
  readonly #dispatcher: EnvHttpProxyAgent;

  constructor({ mirror, environment = process.env, silence = 30_000 }: HubOptions = {}) {
    this.endpoint = endpointOf(mirror || environment.HF_ENDPOINT || DEFAULT_ENDPOINT);
    this.#token = environment.HF_TOKEN || null;
    const proxy = (name: string): string => environment[name] || environment[name.toUpperCase()] || '';
    this.#dispatcher = new EnvHttpProxyAgent({
      httpProxy: proxy('http_proxy'),
      httpsProxy: proxy('https_proxy'),
      noProxy: proxy('no_proxy'),
      headersTimeout: silence,
      bodyTimeout: silence,
      connectTimeout: silence,
      factory: poolThatGivesUp,
    });
  }

  /** An address below the endpoint. @param path  encoded, without a leading slash */
  address(path: string): URL {
    return new URL(`${this.endpoint.pathname.replace(/\/$/, '')}/${path}`, this.endpoint);
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  #mayHaveToken(url: URL): boolean {
    return url.origin === this.endpoint.origin && (url.protocol === 'https:' || isLoopback(url));
  }

  /**
   * GET, redirects followed.
   *
   * @param accept  statuses that the caller wants to see besides 200
   * @throws HubFailure; an AbortError when cancelled
   */
  async get(
    start: URL,
    {
      headers = {},
      accept = [],
      signal,
    }: { headers?: Record<string, string>; accept?: number[]; signal?: AbortSignal } = {},
  ): Promise<HubResponse> {
    let url = start;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#request(url, headers, signal);
      const { statusCode: status } = response;
      const header = (name: string): string | null => {
        const value = response.headers[name];
        return (Array.isArray(value) ? value[0] : value) ?? null;
      };
      const location = status >= 300 && status < 400 ? header('location') : null;
      if (location === null) {
        if (status === 200 || accept.includes(status)) return { status, body: response.body, header };
        await response.body.dump().catch(() => undefined);
        throw this.#refusal(start, url, status, waitAsked(header('retry-after')));
      }
      await response.body.dump().catch(() => undefined);
      const next = URL.canParse(location, url) ? new URL(location, url) : null;
      if (next === null || (next.protocol !== 'https:' && next.protocol !== 'http:'))
        throw new HubFailure(`${shown(url)} redirects to no web address; try another --mirror`, { transient: false });
      if (url.protocol === 'https:' && next.protocol === 'http:')
        throw new HubFailure(`${shown(url)} redirects to an address without encryption`, { transient: false });
      if (redirects === MAX_REDIRECTS)
        throw new HubFailure(`${shown(start)} redirects more than ${MAX_REDIRECTS} times`, { transient: false });
      url = next;
    }
  }

  async #request(url: URL, headers: Record<string, string>, signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
    const authorization =
      this.#token !== null && this.#mayHaveToken(url) ? { authorization: `Bearer ${this.#token}` } : {};
    try {
      return await request(url, {
        dispatcher: this.#dispatcher,
        headers: { 'user-agent': 'legato', 'accept-encoding': 'identity', ...headers, ...authorization },
        signal,
      });
    } catch (error) {
      throw signal?.aborted ? error : connectionFailure(url, error);
    }
  }

  #refusal(start: URL, url: URL, status: number, retryAfter: number | null): HubFailure {
    const where = shown(url.origin === start.origin ? url : start);
    const page = this.endpoint.origin;
    const login =
      this.#token === null ? 'set HF_TOKEN to a token of your account there' : 'the hub refuses the token in HF_TOKEN';
    const about = { address: where, status: String(status) };
    const words: Record<number, Saying> = {
      401: said('hubNeedsLogin', { ...about, page, login }),
      403: said('hubNotOpen', { ...about, page, login }),
      404: said('hubLacksIt', about),
      407: said('hubBehindProxy', about),
      429: said('hubAsksToWait', about),
    };
    const why = words[status] ?? said(status >= 500 ? 'hubTroubled' : 'hubRefuses', about);
    const transient = status === 408 || status === 429 || status >= 500;
    return new HubFailure(why, { status, transient, retryAfter });
  }
}

/** No answer, or one that broke off. */
export function connectionFailure(url: URL, error: unknown): HubFailure {
  if (error instanceof HubFailure) return error;
  const deepest = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const silent =
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError;
  const reason = silent ? 'no answer in time' : deepest instanceof Error ? deepest.message : String(deepest);
  return new HubFailure(said('hubSilent', { address: shown(url), reason }), { transient: true, cause: error });
}
