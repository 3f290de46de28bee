/** The door to mesh/: labels as data, and from splats to a surface that is cut along them. */
export { dropSmallPieces } from './components';
export { MeshError } from './errors';
export { withoutFloaters } from './filter';
export {
  meshDefaults,
  meshOf,
  SurfaceViews,
  type MadeMesh,
  type MeshProgress,
  type MeshReport,
  type MeshScene,
  type MeshSettings,
} from './fuse';
export {
  NONE,
  segmentsOf,
  UNLABELLED,
  type Segment,
  type Segmentation,
  type SplatLabels,
  type Taxonomy,
  type TaxonomyClass,
  type TaxonomyInstance,
} from './labels';
export { cutAlongLabels, separateParts, type MeshPart, type SegmentedMesh } from './seams';
export { orbitViews, upOf } from './views';
