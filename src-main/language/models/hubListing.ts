/**
 * What a hub says about a repository: the commit that a revision means, and its files with sizes and checksums.
 *
 *   GET /api/models/REPO/revision/REVISION             { sha }: the commit, so that a push between two files cannot mix them
 *   GET /api/models/REPO/tree/COMMIT?recursive=true    [{ type, path, size, oid, lfs?: { oid, size } }], pages by Link: rel=next
 *
 * `oid` is a git blob id (SHA-1), `lfs.oid` the SHA-256 of a large file. Everything is bounded and checked: the hub, or who
 * stands between, is not trusted with paths or sizes.
 */
import { z } from 'zod';
import { ModelError } from '../errors';
import { encodePath, HubFailure, shown } from './hubClient';
import type { HubClient, HubResponse } from './hubClient';
import { isSafePath } from './layout';

const MAX_LISTING_BYTES = 8 * 1024 * 1024;
const MAX_PAGES = 20;
const MAX_FILE_BYTES = 2 ** 36;

export interface ListedFile {
  readonly path: string;
  readonly size: number;
  /** what the bytes must have; hex */
  readonly checksum: { readonly kind: 'sha256' | 'git'; readonly value: string };
}

const size = z.number().int().nonnegative().max(MAX_FILE_BYTES, 'is larger than any model');
const entry = z.object({
  type: z.string(),
  path: z.string(),
  size: size.optional(),
  oid: z
    .string()
    .regex(/^[0-9a-f]{40}$/, 'is no git id')
    .optional(),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256'), size }).optional(),
});
const revisionAnswer = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });

async function json(response: HubResponse, url: URL, limit: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > limit)
      throw new HubFailure(`${shown(url)} answers with more than ${limit} bytes`, { transient: false });
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new HubFailure(`${shown(url)} does not answer with JSON; is the mirror a model hub?`, {
      transient: false,
      cause: error,
    });
  }
}

/** The commit of a revision; null from a mirror that does not tell. */
export async function commitOf(
  hub: HubClient,
  repository: string,
  revision: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const url = hub.address(`api/models/${encodePath(repository)}/revision/${encodeURIComponent(revision)}`);
  const response = await hub.get(url, { accept: [404], signal });
  if (response.status === 404) {
    await response.body.dump();
    return null;
  }
  const parsed = revisionAnswer.safeParse(await json(response, url, MAX_LISTING_BYTES));
  return parsed.success ? parsed.data.sha : null;
}

/** The address behind `rel="next"` of a Link header (RFC 8288). */
function nextPage(link: string | null, url: URL): URL | null {
  const match = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? '');
  if (match === null || !URL.canParse(match[1], url)) return null;
  const next = new URL(match[1], url);
  return next.origin === url.origin ? next : null;
}

/** @throws ModelError for a listing that cannot be believed; HubFailure */
export async function listFiles(
  hub: HubClient,
  repository: string,
  revision: string,
  signal?: AbortSignal,
): Promise<ListedFile[]> {
  const files = new Map<string, ListedFile>();
  let url: URL | null = hub.address(`api/models/${encodePath(repository)}/tree/${encodeURIComponent(revision)}`);
  url.searchParams.set('recursive', 'true');
  for (let page = 0; url !== null; page++) {
    if (page === MAX_PAGES) throw new ModelError(null, `${repository} has more files than a model can have`);
    const here: URL = url;
    const response = await hub.get(here, { signal });
    const parsed = z.array(entry).safeParse(await json(response, here, MAX_LISTING_BYTES));
    if (!parsed.success)
      throw new ModelError(
        null,
        `${shown(here)}: the list of files is malformed (${z.prettifyError(parsed.error).slice(0, 300)})`,
      );
    for (const item of parsed.data) {
      if (!isSafePath(item.path))
        throw new ModelError(
          null,
          `${repository} lists ${JSON.stringify(item.path.slice(0, 80))}, which leaves the model’s folder`,
        );
      if (item.type !== 'file') continue;
      const bytes = item.lfs?.size ?? item.size;
      const checksum = item.lfs
        ? { kind: 'sha256' as const, value: item.lfs.oid }
        : item.oid
          ? { kind: 'git' as const, value: item.oid }
          : null;
      if (bytes === undefined || checksum === null)
        throw new ModelError(null, `${repository} lists ${item.path} without size or checksum; try another --mirror`);
      files.set(item.path, { path: item.path, size: bytes, checksum });
    }
    url = nextPage(response.header('link'), here);
  }
  return [...files.values()];
}
