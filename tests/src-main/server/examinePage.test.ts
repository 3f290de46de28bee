/** The page's examination finds what the policy would refuse, and says when there is no page. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examinePage, refusedParts } from '../../../src-main/server/examinePage';
import { contentSecurityPolicy } from '../../../src-main/server/page';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legato-page-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('what a policy refuses in a page', () => {
  it.each([
    ['<script type="module" src="./main.js"></script><link rel="icon" href="./mark.svg">', []],
    ['<p>onward = style="x" is text</p>', [' style=']],
    ['<script>alert(1)</script>', ['<script>']],
    ['<style media="all">a{}</style>', ['<style media="all">']],
    ['<body onload = "x()">', ['onload =']],
    ['<script src="https://cdn.example/x.js"></script>', ['src="https://cdn.example/x.js']],
    ['<link href=//cdn.example/x.css>', ['href=//cdn.example/x.css']],
  ])('of %s', (html, parts) => expect(refusedParts(html)).toEqual(parts.map((part) => part.trim())));
});

describe('the examination of a page', () => {
  it('tells what to do without one, accepts a clean one, and names what is wrong with another', async () => {
    const [absent] = await examinePage(folder);
    expect(absent).toMatchObject({ name: 'page policy', ok: false, needed: true });
    expect(absent.detail).toContain('npm run build');
    await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="./a.js"></script>');
    expect((await examinePage(folder))[0]).toMatchObject({ ok: true, detail: contentSecurityPolicy });
    await writeFile(join(folder, 'index.html'), '<!doctype html><script>let a</script>');
    expect((await examinePage(folder))[0]).toMatchObject({ ok: false, detail: '<script>' });
  });
});
