/** Files that hold splats alone, by their ending. */
export const splatEndings = ['.ply', '.spz'] as const;

/** Whether a path names a splat file. */
export function namesSplats(path: string): boolean {
  return splatEndings.some((ending) => path.toLowerCase().endsWith(ending));
}
