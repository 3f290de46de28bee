/** Which system the page is shown on, as far as keys are written differently there. */
export const isMac = (): boolean => /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? '');
