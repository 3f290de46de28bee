import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Kernels bring their own thread pool; two workers keep a small machine from thrashing.
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 60_000,
    // The page's tests build what is stale first; the native kernels take minutes on a busy machine.
    hookTimeout: 600_000,
    // What a test waits for comes or does not; how soon is the machine's affair.
    expect: { poll: { timeout: 30_000 } },
  },
});
