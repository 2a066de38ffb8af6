import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Three projects: `unit` needs nothing but Node; `integration` needs the real control plane, which its
 * global setup finds or builds once, before the first test; `e2e` needs a cluster with nodes, and runs by itself.
 */
export default defineConfig({
  // Examples import the package as its users do; in tests that is what the sources say now.
  resolve: {
    alias: [
      { find: /^stepgate$/, replacement: join(import.meta.dirname, 'sdk/index.ts') },
      { find: /^stepgate\/testing$/, replacement: join(import.meta.dirname, 'sdk/testing.ts') },
    ],
  },
  test: {
    maxWorkers: 2,
    reporters: ['default', './test/summary-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'webhook/**/*.ts', 'sdk/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text-summary', 'json-summary'],
      // Floors, in per cent of lines. Where a mistake breaks the promise they are higher.
      thresholds: {
        lines: 90,
        'src/policy/**': { lines: 95 },
        'webhook/journal/**': { lines: 95 },
      },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Machines are shared: what takes a second alone may take twenty beside others.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: [
            'src/**/*.test.ts',
            'webhook/**/*.test.ts',
            'sdk/**/*.test.ts',
            'test/**/*.test.ts',
            'examples/**/*.test.ts',
          ],
          exclude: ['**/*.integration.test.ts', '**/*.e2e.test.ts', 'node_modules/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude: ['node_modules/**', 'dist/**'],
          globalSetup: ['test/cluster/vitest-global-setup.ts'],
          // Hundreds of processes of ours are started: each would compile the same sources, a second on a busy machine.
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '.stepgate/compile-cache') },
          // What a test waits for has a bound of its own. These end what hangs, on the slowest machine.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      // In pods. `make e2e` runs it; the cluster is started by the suite itself.
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          fileParallelism: false, // a cluster takes a machine
          globalSetup: ['test/e2e/vitest-global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
