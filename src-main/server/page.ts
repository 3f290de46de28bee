/**
 * The built page, and the rules that every door serves it under: which file answers a path, and the headers that go
 * with it. Desktop (`legato://app/…`) and server (`http://…/`) give the same bytes under the same policy.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';

/** Where the build puts the page. */
export const pageFolder = resolve(import.meta.dirname, '../../out/renderer');

/**
 * Nothing from elsewhere, nothing inline. The splat viewer compiles WebAssembly and starts blob workers: just those
 * two are let through.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.wasm': 'application/wasm',
};

export interface PageFile {
  body: Buffer<ArrayBuffer>;
  headers: Record<string, string>;
}

/**
 * The file of the built page that answers a URL path, or null: for what does not exist, is no regular file, has no
 * known type, or lies outside of the folder once links are resolved.
 */
export async function pageFile(pathname: string, folder: string): Promise<PageFile | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  // Neither can appear in a built file's name; both have meanings of their own to some file systems.
  if (/[\0\\]/.test(decoded)) return null;
  const name = decoded.endsWith('/') ? `${decoded}index.html` : decoded;
  const type = types[extname(name)];
  if (type === undefined) return null;
  try {
    const root = await realpath(folder);
    const file = await realpath(resolve(root, `.${sep}${name}`));
    if (!file.startsWith(root + sep) || !(await stat(file)).isFile()) return null;
    const hashed = name.startsWith('/assets/');
    return {
      body: await readFile(file),
      headers: {
        ...securityHeaders,
        'Content-Type': type,
        'Cache-Control': hashed ? 'private, max-age=31536000, immutable' : 'no-store',
      },
    };
  } catch {
    return null;
  }
}
