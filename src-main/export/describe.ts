/**
 * What goes beside and into an exported file besides geometry: how it was made, in which units and axes, and what its numbers mean.
 *
 *   FILE.ext.json   the description, for programs; the same object lies in the `extras` of a GLB's scene
 *
 * Features: number of the feature (`_FEATURE_ID_0`, the PLY's `feature`) → class and instance. 0 is what has no label.
 */
import type { Segment, Taxonomy } from '../mesh/index';

export interface ExportDescription {
  /** of this layout */
  readonly version: 1;
  readonly generator: string;
  readonly project: string;
  readonly format: string;
  /** the training step that the splats are from */
  readonly step: number;
  readonly units: 'metre' | 'unknown';
  /** unit vector in the capture's coordinates; a GLB's root node turns it to +y */
  readonly up: readonly [number, number, number];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly taxonomy: Taxonomy;
  readonly features: readonly {
    readonly feature: number;
    readonly classId: number;
    readonly instanceId: number;
    readonly name: string;
  }[];
}

export function featuresOf(segments: readonly Segment[]): ExportDescription['features'] {
  return segments.map(({ classId, instanceId, name }, feature) => ({ feature, classId, instanceId, name }));
}

/** FILE.ext → FILE.ext.json, so that a scene.glb and a scene.ply have one each. */
export const sidecarName = (file: string): string => `${file}.json`;
