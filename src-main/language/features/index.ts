/** The door to features/: encoding a capture, and its dense features as cells. */
export { runFeatureJob } from './featureJob';
export { FeatureSource, readFeatureIndex, type FeatureIndex, type FeatureSourceOptions } from './featureSource';
