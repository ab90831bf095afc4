import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { reportersOf } from './test/tools/reporters.ts';

/**
 * The tests on a real Spark: `npm run test:spark`. They install Spark on first use and start a server, so they
 * stand apart.
 */
export default defineConfig({
  resolve: {
    alias: { coppice: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/spark/server/**/*.test.ts'],
    globalSetup: ['test/tools/refuse-stale-build.ts', 'test/spark/server/start-server.ts'],
    reporters: reportersOf('spark'),
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
