/**
 * Who may import whom. One table: ESLint's rule `legato/layers` (below, used by eslint.config.js) and
 * tests/layers.test.ts both read it. The order is the order of the house, from the ground up.
 *
 *   may       rooms that this one imports; it also reaches what those may import ("and above" runs downwards)
 *   closed    it reaches just what it lists (doors open on the studio, not on the rooms behind it)
 *   packages  the npm packages that it may import; absent: any but the reserved ones; Node's own modules: see `node`
 *   node      false where Node's modules do not exist
 *
 * Every room may import the contract. Types count like values. Tests and configuration files stand outside.
 */
export const rooms = {
  contract: { path: 'src-preload/contract', may: [], packages: ['zod'], node: false },
  bridge: { path: 'src-preload/bridge.ts', may: [], packages: ['electron'], node: false },

  base: { path: 'src-main/base', may: [] },
  kernels: { path: 'src-main/kernels', may: ['base'] },
  capture: { path: 'src-main/capture', may: ['base'] },
  gaussians: { path: 'src-main/gaussians', may: ['kernels', 'capture'] },
  language: { path: 'src-main/language', may: ['kernels', 'capture'] },
  semantics: { path: 'src-main/semantics', may: ['gaussians', 'language'] },
  training: { path: 'src-main/training', may: ['semantics'] },
  labels: { path: 'src-main/labels', may: ['semantics'] },
  mesh: { path: 'src-main/mesh', may: ['semantics'] },
  export: { path: 'src-main/export', may: ['labels', 'mesh'] },
  project: { path: 'src-main/project', may: ['labels', 'training'] },
  studio: { path: 'src-main/studio', may: ['export', 'project'] },

  server: { path: 'src-main/server', may: ['studio'], closed: true },
  desktop: { path: 'src-main/desktop', may: ['studio', 'server'], closed: true, reserved: ['electron'] },
  cli: { path: 'src-main/cli', may: ['studio', 'server'], closed: true },

  renderer: {
    path: 'src-renderer',
    may: ['locales'],
    packages: ['vue', 'pinia', 'three', '@sparkjsdev/spark', 'reka-ui', 'uplot', 'd3-scale-chromatic'],
    node: false,
  },
  locales: { path: 'resources/locales', may: [] },
  manifest: { path: 'package.json', may: [] },
};

/** Packages that a room must name to get. */
export const reserved = ['electron'];

/** Rooms that any room may import. */
export const common = ['contract'];

/** Rooms of src-main may read the version. */
const readsManifest = (room) => rooms[room].path.startsWith('src-main/');

/** All rooms that a room may import, itself included. */
export function reach(room) {
  const { may, closed } = rooms[room];
  const found = new Set([room, ...common, ...may]);
  if (readsManifest(room)) found.add('manifest');
  if (!closed) for (const next of may) for (const deeper of reach(next)) found.add(deeper);
  return found;
}
