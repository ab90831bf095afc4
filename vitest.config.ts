import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { reportersOf } from './test/tools/reporters.ts';

/**
 * The tests' own thread runs src/*.ts; worker threads run dist/*.js. So `npm test` builds first,
 * and the global setup refuses a dist that was made from other sources.
 */
export default defineConfig({
  resolve: {
    alias: { coppice: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/package/**', 'test/spark/{server,cluster}/**', '**/node_modules/**'],
    globalSetup: ['test/tools/refuse-stale-build.ts'],
    setupFiles: ['test/tools/seed-properties.ts'],
    reporters: reportersOf('tests'),
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
  },
});
