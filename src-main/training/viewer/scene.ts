/** What viewers look at: the Gaussians as they are between two steps, and what makes their meaning. */
import type { GaussianModel } from '../../gaussians/index';
import type { LayerArrays } from '../../kernels/index';

export interface ViewedSemantics {
  /** the decoder; arrays valid until the next step */
  readonly layers: readonly LayerArrays[];
  /** N */
  readonly entries: number;
  /** hash of the codebook that entries belong to */
  readonly codebook: string;
}

export interface ViewedScene {
  /** completed steps; parameters are those of this step */
  readonly step: number;
  readonly model: GaussianModel;
  /** degree of the spherical harmonics that colours are drawn with */
  readonly shDegree: number;
  readonly antialiased: boolean;
  /** world units of one camera distance */
  readonly extent: number;
  /** null until semantics have joined */
  readonly semantics: ViewedSemantics | null;
}

/** Says which rows a model has: density control that changes any changes this. */
export function rowsStamp({ count, nextId }: Pick<GaussianModel, 'count' | 'nextId'>): string {
  return `${count} ${nextId}`;
}
