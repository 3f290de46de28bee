/**
 * How a photo is shown to a patch encoder: resized to a whole number of patches, in one piece, or in overlapping windows where
 * the graph takes one size only. Windows are spread evenly over the token grid; where they overlap, tokens are averaged.
 */

export interface PatchWindows {
  /** of the whole photo, in patches */
  readonly rows: number;
  readonly columns: number;
  /** of one window, in patches */
  readonly windowRows: number;
  readonly windowColumns: number;
  /** top left patch of each window */
  readonly origins: readonly { readonly row: number; readonly column: number }[];
}

/** Starts of windows of `window` patches that cover `length`. */
function starts(length: number, window: number): number[] {
  const count = Math.ceil(length / window);
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (length - window)) / (count - 1))));
}

/**
 * @param patch  edge in px
 * @param rows  of tokens at most; a photo is not enlarged for more
 * @param window  the size in px that the graph was exported for; null for any
 */
export function patchWindows(
  photo: { width: number; height: number },
  patch: number,
  rows: number,
  window: { width: number; height: number } | null,
): PatchWindows {
  const windowRows = window && Math.floor(window.height / patch);
  const windowColumns = window && Math.floor(window.width / patch);
  const tall = Math.max(1, Math.min(rows, Math.floor(photo.height / patch)), windowRows ?? 1);
  const wide = Math.max(1, Math.round((tall * photo.width) / photo.height), windowColumns ?? 1);
  const down = starts(tall, windowRows ?? tall);
  const along = starts(wide, windowColumns ?? wide);
  return {
    rows: tall,
    columns: wide,
    windowRows: windowRows ?? tall,
    windowColumns: windowColumns ?? wide,
    origins: down.flatMap((row) => along.map((column) => ({ row, column }))),
  };
}
