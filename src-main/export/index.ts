/** The door to export/: one exporter a file. */
export { featuresOf, sidecarName, type ExportDescription } from './describe';
export { glbBytes, turnUp } from './glb';
export { indexedPng } from './indexedPng';
export { maskName, maskPng } from './masks';
export { plyMeshChunks } from './plyMesh';
export { writePair } from './writePair';
