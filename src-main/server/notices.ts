/**
 * The two pages that the server writes itself: the hand-over that turns the token into a cookie, and the closed door.
 * No script and no inline style, so that they live under the same policy as the real page.
 */
const frame = (head: string, body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">${head}<title>Legato</title><body>${body}</body></html>\n`;

/**
 * Leads from the link to the page. A redirect would not do: when the link was clicked on another site, a browser does
 * not send a SameSite=Strict cookie along a redirect, but it does when our own document moves on.
 */
export const handOver = frame('<meta http-equiv="refresh" content="0;url=/">', '<p><a href="/">Legato</a></p>');

export const closedDoor = frame(
  '',
  '<h1>This Legato needs its link</h1><p>Open the whole link that <code>legato serve</code> printed in the terminal; it ends in <code>?token=…</code>. A link works until its server stops.</p>',
);

export const notBuilt = frame(
  '',
  '<h1>The page is not built</h1><p>Run <code>npm run build</code> in the Legato folder, then reload.</p>',
);
