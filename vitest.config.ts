import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { reportersOf } from './test/tools/reporters.ts';
import { scratchFolder } from './test/tools/scratch-folder.ts';

/**
 * The tests' own thread runs src/*.ts; worker threads run dist/*.js. So `npm test` builds first,
 * and the global setup refuses a dist that was made from other sources.
 *
 * Two projects: files that start processes, change the environment, ask what is registered or load a
 * device have a process each; all others share their worker's modules, which spares each of them
 * importing the library.
 */
const own = [
  'test/{cli,cluster,session,spark}/**/*.test.ts',
  'test/tree/backend/gpu/**/*.test.ts',
  'test/{contract,golden}/**/*.test.ts',
  'test/table/{memory,sql}.test.ts',
  'test/*.test.ts',
];
const never = ['test/package/**', 'test/spark/{server,cluster}/**', '**/node_modules/**'];

const common = {
  env: { TMPDIR: scratchFolder() },
  setupFiles: ['test/tools/seed-properties.ts', 'test/tools/compare-lists.ts'],
  pool: 'forks' as const,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  teardownTimeout: 20_000,
};

export default defineConfig({
  resolve: {
    alias: { coppice: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
  test: {
    globalSetup: ['test/tools/refuse-stale-build.ts'],
    reporters: reportersOf('tests'),
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { ...common, name: 'own process', include: own, exclude: never },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'shared modules',
          include: ['test/**/*.test.ts'],
          exclude: [...own, ...never],
          isolate: false,
        },
      },
    ],
  },
});
