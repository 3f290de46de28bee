/**
 * Three bundles from three folders: main (ES modules for Node), preload (one CommonJS file, which is what Electron's
 * sandbox accepts) and renderer (the page). No step needs the Electron binary.
 *
 * Chunks of main lie flat in out/main, two levels below the root like the rooms in src-main, so that
 * `new URL('../../native/…', import.meta.url)` means the same file before and after bundling.
 */
import { resolve } from 'node:path';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';

const root = import.meta.dirname;

const entries = {
  desktop: 'src-main/desktop/main.ts',
  server: 'src-main/server/index.ts',
  cli: 'src-main/cli/main.ts',
  trainer: 'src-main/studio/trainerProcess.ts',
  demoRenderer: 'src-main/capture/demo/renderWorker.ts',
  language: 'src-main/studio/languageProcess.ts',
  exporter: 'src-main/studio/exportProcess.ts',
};

export default defineConfig({
  main: {
    build: {
      outDir: resolve(root, 'out/main'),
      // Plain Node runs the same files as Electron does, so the older of the two decides.
      target: 'node20',
      sourcemap: true,
      // A training run may still import a chunk of the build that it started from.
      emptyOutDir: false,
      externalizeDeps: { include: ['@tensorflow/tfjs-node-gpu'] },
      rolldownOptions: {
        input: entries,
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: resolve(root, 'out/preload'),
      target: 'node20',
      sourcemap: true,
      // A sandboxed preload can require nothing but electron: everything else is bundled.
      externalizeDeps: false,
      rolldownOptions: {
        input: { bridge: resolve(root, 'src-preload/bridge.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'src-renderer'),
    plugins: [vue()],
    server: { fs: { allow: [root] } },
    build: {
      outDir: resolve(root, 'out/renderer'),
      target: 'chrome120',
      sourcemap: true,
      emptyOutDir: true,
      minify: true,
      rolldownOptions: { input: { index: resolve(root, 'src-renderer/index.html') } },
    },
  },
});
