/** Whether the built page is here and can live under the policy that every door serves it with. */
import { finding } from '../studio/examination';
import type { Finding } from '../studio/examination';
import { contentSecurityPolicy, pageFile } from './page';

/** Strict is: nothing by default, and no way around it for scripts and styles. */
function lapses(policy: string): string[] {
  const wanted = ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];
  const absent = wanted.filter((directive) => !policy.split('; ').includes(directive)).map((one) => `lacks ${one}`);
  return [...absent, ...(/'unsafe-(inline|eval)'|\*|https?:/.test(policy) ? ['lets scripts in from elsewhere'] : [])];
}

/** What of a page its policy would refuse: scripts and styles that stand in it instead of in files of their own. */
export function refusedParts(html: string): string[] {
  const inline = /<script(?![^>]*\bsrc=)[^>]*>|<style\b[^>]*>|\son[a-z]+\s*=|\sstyle\s*=/gi;
  const elsewhere = /\b(?:src|href)\s*=\s*["']?(?:https?:)?\/\/[^"'\s>]*/gi;
  return [...html.matchAll(inline), ...html.matchAll(elsewhere)].map(([text]) => text.trim());
}

/** @param folder  of the built page */
export function examinePage(folder: string): Promise<Finding[]> {
  return Promise.all([
    finding('page policy', true, async () => {
      const file = await pageFile('/', folder);
      if (file === null) return { ok: false, detail: `${folder}: no page; run: npm run build` };
      const policy = file.headers['Content-Security-Policy'] ?? '';
      const wrong = [...lapses(policy), ...refusedParts(file.body.toString('utf8'))];
      if (policy !== contentSecurityPolicy) wrong.push('the page is served without it');
      return { ok: wrong.length === 0, detail: wrong.length === 0 ? policy : wrong.join('; ') };
    }),
  ]);
}
