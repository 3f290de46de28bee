/** Where the keyboard is sent: parts and regions of the page carry `data-part` and `data-region`. */

/** Puts the focus into a part, e.g. the ask box; selects what is written there. */
export function focusPart(name: string): void {
  const part = document.querySelector<HTMLElement>(`[data-part="${name}"]`);
  part?.focus();
  if (part instanceof HTMLInputElement) part.select();
}

const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), [tabindex]:not([tabindex="-1"])';

const visible = (element: HTMLElement): boolean => element.getClientRects().length > 0;

/** From region to region (F6), as desktops do: the picture keeps Tab to itself. */
export function focusNextRegion(): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(visible);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  for (let step = 1; step <= regions.length; step++) {
    const region = regions[(at + step) % regions.length];
    const target = region.matches(FOCUSABLE)
      ? region
      : [...region.querySelectorAll<HTMLElement>(FOCUSABLE)].find(visible);
    if (target === undefined) continue;
    target.focus();
    return;
  }
}
