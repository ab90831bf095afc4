import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { reportersOf } from './test/tools/reporters.ts';

/** The tests on a standalone cluster of Spark's, part of `npm run test:cluster`. */
export default defineConfig({
  resolve: {
    alias: { coppice: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/spark/cluster/**/*.test.ts'],
    globalSetup: ['test/tools/refuse-stale-build.ts', 'test/spark/cluster/start-cluster.ts'],
    reporters: reportersOf('spark-cluster'),
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
});
