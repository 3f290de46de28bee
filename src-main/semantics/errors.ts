/** Semantics that do not fit: maps of another size, heads of another codebook, checkpoints without them. */
export class SemanticsError extends Error {
  override name = 'SemanticsError';
}
