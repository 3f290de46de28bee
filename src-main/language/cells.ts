/**
 * F = F_CLIP ⊕ F_DINO per cell of a photo's dense grid (METHOD §2): what the feature cache provides and the codebook consumes.
 * A cell is one point of the grid; features are fused when they are read, never stored densely.
 */
export interface FeatureGrid {
  readonly rows: number;
  readonly columns: number;
}

export interface PhotoCells extends FeatureGrid {
  /** [rows·columns, clipWidth + dinoWidth], each half of unit length; a cell that is not valid holds zeros */
  readonly cells: Float32Array;
  /** [rows·columns], 0 = no label (masked, or outside the photo); null when every cell is valid */
  readonly valid: Uint8Array | null;
}

export interface CellSource {
  readonly clipWidth: number;
  readonly dinoWidth: number;
  /** names, in the capture's order */
  readonly photos: readonly string[];
  grid(photo: number): FeatureGrid;
  /**
   * @param into  an array to reuse, of at least the needed length
   * @throws LanguageError naming the photo's file
   */
  read(photo: number, into?: Float32Array): Promise<PhotoCells>;
}
